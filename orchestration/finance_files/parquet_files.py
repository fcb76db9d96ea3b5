"""A sheet as Parquet: the rows as they are in the marts, with their types and names, for programs."""

from __future__ import annotations

from pathlib import Path

from orchestration.finance_files.sheets import SheetRows


def write_parquet(path: Path, rows: SheetRows) -> None:
    """Write every row. Money stays DECIMAL, an id stays text."""
    import pyarrow.parquet

    with pyarrow.parquet.ParquetWriter(path, rows.schema, compression="zstd") as writer:
        for batch in rows.batches():
            writer.write_batch(batch)
