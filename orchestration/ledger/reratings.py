"""The re-ratings that were published, in the ledger's SQLite file: what each found before and after, and the adjustments that
it posted for calls of closed periods.

A re-rating is a decision: it is only added, and SQLite refuses to change or remove it. How the figures are found is in
orchestration/rerating; how they become bill lines is in the warehouse. Amounts are kept as text, exact.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.ledger.append_only import appending, make_tables, reading

_TABLES = {
    "reratings": """
        rerate_id text not null primary key, first_day text not null, last_day text not null, reference text not null,
        book_fingerprint text not null, why text not null, adjusted_in text not null, edition_before text not null,
        rerated_at text not null, rerated_by text not null
    """,
    "rerating_changes": """
        rerate_id text not null references reratings, account_id text not null, zone_id text not null,
        business_unit_id text not null, billing_period text not null, is_period_closed integer not null,
        calls_before integer not null, calls_after integer not null, calls_changed integer not null,
        newly_rated_calls integer not null, no_longer_rated_calls integer not null, amount_before text not null,
        amount_after text not null,
        primary key (rerate_id, account_id, zone_id, business_unit_id, billing_period)
    """,
    "rerating_adjustments": """
        rerate_id text not null references reratings, account_id text not null, service_number text not null,
        bill_item_id text not null, zone_id text not null, business_unit_id text not null, closed_period text not null,
        call_date text not null, calls integer not null, amount_before text not null, amount_after text not null,
        primary key (
            rerate_id, account_id, service_number, bill_item_id, zone_id, business_unit_id, closed_period, call_date
        )
    """,
    "rerating_lines": """
        rerate_id text not null references reratings, account_id text not null, service_number text not null,
        bill_item_id text not null, closed_period text not null, amount text not null,
        primary key (rerate_id, account_id, service_number, bill_item_id, closed_period)
    """,
}
_KEYS = {
    "reratings": ("rerate_id",),
    "rerating_changes": ("rerate_id", "account_id", "zone_id", "business_unit_id", "billing_period"),
    "rerating_adjustments": (
        "rerate_id", "account_id", "service_number", "bill_item_id", "zone_id", "business_unit_id", "closed_period",
        "call_date",
    ),
    "rerating_lines": ("rerate_id", "account_id", "service_number", "bill_item_id", "closed_period"),
}  # fmt: skip

# What the rows of figures say of their re-rating, beside its id.
_HEAD = ("first_day", "last_day", "why", "adjusted_in")


@dataclass(frozen=True)
class Change:
    """What a re-rating changed for one account, zone, business unit and billing period, over the days re-rated.

    Amounts are sums of call amounts, not rounded; those of a closed period hold what was adjusted before. A unit that is not
    known is ''.
    """

    account_id: str
    zone_id: str
    business_unit_id: str
    billing_period: str
    is_period_closed: bool
    calls_before: int
    calls_after: int
    calls_changed: int
    newly_rated_calls: int
    no_longer_rated_calls: int
    amount_before: Decimal
    amount_after: Decimal


@dataclass(frozen=True)
class Adjustment:
    """What the closed calls of one number, bill item, zone and day came to before and come to now, not rounded."""

    account_id: str
    service_number: str
    bill_item_id: str
    zone_id: str
    business_unit_id: str
    closed_period: str
    call_date: date
    calls: int
    amount_before: Decimal
    amount_after: Decimal


@dataclass(frozen=True)
class AdjustmentLine:
    """What is posted for a number's bill item of a closed period, to the cent: never zero."""

    account_id: str
    service_number: str
    bill_item_id: str
    closed_period: str
    amount: Decimal


@dataclass(frozen=True)
class Findings:
    """The figures of a re-rating."""

    changes: tuple[Change, ...]
    adjustments: tuple[Adjustment, ...]
    lines: tuple[AdjustmentLine, ...]


@dataclass(frozen=True)
class Rerating:
    """A re-rating of the call days from first to last: with which book, why, and into which period it posts.

    `reference` is the book's folder, `edition_before` the edition whose calls it was compared with.
    """

    rerate_id: str
    first_day: date
    last_day: date
    reference: str
    book_fingerprint: str
    why: str
    adjusted_in: str
    edition_before: str
    rerated_at: str
    rerated_by: str


def reratings(ledger_path: Path) -> list[Rerating]:
    """Every re-rating that was published, oldest first."""
    with reading(ledger_path, "reratings") as db:
        rows = [] if db is None else db.execute("select * from reratings order by rerate_id").fetchall()
    days = ("first_day", "last_day")
    return [Rerating(**{**dict(row), **{day: date.fromisoformat(row[day]) for day in days}}) for row in rows]


def next_rerate_id(ledger_path: Path) -> str:
    """The id of the re-rating to come."""
    return f"R{len(reratings(ledger_path)) + 1:06d}"


def keep_rerating(ledger_path: Path, rerating: Rerating, findings: Findings) -> None:
    """Keep a re-rating with its figures, all or nothing. The ledger must be there."""
    with appending(ledger_path) as db:
        make_tables(db, _TABLES, _KEYS, "re-ratings")
        _insert(db, "reratings", [[_stored(value) for value in asdict(rerating).values()]])
        for table, rows in (
            ("rerating_changes", findings.changes),
            ("rerating_adjustments", findings.adjustments),
            ("rerating_lines", findings.lines),
        ):
            _insert(db, table, ([rerating.rerate_id, *map(_stored, astuple(row))] for row in rows))


def kept_rows(ledger_path: Path, table: str) -> list[tuple[Any, ...]]:
    """The rows of one of the three tables of figures; at the end of each the days and reason of its re-rating, and the period
    that it posts into."""
    with reading(ledger_path, table) as db:
        if db is None:
            return []
        return [
            tuple(row)
            for row in db.execute(
                f"select figures.*, {', '.join(_HEAD)} from {table} as figures inner join reratings using (rerate_id)"
            )
        ]


def posted_to(ledger_path: Path, closed_period: str, withdrawn: Collection[tuple[str, str]]) -> dict[str, Decimal]:
    """Per re-rating that has found differences in the calls of a closed period, what it posted for them to a later period, 0 where
    they came to nothing in cents; without those whose adjustments count no longer, (rerate_id, closed period) each."""
    posted: dict[str, Decimal] = {}
    for row_type, table in ((Adjustment, "rerating_adjustments"), (AdjustmentLine, "rerating_lines")):
        for values in kept_rows(ledger_path, table):
            row = dict(zip(columns_of(row_type), values, strict=True))
            if row["closed_period"] == closed_period and (row["rerate_id"], closed_period) not in withdrawn:
                posted.setdefault(row["rerate_id"], Decimal(0))
                posted[row["rerate_id"]] += Decimal(row["amount"]) if row_type is AdjustmentLine else 0
    return posted


def columns_of(row: type[Change] | type[Adjustment] | type[AdjustmentLine]) -> tuple[str, ...]:
    """The columns of `kept_rows`, in their order."""
    return ("rerate_id", *(field.name for field in fields(row)), *_HEAD)


def _insert(db: Any, table: str, rows: Iterable[Sequence[Any]]) -> None:
    db.executemany(f"insert into {table} values ({', '.join('?' * (_TABLES[table].count(' not null')))})", rows)


def _stored(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
