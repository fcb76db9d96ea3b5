"""Whether anything has changed since the current edition: a signature of all that an edition depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import duckdb

from orchestration.ledger.debit_requests import debit_requests
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.reratings import reratings
from orchestration.ledger.settlements import settlement_decisions
from orchestration.publishing.reading import current_edition, missing_files
from orchestration.reference_book.reading import ReferenceBook
from orchestration.settings import Settings
from orchestration.warehouse.dbt_runner import product_fingerprint
from orchestration.warehouse.raw.raw_schema import RunFacts, banks_by_exception


def run_signature(
    settings: Settings, ledger: FileLedger, book: ReferenceBook, facts: RunFacts, closed_periods: Sequence[str]
) -> str:
    """A hash of files and their statuses, decisions, debit requests, re-ratings, decisions on settlements, banks that list failures
    only, reference book, code, closed periods and dates."""
    inputs = {
        "as_of": facts.as_of.isoformat(),
        "first_billing_period": facts.first_billing_period,
        "ledger": ledger.state(),
        "debit_requests": [[batch.bank_code, batch.batch_id, batch.sha256] for batch in debit_requests(ledger.path)],
        "banks_by_exception": banks_by_exception(settings, ledger.files("bank")),
        "settlement_decisions": [one.decision_number for one in settlement_decisions(ledger.path)],
        "reratings": [rerating.rerate_id for rerating in reratings(ledger.path)],
        "book": book.fingerprint,
        "closed_periods": sorted(closed_periods),
        "code": product_fingerprint(),
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def is_published(con: duckdb.DuckDBPyConnection, settings: Settings, signature: str) -> bool:
    """Whether the current edition was made from exactly these inputs, and exists."""
    con.execute("create table if not exists state.published (signature varchar, edition varchar)")
    row = con.execute("select signature, edition from state.published").fetchone()
    current = current_edition(settings.published)
    return (
        row is not None and current is not None and row == (signature, current.edition) and not missing_files(current)
    )


def stands_as_published(con: duckdb.DuckDBPyConnection, edition: str | None) -> bool:
    """Whether the tables of the warehouse are those of this edition: nothing has begun to build others since it was published."""
    con.execute("create table if not exists state.published (signature varchar, edition varchar)")
    return con.execute("select edition from state.published").fetchall() == [(edition,)]


def forget_published(con: duckdb.DuckDBPyConnection) -> None:
    """The warehouse is no longer what the current edition was made from: the next run builds and publishes in any case."""
    con.execute("create table if not exists state.published (signature varchar, edition varchar)")
    con.execute("delete from state.published")


def note_published(con: duckdb.DuckDBPyConnection, signature: str, edition: str) -> None:
    """Keep what the current edition was made from."""
    con.execute("begin")
    con.execute("create table if not exists state.published (signature varchar, edition varchar)")
    con.execute("delete from state.published")
    con.execute("insert into state.published values (?, ?)", [signature, edition])
    con.execute("commit")
