"""The models of receivables and dunning against the oracle: random small branches with bills, credits, payments on known, unknown and
misspelt accounts, dated today and later, money that goes back, chains of merges, and customers with several accounts."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from orchestration.warehouse.connection import insert_rows, open_warehouse
from orchestration.warehouse.dbt_runner import run_dbt
from tests.dbt.conftest import home
from tests.integration.harness import differences
from tests.oracle import adjustments, dunning, receivables, settlement
from tests.oracle.exports import Exports
from tests.oracle.periods import due_date, issue_date

AS_OF = date(2026, 7, 29)
PERIODS = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")
ACCOUNTS = 240
MODELS = (
    "int_settling_accounts int_applicable_payments int_reversals_taken int_write_offs int_bill_settlements payment_applications "
    "int_bill_balances prepaid_balances int_payer_groups "
    "int_money_not_applied dunning_list arrears collection_rates collection_curves int_receivables_by_month receivables_kpis "
    "roll_rates"
)

Row = dict[str, Any]


class DrawnExports:
    """What the exports of a random branch say, as the oracle reads it: each account has one customer, and he one owner."""

    def __init__(self, draw: random.Random) -> None:
        """Every account `0…` has up to three sisters of the same customer; some accounts have none."""
        self.customers: dict[str, str] = {}
        self.payments: list[Row] = []
        self.merges: list[Row] = []
        for number in range(ACCOUNTS):
            customer = f"K{draw.randrange(160):03}"
            self.customers[account_of(number)] = "" if number % 40 == 7 else customer
        accounts = list(self.customers)
        for number in range(60):
            # Chains, circles, merges that a newer one replaces, and merges of a later day; sometimes of an account no export has.
            one, other = draw.choice([*accounts, "900001"]), draw.choice(accounts)
            day = draw.choice([AS_OF, date(2026, 2, 3), date(2026, 5, 5), date(2026, 7, 1), AS_OF + timedelta(days=2)])
            if one != other:
                merged_at = datetime.combine(day, datetime.min.time()) + timedelta(hours=number % 24)
                self.merges.append(
                    {"merge_id": f"M{number}", "from_account_id": one, "into_account_id": other, "merged_at": merged_at}
                )
        self.snapshots = {"accounts": [SimpleNamespace(rows={(account,): {} for account in accounts})]}

    def is_known_account(self, account_id: str) -> bool:
        """Whether an export has the account."""
        return account_id in self.customers

    def newest_customer(self, account_id: str) -> tuple[str | None, Row | None]:
        """The customer of an account with his owner."""
        customer = self.customers.get(account_id)
        if not customer:
            return None, None
        number = int(customer[1:])
        return customer, {
            "business_unit_id": f"U{number % 3}",
            "agent_id": f"G{number % 5}" if number % 2 else None,
            "outlet_id": f"O{number % 7}",
        }

    def customer_at(self, account_id: str, _: date) -> tuple[str | None, Row | None]:
        """The same on every day."""
        return self.newest_customer(account_id)


def account_of(number: int) -> str:
    """Ids of six digits, most with zeros in front."""
    return f"{number * 37 % 1000 if number % 3 else number * 7000 % 900000:06}"


def drawn_bills(draw: random.Random, exports: DrawnExports) -> list[Row]:
    """Bills of most accounts and periods; some are credits, some belong to nobody."""
    bills = []
    for account in exports.customers:
        _, owner = exports.newest_customer(account)
        for period in (*PERIODS, "2026-07"):
            if draw.random() < 0.6:
                bills.append(
                    {
                        "account_id": account,
                        "billing_period": period,
                        "customer_id": exports.customers[account] or None,
                        "customer_class": draw.choice(["residential", "business", None]),
                        **(owner or {"business_unit_id": None, "agent_id": None, "outlet_id": None}),
                        "amount": Decimal(draw.choice([-5, 10, 10, 20, 20, 33])) + Decimal(draw.randrange(100)) / 100,
                        "issued_on": issue_date(period),
                        "due_on": due_date(period),
                        "is_provisional": issue_date(period) > AS_OF,
                    }
                )
    return bills


def drawn_payments(draw: random.Random, exports: DrawnExports) -> list[Row]:
    """Payments and reversals; some on ids that lack their zeros or that nobody has, some dated today or later."""
    payments: list[Row] = []
    for number in range(900):
        account = draw.choice(list(exports.customers))
        paid_on = draw.choice([account] * 8 + [account.lstrip("0") or "0", "777", "900001"])
        day = draw.choice(
            [date(2026, 2, 1) + timedelta(days=draw.randrange(178))] * 6 + [AS_OF, AS_OF + timedelta(days=1)]
        )
        is_reversal = draw.random() < 0.2
        named = draw.choice([*(row["payment_id"] for row in payments[-40:]), "NONE", ""]) if is_reversal else ""
        amount = Decimal(draw.choice([5, 10, 20, 40])) + Decimal(draw.choice([0, 0, 33])) / 100
        payments.append(
            {
                "payment_id": f"P{number:04}",
                "account_id": paid_on,
                "paid_at": datetime.combine(day, datetime.min.time()) + timedelta(hours=draw.choice([0, 9, 15])),
                "amount": -amount if is_reversal else amount,
                "reverses_payment_id": named,
            }
        )
    return payments


def drawn_write_offs(draw: random.Random, exports: DrawnExports) -> list[Row]:
    """Write-offs of accounts of an export, some above what is open."""
    return [
        {
            "adjustment_id": f"W{number:03}",
            "account_id": draw.choice(list(exports.customers)),
            "kind": "write_off",
            "amount": Decimal(draw.choice([2, 5, 10, 20])),
            "dated_on": date(2026, 2, 10) + timedelta(days=draw.randrange(165)),
            "reverses_adjustment_id": None,
            "fault": None,
        }
        for number in range(80)
    ]


def test_random_branches_are_dunned_and_aged_as_the_oracle_does(tmp_path: Path) -> None:
    draw = random.Random(20261130)
    drawn = DrawnExports(draw)
    exports = cast(Exports, drawn)
    bills = drawn_bills(draw, drawn)
    drawn.payments = drawn_payments(draw, drawn)
    up_to_now = [row for row in drawn.payments if row["paid_at"].date() <= AS_OF]
    known = settlement.known_payments(exports, [], AS_OF)
    merges = settlement.latest_merges(drawn.merges, AS_OF)
    write_offs = adjustments.decided_write_offs(drawn_write_offs(draw, drawn), bills, known, merges)
    settled = settlement.payment_applications(bills, known, merges, write_offs)
    applications = settlement.money_alone(settled)
    prepaid = dunning.prepaid_balances(bills, applications, known, merges, exports, AS_OF)
    dunned = dunning.dunning_list(
        bills, applications, prepaid, up_to_now, known, [], [], merges, exports, AS_OF, settled
    )
    expected = {
        "payment_applications": applications,
        "prepaid_balances": prepaid,
        "dunning_list": dunned,
        "arrears": settlement.arrears(
            bills, settled, merges, AS_OF, {row["settling_account_id"] for row in dunned if row["is_dunned"]}
        ),
        "collection_rates": settlement.collection_rates(bills, settled, AS_OF),
        "collection_curves": receivables.collection_curves(bills, applications),
        "receivables_kpis": receivables.receivables_kpis(bills, settled, AS_OF),
        "roll_rates": receivables.roll_rates(bills, settled, AS_OF),
    }

    settings = home(tmp_path)
    money, varchar = "decimal(18, 2)", "varchar"
    with open_warehouse(settings) as con:
        con.execute("update raw.run_facts set as_of = ?, first_billing_period = ?", [AS_OF, PERIODS[0]])
        for schema in ("marts", "intermediate"):
            con.execute(f"create schema if not exists {schema}")

        def table(name: str, columns: dict[str, str], rows: list[list[Any]]) -> None:
            con.execute(f"create table {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})")
            insert_rows(con, name, rows)

        kinds = {"amount": money, "issued_on": "date", "due_on": "date", "is_provisional": "boolean"}
        table(
            "marts.bills", {name: kinds.get(name, varchar) for name in bills[0]}, [list(row.values()) for row in bills]
        )
        payment = {"payment_id": varchar, "account_id": varchar, "paid_at": "timestamp", "amount": money}
        payment["reverses_payment_id"] = varchar
        asked = {"adjustment_id": varchar, "account_id": varchar, "kind": varchar, "amount": money, "dated_on": "date"}
        asked |= {"reverses_adjustment_id": varchar, "fault": varchar}
        table(
            "intermediate.int_adjustments_checked",
            asked,
            [[*(row[name] for name in list(asked)[:-1]), None] for row in write_offs],
        )
        table(
            "intermediate.int_payments",
            {**payment, "is_applicable": "boolean"},
            [[*row.values(), exports.is_known_account(row["account_id"])] for row in up_to_now],
        )
        table(
            "intermediate.int_payments_known",
            {**payment, "vanished_on": "date"},
            [[*row.values(), None] for row in drawn.payments],
        )
        table(
            "intermediate.int_accounts_known",
            {"account_id": varchar, "customer_id": varchar},
            [list(pair) for pair in drawn.customers.items()],
        )
        merge = {"merge_id": varchar, "from_account_id": varchar, "into_account_id": varchar, "merged_at": "timestamp"}
        table("intermediate.int_account_merges_known", merge, [list(row.values()) for row in drawn.merges])
        owner = ("business_unit_id", "agent_id", "outlet_id")
        table(
            "intermediate.int_account_owners",
            {
                "account_id": varchar,
                "customer_id": varchar,
                **dict.fromkeys(owner, varchar),
                "valid_from": "date",
                "valid_to": "date",
            },
            [
                [account, customer, *(row[name] for name in owner), date(1, 1, 1), date(9999, 12, 31)]
                for account in drawn.customers
                for customer, row in [drawn.newest_customer(account)]
                if row is not None
            ],
        )
        con.execute(
            "create table intermediate.int_billing_periods as select strftime(day, '%Y-%m') as billing_period, "
            "cast(day as date) as starts_on, cast(day + interval 1 month as date) as ends_on "
            "from range(timestamp '2026-01-01', timestamp '2026-08-01', interval 1 month) as months (day)"
        )
        line = {"bank_code": varchar, "batch_id": varchar, "debited_on": "date", "line": "bigint"}
        request = {"bank_code": varchar, "batch_id": varchar, "line": "bigint"}
        table(
            "marts.debit_requests",
            {**request, "account_id": varchar, "amount": money, "requested_on": "date", "result": varchar},
            [],
        )
        table("intermediate.int_debits_requested", {**request, "asked_again_on": "date"}, [])
        table("intermediate.int_debit_returns", {"return_id": varchar, "debit_id": varchar}, [])
        table("intermediate.int_debit_results", {**line, "payment_id": varchar, "billing_period": varchar}, [])
        table(
            "marts.debit_failures",
            {**line, "account_id": varchar, "cause": varchar, "returned_payment_id": varchar},
            [],
        )
    run_dbt(settings, "build", MODELS)
    with open_warehouse(settings) as con:
        found = {mart: con.sql(f"select * from marts.{mart}") for mart in expected}
        rows = {
            mart: [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
            for mart, relation in found.items()
        }

    for mart, theirs in expected.items():
        assert theirs, mart
        assert differences(mart, rows[mart], theirs) == [], mart
    # The draw is worth its time: every reason that needs no bank, money that covers in full and in part, balances of both signs.
    reasons = Counter(row["reason"] for row in dunned)
    assert min(
        reasons[reason]
        for reason in (
            "not_paid", "paid_in_part", "payment_reversed", "bill_of_merged_account", "payment_dated_later",
            "payment_on_unknown_account", "prepaid_elsewhere",
        )
    ) > 3, reasons  # fmt: skip
    assert sum(0 < row["covering_amount"] < row["amount"] for row in dunned) > 10
    assert sum(row["amount"] < 0 for row in prepaid) > 5 and sum(row["amount"] > 0 for row in prepaid) > 20
    assert {row["from_bucket"] for row in expected["roll_rates"]} == {"billed", "1-30", "31-60", "61-90", "91+"}
    # Nobody is dunned while money of his payer is known that pays nothing.
    assert all(row["reason_en"].startswith("Not dunned: ") != row["is_dunned"] for row in rows["dunning_list"])
