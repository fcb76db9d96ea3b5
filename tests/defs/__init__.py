"""The platform as Dagster sees it: assets, checks, partitions, jobs, sensor. What the assets compute is tested elsewhere."""
