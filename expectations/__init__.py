"""What is expected of the data: gates declared as code, evaluated by Great Expectations inside DuckDB.

`catalogue` lists the suites without importing Great Expectations; `runner.run_suites` evaluates them. Keys and
arithmetic of models belong to the dbt project; setting records aside belongs to its models.
"""
