"""What one call costs by the reference book, step by step, for people who ask: `tollhouse quote` and `tollhouse explain`.

Plain Python with exact fractions, straight from the rules of the tariff. Not here: the rating of all calls, which is the
warehouse's (dbt_project/macros/rating), and a test holds the two equal.
"""
