"""What people have decided on settlements of commission, in the ledger's SQLite file: who approved and who locked which lines.

A decision is only added, and SQLite refuses to change or remove it. It keeps the rows of the published tables that it was taken on,
column by column as text, exact: the lines of an approval show whether they have changed since, and the rows of a lock are the
settlement from then on.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.ledger.append_only import appending, make_tables, reading
from orchestration.ledger.file_ledger import user_name

APPROVED, LOCKED = "approved", "locked"

_TABLES = {
    "settlement_decisions": """
        decision_number integer not null primary key, settlement_period text not null, decision text not null,
        edition text not null, prepared_by text, decided_at text not null, decided_by text not null
    """,
    "settlement_rows": """
        decision_number integer not null references settlement_decisions, mart text not null, row_number integer not null,
        content text not null, primary key (decision_number, mart, row_number)
    """,
}
_KEYS = {"settlement_decisions": ("decision_number",), "settlement_rows": ("decision_number", "mart", "row_number")}

#: Rows of published tables, each with its columns as text; null stays null.
SettlementRows = Mapping[str, Sequence[Mapping[str, str | None]]]


@dataclass(frozen=True)
class SettlementDecision:
    """An approval or a lock. `edition` is the one whose figures were approved or locked, `prepared_by` who published it, None
    where that is not known."""

    decision_number: int
    settlement_period: str
    decision: str
    edition: str
    prepared_by: str | None
    decided_at: str
    decided_by: str


def settlement_decisions(ledger_path: Path) -> list[SettlementDecision]:
    """Every decision, oldest first."""
    with reading(ledger_path, "settlement_decisions") as db:
        rows = (
            [] if db is None else db.execute("select * from settlement_decisions order by decision_number").fetchall()
        )
    return [SettlementDecision(**dict(row)) for row in rows]


def settlement_rows(ledger_path: Path, decision_number: int, mart: str) -> list[dict[str, Any]]:
    """The rows of a published table that a decision was taken on, in their order."""
    with reading(ledger_path, "settlement_rows") as db:
        if db is None:
            return []
        rows = db.execute(
            "select content from settlement_rows where decision_number = ? and mart = ? order by row_number",
            [decision_number, mart],
        ).fetchall()
    return [json.loads(content) for (content,) in rows]


def keep_settlement_decision(
    ledger_path: Path, period: str, decision: str, edition: str, prepared_by: str | None, rows: SettlementRows
) -> SettlementDecision:
    """Keep a decision with the rows that it was taken on, all or nothing. The ledger must be there."""
    with appending(ledger_path) as db:
        make_tables(db, _TABLES, _KEYS, "decisions on settlements")
        kept = SettlementDecision(
            _next_number(db),
            period,
            decision,
            edition,
            prepared_by,
            datetime.now(UTC).isoformat(timespec="seconds"),
            user_name(),
        )
        db.execute(
            "insert into settlement_decisions values (?, ?, ?, ?, ?, ?, ?)",
            [
                kept.decision_number,
                kept.settlement_period,
                kept.decision,
                kept.edition,
                kept.prepared_by,
                kept.decided_at,
                kept.decided_by,
            ],
        )
        db.executemany(
            "insert into settlement_rows values (?, ?, ?, ?)",
            (
                [kept.decision_number, mart, number, json.dumps(row, ensure_ascii=False)]
                for mart, content in rows.items()
                for number, row in enumerate(content, start=1)
            ),
        )
    return kept


def _next_number(db: sqlite3.Connection) -> int:
    (number,) = db.execute("select 1 + coalesce(max(decision_number), 0) from settlement_decisions").fetchone()
    return int(number)
