"""Assets of the warehouse: the raw schema, the plan of stale days, and the dbt graph in its three sides."""
