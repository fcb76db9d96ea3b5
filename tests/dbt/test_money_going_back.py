"""The settlement and commission models against the oracle that tells every day again: random small accounts with bills,
credits, payments, merges, write-offs and money that goes back, named or not, before, with and after what pays."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from orchestration.warehouse.connection import insert_rows, open_warehouse
from orchestration.warehouse.dbt_runner import run_dbt
from tests.dbt.conftest import home
from tests.integration.harness import differences
from tests.oracle import adjustments, commission, commission_bases, debits, settlement
from tests.oracle.book import read_book
from tests.oracle.exports import Exports
from tests.oracle.periods import due_date, issue_date
from tests.robustness.branch import BOOK as SMALL_BOOK

#: Two days before the cut-off of the last period with bills: it is not settled.
AS_OF = date(2026, 7, 29)
PERIODS = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]
RUNNING = "2026-07"
ACCOUNTS = 200
BOOK = {
    **SMALL_BOOK,
    "agents": "agent_id,name_zh,name_en,business_unit_id,commission_plan_id\n"
    + "".join(f"G{n},甲,Agent,U1,{'CP' if n % 3 else 'CQ'}\n" for n in range(39))
    + "G39,甲,Agent,U1,\nG40,甲,Agent,U1,CP\n",
    "commission_plans": (
        "commission_plan_id,valid_from,valid_to,tier_from_rate,commission_percent,late_percent,activation_bonus,"
        "clawback_days\n"
        "CP,2025-01-01,2026-04-01,0.20,3,1.5,7.255,40\nCP,2025-01-01,2026-04-01,0.60,5.125,1.5,7.255,40\n"
        "CP,2026-04-01,,0.10,2,0.75,12,90\nCP,2026-04-01,,0.50,7,0.75,12,90\nCQ,2026-03-01,,0.30,4,0,0,90\n"
    ),
}
MODELS = (
    "int_applicable_payments int_reversals_taken int_write_offs int_bill_settlements payment_applications bill_write_offs "
    "int_settlement_periods int_commission_terms "
    "int_money_returned int_commission_restatements int_commission_bases int_commission_rates int_commission_lines "
    "commission_lines commission_bases commission_forecast int_locked_settlements int_locked_restatements "
    "settlement_restatements stg_ledger__settlement_decisions stg_ledger__kept_commission_lines "
    "stg_ledger__kept_commission_bases stg_ledger__kept_settlement_restatements"
)

Row = dict[str, Any]


def drawn_accounts(draw: random.Random) -> tuple[list[Row], list[Row], list[Row]]:
    """Bills, payments (below zero too) and merges of so many accounts; every tenth is merged into the one before it."""
    bills, payments, merges = [], [], []
    for number in range(ACCOUNTS):
        account = f"A{number:03}"
        if number % 10 == 9:
            merges.append(
                {"merge_id": f"M{number}", "from_account_id": account, "into_account_id": f"A{number - 1:03}"}
            )
        for period in PERIODS:
            if draw.random() < 0.8:
                bills.append(
                    {
                        "account_id": account,
                        "billing_period": period,
                        # GX is an agent whom the book no longer has.
                        "agent_id": draw.choice([None, "GX", f"G{number % 40}"])
                        if draw.random() < 0.2
                        else f"G{number % 40}",
                        "amount": Decimal(draw.choice([-5, 0, 10, 10, 20, 20, 33]))
                        + Decimal(draw.randrange(100)) / 100,
                        "issued_on": issue_date(period),
                        "due_on": due_date(period),
                        "is_provisional": issue_date(period) > AS_OF,
                    }
                )
        paid: list[str] = []
        for place in range(draw.randrange(1, 9)):
            day = date(2026, 1, 20) + timedelta(days=draw.choice([draw.randrange(190), draw.randrange(20, 60)]))
            is_reversal = draw.random() < 0.4
            named = draw.choice([*paid, f"A{draw.randrange(ACCOUNTS):03}:0", "NONE", "", ""]) if is_reversal else ""
            amount = Decimal(draw.choice([5, 10, 20, 20, 40])) + Decimal(draw.choice([0, 0, 0, 33])) / 100
            payment_id = f"{account}:{place}"
            payments.append(
                {
                    "payment_id": payment_id,
                    "account_id": account,
                    "paid_at": datetime.combine(day, datetime.min.time()) + timedelta(hours=draw.choice([0, 0, 9, 15])),
                    "amount": -amount if is_reversal else amount,
                    "reverses_payment_id": named,
                }
            )
            if not is_reversal:
                paid.append(payment_id)
    return bills, payments, merges


def drawn_write_offs(draw: random.Random) -> list[Row]:
    """Write-offs of every second account, some too large, and reversals of them, of others and of nothing."""
    rows: list[Row] = []
    for number in range(0, ACCOUNTS, 2):
        account = f"A{number:03}"
        made = ["NONE"]
        for place in range(draw.randrange(1, 5)):
            is_reversal = draw.random() < 0.35
            rows.append(
                {
                    "adjustment_id": f"{account}:W{place}",
                    "account_id": account,
                    "kind": "write_off_reversal" if is_reversal else "write_off",
                    "amount": Decimal(draw.choice([3, 5, 10, 25])) + Decimal(draw.choice([0, 0, 33])) / 100,
                    "dated_on": date(2026, 2, 10) + timedelta(days=draw.randrange(165)),
                    "reverses_adjustment_id": draw.choice([*made, made[-1], made[-1]]) if is_reversal else None,
                    "fault": None,
                }
            )
            if not is_reversal:
                made.append(f"{account}:W{place}")
    return rows


class Numbers:
    """Service numbers of one interval each, as the oracle reads them from the exports."""

    def __init__(self, draw: random.Random) -> None:
        """Numbers that began from the month before the first period on; some ended, most of them soon."""
        self.intervals: dict[str, list[Row]] = {}
        self._agents: dict[str, str] = {}
        for place in range(400):
            begun = datetime(2025, 12, 1) + timedelta(days=draw.randrange(230), hours=draw.choice([0, 9]))
            ended = draw.choice(
                [None, begun + timedelta(days=draw.choice([1, 39, 40, 41, 90, 91]), seconds=draw.randrange(2))]
            )
            account = f"N{place}"
            number = {"account_id": account, "valid_from": begun, "valid_to": ended}
            self.intervals[f"555{place:04}"] = [number]
            self._agents[account] = draw.choice(["", f"G{place % 40}", f"G{place % 40}"])

    def customer_at(self, account_id: str, day: date) -> tuple[None, Row]:
        """The customer of a number's account, who has one agent at all times."""
        return None, {"agent_id": self._agents[account_id]}

    def activations(self) -> list[list[Any]]:
        """Rows of int_activations."""
        return [
            [number, agent, f"{row['valid_from']:%Y-%m}", row["valid_from"], row["valid_to"]]
            for number, (row,) in self.intervals.items()
            if (agent := self._agents[row["account_id"]])
        ]


