"""Tables of the ledger's SQLite file that only grow, beside those of schema.py: how they are made and guarded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from orchestration.ledger.soundness import unsealed


@contextmanager
def reading(ledger_path: Path, table: str) -> Iterator[sqlite3.Connection | None]:
    """The ledger, to be read by column names; None where it or the table was never made."""
    if not ledger_path.is_file():
        yield None
        return
    with closing(sqlite3.connect(f"{ledger_path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as db:
        db.row_factory = sqlite3.Row
        is_there = db.execute("select 1 from sqlite_master where name = ?", [table]).fetchone() is not None
        yield db if is_there else None


@contextmanager
def appending(ledger_path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction on the ledger, which must be there: all within is kept, or nothing."""
    with unsealed(ledger_path), closing(sqlite3.connect(ledger_path, isolation_level=None, timeout=30)) as db:
        db.execute("pragma foreign_keys = on")
        # A power cut must not lose what has gone out of the house: with WAL only `full` flushes at every commit.
        db.execute("pragma synchronous = full")
        db.execute("begin immediate")
        try:
            yield db
        except BaseException:
            db.execute("rollback")
            raise
        db.execute("commit")


def make_tables(
    db: sqlite3.Connection, tables: Mapping[str, str], keys: Mapping[str, Sequence[str]], named: str
) -> None:
    """The tables and what keeps them from being rewritten. `insert or replace` fires no delete trigger: refused for itself.

    `tables` has the columns, `keys` the primary key of each; `named` is what the refusal calls them.
    """
    for table, columns in tables.items():
        db.execute(f"create table if not exists {table} ({columns})")
        for event in ("update", "delete"):
            db.execute(
                f"create trigger if not exists {table}_no_{event} before {event} on {table} "
                f"begin select raise(abort, '{named} are append only'); end"
            )
        same = " and ".join(f"{column} = new.{column}" for column in keys[table])
        db.execute(
            f"create trigger if not exists {table}_no_replace before insert on {table} "
            f"when exists (select 1 from {table} where {same}) "
            f"begin select raise(abort, '{named} are append only'); end"
        )
