"""Rules of rating that a single call can be shown by, in plain Python; all calls are rated in dbt_project/models."""
