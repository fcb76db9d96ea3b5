"""Rows of a published mart, for commands: one query over the files of one edition."""

from __future__ import annotations

from typing import Any

from orchestration.errors import TollhouseError
from orchestration.publishing.reading import EditionFolder


def mart_rows(edition: EditionFolder, mart: str, sql: str) -> list[dict[str, Any]]:
    """What a query over a published mart gives, by column name; nothing where the edition has no such mart.

    Raises TollhouseError where its files cannot be read.
    """
    import duckdb

    files = [str(path) for path in edition.files(mart)] if mart in edition.manifest.marts else []
    if not files:
        return []
    try:
        with duckdb.connect() as con:
            # No bound parameters: duckdb would import pandas to look at them, and that takes a second.
            found = con.read_parquet(files).query(mart, sql)
            return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    except duckdb.Error as error:
        raise TollhouseError(
            f"edition {edition.edition}: {mart} cannot be read: {error}; see `tollhouse doctor`"
        ) from error
