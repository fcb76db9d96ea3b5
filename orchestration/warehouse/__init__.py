"""The warehouse's plain Python: opening it, creating the raw schema, checking files, finding stale days, running dbt.

No Dagster here, and no rule of rating or billing: those are dbt models.
"""