def drawn_result_lines(draw: random.Random) -> list[Row]:
    """Lines of a bank's results: collected or failed, with and without period, reference, amount."""
    lines = []
    for number in range(800):
        account = f"A{number % 60:02}"
        day = date(2026, 1, 1) + timedelta(days=draw.randrange(120))
        is_collected = draw.random() < 0.5
        period = draw.choice(["2026-01", "2026-02"])
        amount = Decimal(draw.choice([10, 10, 20, 30]))
        lines.append(
            {
                "payment_id": f"K:B{number:03}:{day}:1",
                "bank_code": draw.choice(["K", "K", "K", "L"]),
                "batch_id": f"B{number:03}",
                "line": 1,
                "account_id": account,
                "debited_on": day,
                "period": period,
                "named_period": period if draw.random() < 0.5 else None,
                "amount": None if not is_collected and draw.random() < 0.1 else amount,
                "is_collected": is_collected,
                "is_return": not is_collected and draw.random() < 0.2,
                "reference": draw.choice([None, None, account, f"E{draw.randrange(3)}", f"trace {draw.randrange(3)}"]),
            }
        )
    return lines


def test_random_results_take_back_what_the_oracle_takes_back(tmp_path: Path) -> None:
    lines = drawn_result_lines(random.Random(20261129))
    expected = debits.taken_back(lines, window_days=30)

    settings = home(tmp_path)
    with open_warehouse(settings) as con:
        con.execute("update raw.run_facts set as_of = ?", [AS_OF])
        con.execute("update raw.gate_thresholds set hold_above = 30 where gate_id = 'return_window_days'")
        con.execute("create schema if not exists intermediate")
        con.execute(
            "create table intermediate.int_debit_results (payment_id varchar, bank_code varchar, batch_id varchar, "
            "line bigint, account_id varchar, debited_on date, billing_period varchar, is_period_named boolean, "
            "amount decimal(18, 2), collected_amount decimal(18, 2), outcome varchar, is_return boolean, reference varchar)"
        )
        rows = [
            [
                *(
                    line[name]
                    for name in ("payment_id", "bank_code", "batch_id", "line", "account_id", "debited_on", "period")
                ),
                line["named_period"] is not None,
                line["amount"],
                line["amount"] if line["is_collected"] else Decimal(0),
                "success" if line["is_collected"] else "failed",
                line["is_return"],
                line["reference"],
            ]
            for line in lines
        ]
        insert_rows(con, "intermediate.int_debit_results", rows)
        con.execute(
            "create table intermediate.int_debits_requested (bank_code varchar, batch_id varchar, line bigint, "
            "account_id varchar, billing_period varchar, amount decimal(18, 2), requested_on date, debit_on date, "
            "refused_until date, asked_again_on date)"
        )
        for table in ("int_debit_batch_answers", "int_debit_answers"):
            con.execute(
                f"create table intermediate.{table} (bank_code varchar, batch_id varchar, line bigint, "
                "result_batch_id varchar, result_debited_on date, result_line bigint, matched_by integer)"
            )
    run_dbt(settings, "build", "int_debit_returns_of_results int_debits_collected int_debit_returns")
    with open_warehouse(settings) as con:
        found = con.execute("select return_id, debit_id, amount from intermediate.int_debit_returns").fetchall()

    assert {row[0]: row[1:] for row in found} == {
        line["payment_id"]: (debit["payment_id"], amount) for line, debit, amount in expected
    }
    assert len(expected) > 100


