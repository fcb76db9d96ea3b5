"""Settlements that are locked one after the other while the facts below them change: drawn by a seed, held against the oracle.

Accounts, bills, payments and merges are those of test_money_going_back.py. Some payments become known only after a lock; some bills get
another amount or agent, as the bills of a reopened period do; in the end every payment is taken back. Rows are loaded in another
order every time. After every step
- the applications and the settlements that are not locked are the oracle's, who knows nothing of locks;
- of every bill no more is applied than it comes to, of every payment no more than was paid;
- a locked settlement has the lines with which it was locked;
- its lines and what was restated of them since come to the oracle's lines of now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, cast

import duckdb

from orchestration.settings import Settings
from orchestration.warehouse.connection import insert_rows, open_warehouse
from orchestration.warehouse.dbt_runner import run_dbt
from orchestration.warehouse.raw.settlements import KEPT_MARTS
from tests.dbt.conftest import home
from tests.dbt.test_money_going_back import AS_OF, BOOK, MODELS, PERIODS, RUNNING, Numbers, decimals, drawn_accounts
from tests.oracle import commission, settlement
from tests.oracle.book import Book, read_book
from tests.oracle.exports import Exports

Row = dict[str, Any]
Key = tuple[str, str, str]
_LINE = ("agent_id", "settlement_period", "line_kind", "basis_amount", "rate", "amount")
_APPLICATION = ("payment_id", "account_id", "billing_period", "applied_on", "amount")
#: Which settlements are locked after each step; the last step is without a lock.
_LOCKED_AFTER = (("2026-01", "2026-02"), ("2026-03",), ("2026-04",), ())


@dataclass
class _Branch:
    """The facts of now, the warehouse, and what is locked: settlement → its lines."""

    settings: Settings
    book: Book
    random: Random
    numbers: Numbers
    bills: list[Row]
    known: list[Row]
    unknown: list[Row]
    merges: list[Row]
    locked: dict[str, list[str]] = field(default_factory=dict)
    restated_lines: int = 0

    def step(self, number: int) -> None:
        """What happens between two locks."""
        if number == len(_LOCKED_AFTER) - 1:
            at = datetime.combine(AS_OF, time(12))
            self.known += [
                {**row, "payment_id": f"{row['payment_id']}:back", "paid_at": at, "amount": -row["amount"]}
                | {"reverses_payment_id": row["payment_id"]}
                for row in self.known
                if row["amount"] > 0
            ]
        elif number:
            come = [row for row in self.unknown if self.random.random() < 0.5]
            self.known += come
            self.unknown = [row for row in self.unknown if row not in come]
            for bill in self.bills:
                if self.random.random() < 0.03:
                    bill["amount"] += Decimal(self.random.choice(("-1.37", "0.01", "4.50")))
                if self.random.random() < 0.02:
                    bill["agent_id"] = f"G{self.random.randrange(40)}"

    def load(self) -> None:
        """The facts of now in the warehouse, in an order of their own."""
        for rows in (self.bills, self.known, self.merges):
            self.random.shuffle(rows)
        with open_warehouse(self.settings) as con:
            con.execute("delete from marts.bills")
            con.execute("delete from intermediate.int_payments")
            con.execute("delete from intermediate.int_settling_accounts")
            insert_rows(con, "marts.bills", [list(bill.values()) for bill in self.bills])
            insert_rows(con, "intermediate.int_payments", [[*row.values(), True] for row in self.known])
            merged = [[row["from_account_id"], row["into_account_id"]] for row in self.merges]
            insert_rows(con, "intermediate.int_settling_accounts", merged)
        run_dbt(self.settings, "build", f"agents commission_plans {MODELS} commission_statements", has_tests=False)

    def faults(self) -> list[str]:
        """Where the warehouse differs from the oracle, or breaks a law."""
        latest = {row["from_account_id"]: {**row, "merged_at": datetime(2026, 5, 5)} for row in self.merges}
        applications = settlement.payment_applications(self.bills, self.known, latest)
        exports = cast(Exports, self.numbers)
        expected = [
            decimals(row)
            for row in commission.commission_lines(
                self.bills, applications, exports, self.book, [*PERIODS, RUNNING], AS_OF
            )
        ]
        with open_warehouse(self.settings) as con:
            found, lines, restated, statements = (
                _rows(con, f"marts.{mart}")
                for mart in (
                    "payment_applications",
                    "commission_lines",
                    "settlement_restatements",
                    "commission_statements",
                )
            )
        self.restated_lines += len(restated)
        ours_applied, theirs_applied = (
            sorted(tuple(row[name] for name in _APPLICATION) for row in rows) for rows in (found, applications)
        )
        faults = [] if ours_applied == theirs_applied else ["applications are not the oracle's"]
        faults += self._over_applied(found)
        for period, kept in self.locked.items():
            if kept != _texts(_of(lines, period), _LINE):
                faults.append(f"the locked settlement {period} has moved")
        for period in PERIODS:
            own = [row for row in _of(lines, period) if row["line_kind"] != "locked_restatement"]
            if period not in self.locked and _texts(own, _LINE) != _texts(_of(expected, period), _LINE):
                faults.append(f"settlement {period} is not the oracle's")
        ours = _sums(row for row in lines if row["line_kind"] != "locked_restatement")
        for row in restated:
            ours[row["agent_id"], row["restated_period"], row["line_kind"]] += row["amount"]
        theirs = _sums(expected)
        for key in sorted(ours.keys() | theirs.keys()):
            if key[1] in self.locked and ours[key] != theirs[key]:
                faults.append(f"{key}: locked and restated {ours[key]}, the oracle has {theirs[key]}")
        totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in lines:
            totals[row["agent_id"], row["settlement_period"]] += row["amount"]
        if totals != {(row["agent_id"], row["settlement_period"]): row["amount"] for row in statements}:
            faults.append("statements are not the sums of their lines")
        return faults

    def _over_applied(self, found: list[Row]) -> list[str]:
        """Bills and payments of which more is applied than there is, or less than nothing."""
        of_bill: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        of_payment: dict[str, Decimal] = defaultdict(Decimal)
        for row in found:
            of_bill[row["account_id"], row["billing_period"]] += row["amount"]
            of_payment[row["payment_id"]] += row["amount"]
        bills = {(bill["account_id"], bill["billing_period"]): bill["amount"] for bill in self.bills}
        paid = {row["payment_id"]: row["amount"] for row in self.known}
        faults = [
            f"bill {key} of {bills[key]}: {amount} applied"
            for key, amount in of_bill.items()
            if not min(bills[key], Decimal(0)) <= amount <= max(bills[key], Decimal(0))
        ]
        faults += [
            f"payment {payment_id} of {paid[payment_id]}: {amount} applied"
            for payment_id, amount in of_payment.items()
            if not payment_id.startswith("credit:") and not 0 <= amount <= paid[payment_id]
        ]
        if any(row["payment_id"].endswith(":back") for row in self.known):  # all of it is taken back
            faults += [
                f"payment {payment_id}: {amount} are left of what was taken back"
                for payment_id, amount in of_payment.items()
                if not payment_id.startswith("credit:") and amount
            ]
        return faults

    def lock(self, period: str) -> None:
        """Lock a settlement as it stands, as the ledger keeps it."""
        number = len(self.locked) + 1
        with open_warehouse(self.settings) as con:
            con.execute(
                "insert into raw.settlement_decisions values (?, ?, 'locked', 'drawn', null, timestamp '2026-07-29 12:00:00', 'wang')",
                [number, period],
            )
            for mart, columns in KEPT_MARTS.items():
                con.execute(
                    f"insert into raw.kept_{mart} by name select ? as decision_number, {', '.join(columns)} from marts.{mart} "
                    "where settlement_period = ?",
                    [number, period],
                )
            self.locked[period] = _texts(_of(_rows(con, "marts.commission_lines"), period), _LINE)


def faults_of_draw(folder: Path, seed: int) -> tuple[list[str], int]:
    """The faults of all steps of a draw, and how many lines were restated in them."""
    random = Random(seed)
    bills, payments, merges = drawn_accounts(random)
    late = {row["payment_id"] for row in payments if random.random() < 0.25}
    reference = folder / "reference"
    reference.mkdir(parents=True)
    for table, text in BOOK.items():
        (reference / f"{table}.csv").write_text(text, encoding="utf-8")
    branch = _Branch(
        _settled_home(folder, reference),
        read_book(reference),
        random,
        Numbers(random),
        bills,
        [row for row in payments if row["payment_id"] not in late],
        [row for row in payments if row["payment_id"] in late],
        merges,
    )
    with open_warehouse(branch.settings) as con:
        insert_rows(con, "intermediate.int_activations", branch.numbers.activations())
    faults: list[str] = []
    for number, to_lock in enumerate(_LOCKED_AFTER):
        branch.step(number)
        branch.load()
        faults += [f"step {number}: {fault}" for fault in branch.faults()]
        for period in to_lock:
            branch.lock(period)
    return faults, branch.restated_lines


def _settled_home(folder: Path, reference: Path) -> Settings:
    """A home with the tables that the models read, empty."""
    settings = home(folder, reference)
    with open_warehouse(settings) as con:
        con.execute("update raw.run_facts set as_of = ?, first_billing_period = ?", [AS_OF, PERIODS[0]])
        con.execute("create schema if not exists marts")
        con.execute("create schema if not exists intermediate")
        con.execute(
            "create table marts.bills (account_id varchar, billing_period varchar, agent_id varchar, "
            "amount decimal(18, 2), issued_on date, due_on date, is_provisional boolean)"
        )
        con.execute(
            "create table intermediate.int_payments (payment_id varchar, account_id varchar, paid_at timestamp, "
            "amount decimal(18, 2), reverses_payment_id varchar, is_applicable boolean)"
        )
        con.execute(
            "create table intermediate.int_adjustments_checked (adjustment_id varchar, account_id varchar, kind varchar, "
            "amount decimal(18, 2), dated_on date, reverses_adjustment_id varchar, fault varchar)"
        )
        con.execute("create table intermediate.int_settling_accounts (account_id varchar, settling_account_id varchar)")
        con.execute(
            "create table intermediate.int_billing_periods as select strftime(day, '%Y-%m') as billing_period, "
            "cast(day as date) as starts_on, cast(day + interval 1 month as date) as ends_on "
            "from range(timestamp '2026-01-01', timestamp '2026-08-01', interval 1 month) as months (day)"
        )
        con.execute(
            "create table intermediate.int_activations (service_number varchar, agent_id varchar, "
            "activation_period varchar, starts_at timestamp, ends_at timestamp)"
        )
    return settings


def _rows(con: duckdb.DuckDBPyConnection, table: str) -> list[Row]:
    relation = con.sql(f"select * from {table}")
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def _of(rows: list[Row], period: str) -> list[Row]:
    return [row for row in rows if row["settlement_period"] == period]


def _texts(rows: Sequence[Row], names: Sequence[str]) -> list[str]:
    return sorted(str(tuple(row[name] for name in names)) for row in rows)


def _sums(lines: Any) -> dict[Key, Decimal]:
    sums: dict[Key, Decimal] = defaultdict(Decimal)
    for row in lines:
        sums[row["agent_id"], row["settlement_period"], row["line_kind"]] += row["amount"]
    return sums
