"""The debit requests that went out to the banks, in the ledger's SQLite file: batches, their lines, the bills behind a line.

A request is a fact like a delivered file: it is only added, and SQLite refuses to change or remove it. What the banks answered
is not part of it (that is matched in the warehouse), nor is how a request file is written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from orchestration.ledger.append_only import appending, make_tables, reading

_TABLES = {
    "debit_request_batches": """
        bank_code text not null, batch_id text not null, billing_period text not null, format text not null,
        requested_on text not null, debit_on text not null, records integer not null, total_amount text not null,
        file_name text not null, sha256 text not null, edition text not null, requested_at text not null,
        requested_by text not null, primary key (bank_code, batch_id)
    """,
    "debit_request_lines": """
        bank_code text not null, batch_id text not null, line integer not null, account_id text not null,
        bank_account text not null, amount text not null, primary key (bank_code, batch_id, line),
        foreign key (bank_code, batch_id) references debit_request_batches
    """,
    "debit_request_bills": """
        bank_code text not null, batch_id text not null, line integer not null, bill_account_id text not null,
        amount text not null, primary key (bank_code, batch_id, line, bill_account_id),
        foreign key (bank_code, batch_id, line) references debit_request_lines
    """,
}
_KEYS = {
    "debit_request_batches": ("bank_code", "batch_id"),
    "debit_request_lines": ("bank_code", "batch_id", "line"),
    "debit_request_bills": ("bank_code", "batch_id", "line", "bill_account_id"),
}


@dataclass(frozen=True)
class RequestedBill:
    """A bill that a request line asks for, by its own account; amounts are in the branch's currency."""

    bill_account_id: str
    amount: Decimal


@dataclass(frozen=True)
class RequestLine:
    """What one account is to pay: the sum of its bills of the batch's period."""

    line: int
    account_id: str
    bank_account: str
    amount: Decimal
    bills: tuple[RequestedBill, ...]


@dataclass(frozen=True)
class RequestBatch:
    """A request file of one bank and one billing period. `requested_on` is the as-of date of the edition it was made from."""

    bank_code: str
    batch_id: str
    billing_period: str
    format: str
    requested_on: date
    debit_on: date
    file_name: str
    sha256: str
    edition: str
    requested_at: str
    requested_by: str
    lines: tuple[RequestLine, ...]

    @property
    def records(self) -> int:
        """The number of lines."""
        return len(self.lines)

    @property
    def total_amount(self) -> Decimal:
        """The sum of the lines."""
        return sum((line.amount for line in self.lines), Decimal("0.00"))


def debit_requests(ledger_path: Path) -> list[RequestBatch]:
    """Every batch ever requested, by bank and batch id; none where nothing was ever requested."""
    with reading(ledger_path, "debit_request_batches") as db:
        if db is None:
            return []
        bills: dict[tuple[str, str, int], list[RequestedBill]] = {}
        for row in db.execute("select * from debit_request_bills order by bank_code, batch_id, line, bill_account_id"):
            key = (row["bank_code"], row["batch_id"], row["line"])
            bills.setdefault(key, []).append(RequestedBill(row["bill_account_id"], Decimal(row["amount"])))
        lines: dict[tuple[str, str], list[RequestLine]] = {}
        for row in db.execute("select * from debit_request_lines order by bank_code, batch_id, line"):
            behind = tuple(bills[row["bank_code"], row["batch_id"], row["line"]])
            line = RequestLine(row["line"], row["account_id"], row["bank_account"], Decimal(row["amount"]), behind)
            lines.setdefault((row["bank_code"], row["batch_id"]), []).append(line)
        return [
            RequestBatch(
                bank_code=row["bank_code"],
                batch_id=row["batch_id"],
                billing_period=row["billing_period"],
                format=row["format"],
                requested_on=date.fromisoformat(row["requested_on"]),
                debit_on=date.fromisoformat(row["debit_on"]),
                file_name=row["file_name"],
                sha256=row["sha256"],
                edition=row["edition"],
                requested_at=row["requested_at"],
                requested_by=row["requested_by"],
                lines=tuple(lines[row["bank_code"], row["batch_id"]]),
            )
            for row in db.execute("select * from debit_request_batches order by bank_code, batch_id")
        ]


def keep_requests(ledger_path: Path, batches: Sequence[RequestBatch]) -> None:
    """Keep the batches, all or none. The ledger must be there.

    A batch that is there already, by bank and batch id, is an sqlite3.IntegrityError.
    """
    with appending(ledger_path) as db:
        make_tables(db, _TABLES, _KEYS, "debit requests")
        for batch in batches:
            _insert(db, batch)


def _insert(db: sqlite3.Connection, batch: RequestBatch) -> None:
    key = (batch.bank_code, batch.batch_id)
    db.execute(
        f"insert into debit_request_batches values ({', '.join('?' * 13)})",
        [
            *key, batch.billing_period, batch.format, batch.requested_on.isoformat(), batch.debit_on.isoformat(),
            batch.records, str(batch.total_amount), batch.file_name, batch.sha256, batch.edition, batch.requested_at,
            batch.requested_by,
        ],
    )  # fmt: skip
    for line in batch.lines:
        values = [*key, line.line, line.account_id, line.bank_account, str(line.amount)]
        db.execute("insert into debit_request_lines values (?, ?, ?, ?, ?, ?)", values)
        db.executemany(
            "insert into debit_request_bills values (?, ?, ?, ?, ?)",
            [(*key, line.line, bill.bill_account_id, str(bill.amount)) for bill in line.bills],
        )