def test_random_accounts_are_settled_as_the_oracle_does_day_by_day(tmp_path: Path) -> None:
    bills, payments, merges = drawn_accounts(random.Random(20261128))
    reference = tmp_path / "reference"
    reference.mkdir()
    for table, text in BOOK.items():
        (reference / f"{table}.csv").write_text(text, encoding="utf-8")
    latest = {row["from_account_id"]: {**row, "merged_at": datetime(2026, 5, 5)} for row in merges}
    write_offs = adjustments.decided_write_offs(drawn_write_offs(random.Random(20261201)), bills, payments, latest)
    settled = settlement.payment_applications(bills, payments, latest, write_offs)
    applications = settlement.money_alone(settled)
    numbers = Numbers(random.Random(20261130))
    exports = cast(Exports, numbers)
    facts = (bills, applications, exports, read_book(reference), [*PERIODS, RUNNING], AS_OF)
    lines = commission.commission_lines(*facts)
    expected = {
        "commission_bases": commission_bases.commission_bases(*facts),
        "commission_forecast": commission_bases.commission_forecast(*facts),
    }
    overdrawn = settlement.overdrawn_accounts(bills, payments, latest, AS_OF)

    settings = home(tmp_path, reference)
    with open_warehouse(settings) as con:
        con.execute("update raw.run_facts set as_of = ?, first_billing_period = ?", [AS_OF, PERIODS[0]])
        con.execute("create schema if not exists marts")
        con.execute("create schema if not exists intermediate")
        con.execute(
            "create table marts.bills (account_id varchar, billing_period varchar, agent_id varchar, "
            "amount decimal(18, 2), issued_on date, due_on date, is_provisional boolean)"
        )
        insert_rows(con, "marts.bills", [list(bill.values()) for bill in bills])
        con.execute(
            "create table intermediate.int_payments (payment_id varchar, account_id varchar, paid_at timestamp, "
            "amount decimal(18, 2), reverses_payment_id varchar, is_applicable boolean)"
        )
        insert_rows(con, "intermediate.int_payments", [[*row.values(), True] for row in payments])
        con.execute(
            "create table intermediate.int_adjustments_checked (adjustment_id varchar, account_id varchar, kind varchar, "
            "amount decimal(18, 2), dated_on date, reverses_adjustment_id varchar, fault varchar)"
        )
        asked = ("adjustment_id", "account_id", "kind", "amount", "dated_on", "reverses_adjustment_id")
        insert_rows(
            con, "intermediate.int_adjustments_checked", [[*(row[name] for name in asked), None] for row in write_offs]
        )
        con.execute("create table intermediate.int_settling_accounts (account_id varchar, settling_account_id varchar)")
        insert_rows(
            con,
            "intermediate.int_settling_accounts",
            [[row["from_account_id"], row["into_account_id"]] for row in merges],
        )
        con.execute(
            "create table intermediate.int_billing_periods as select strftime(day, '%Y-%m') as billing_period, "
            "cast(day as date) as starts_on, cast(day + interval 1 month as date) as ends_on "
            "from range(timestamp '2026-01-01', timestamp '2026-08-01', interval 1 month) as months (day)"
        )
        con.execute(
            "create table intermediate.int_activations (service_number varchar, agent_id varchar, "
            "activation_period varchar, starts_at timestamp, ends_at timestamp)"
        )
        insert_rows(con, "intermediate.int_activations", numbers.activations())
    run_dbt(settings, "build", f"agents commission_plans {MODELS}")
    with open_warehouse(settings) as con:
        found = con.execute(
            "select payment_id, account_id, billing_period, applied_on, amount from marts.payment_applications"
        ).fetchall()
        found_lines = con.execute(
            "select agent_id, settlement_period, line_kind, basis_amount, rate, amount from marts.commission_lines"
        ).fetchall()
        found_marts = {mart: con.sql(f"select * from marts.{mart}") for mart in expected}
        found_rows = {
            mart: [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
            for mart, relation in found_marts.items()
        }
        found_write_offs = con.execute(
            "select adjustment_id, possible_amount, counted_amount, fault from intermediate.int_write_offs"
        ).fetchall()
        found_parts = con.execute(
            "select adjustment_id, account_id, billing_period, written_off_on, amount from marts.bill_write_offs"
        ).fetchall()
        found_overdrawn = con.execute(
            "select settling_account_id, sum(amount) from intermediate.int_reversals_taken "
            "where payment_id is null group by all"
        ).fetchall()

    names = ("payment_id", "account_id", "billing_period", "applied_on", "amount")
    assert sorted(found) == sorted(tuple(row[name] for name in names) for row in applications)
    assert dict(found_overdrawn) == overdrawn
    names = ("adjustment_id", "possible_amount", "counted_amount", "fault")
    by_id = {row["adjustment_id"]: tuple(row[name] for name in names) for row in write_offs}
    assert {row[0]: row for row in found_write_offs} == by_id
    names = ("adjustment_id", "account_id", "billing_period", "written_off_on", "amount")
    parts = adjustments.bill_write_offs(settled)
    assert sorted(found_parts) == sorted(tuple(row[name] for name in names) for row in parts)
    names = ("agent_id", "settlement_period", "line_kind", "basis_amount", "rate", "amount")
    assert sorted(map(str, found_lines)) == sorted(str(tuple(decimals(row)[name] for name in names)) for row in lines)
    for mart, rows in expected.items():
        assert differences(mart, found_rows[mart], rows) == []
    # The draw is worth its time: money goes back and moves on, and agents give back what they had been paid.
    kinds: dict[str, int] = defaultdict(int)
    for row in lines:
        kinds[row["line_kind"]] += 1
    assert min(kinds[kind] for kind in ("on_time", "late", "restatement", "activation", "clawback")) > 20
    assert {row["reason"] for row in expected["commission_bases"]} >= {
        None, "agent_unknown", "no_plan", "plan_not_in_force", "nothing_billed", "nothing_applied", "nothing_returned",
        "nothing_activated", "nothing_ended", "no_tier_reached", "zero_percent", "zero_bonus", "nothing_was_paid",
    }  # fmt: skip
    running = [row for row in expected["commission_forecast"] if row["line_kind"] == "on_time"]
    assert (
        sum(row["amount"] > 0 for row in running) > 10 and sum((row["missing_amount"] or 0) > 0 for row in running) > 10
    )
    assert sum(row["amount"] < 0 and not row["payment_id"].startswith("credit:") for row in applications) > 150
    assert len(overdrawn) > 20
    faults = [row["fault"] for row in write_offs]
    assert min(faults.count(each) for each in (None, "above_open_amount", "write_off_unknown")) > 10, faults
    assert faults.count("above_write_off") > 2 and sum(row["amount"] < 0 for row in parts) > 10


def decimals(row: Row) -> Row:
    """A commission line with as many decimals as the warehouse keeps."""
    rate = None if row["rate"] is None else Decimal(row["rate"]).quantize(Decimal("0.000001"))
    return {**row, "rate": rate, "basis_amount": row["basis_amount"].quantize(Decimal("0.01"))}
