"""The warehouse's plain Python: opening it, laying the raw schema ready, judging files, finding stale days, running dbt.

No Dagster here, and no rule of rating or billing: those are dbt models.
"""
