"""Publishing: editions of Parquet files with a manifest, shown all at once or not at all.

Plain Python over a DuckDB connection, no Dagster. What may be published is judged in `expectations`.
"""
