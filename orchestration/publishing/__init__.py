"""Publishing: editions of Parquet files with a manifest, shown all at once or not at all.

Plain Python over a DuckDB connection, no Dagster. `expectations` decides what may be published.
"""
