"""A branch with a published edition whose figures are worked by hand. As-of 2026-05-20, so 2026-03 is settled (cut-off 30 April).

In 2026-03 three accounts are billed 100.10, 200.20 and 50.00, 350.30 in all; 240.10 came in: K1 paid 100.10 on 20 April, K2 140.00
on 2 May, after the cut-off. Of agent A1 (K1 and K2) are 300.30 receivable, of which 100.10 came by the cut-off. K3 has no agent.
In 2026-05, which still runs, K1 has 12.34 so far.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import TollhouseError
from orchestration.finance_files.pdf import find_font
from orchestration.settings import Settings
from tests.cli.conftest import tollhouse
from tests.dashboards.editions import Rows, gate, write_edition

__all__ = ["tollhouse"]

AS_OF = "2026-05-20"
DANGEROUS = '=HYPERLINK("http://x")'


def money(text: str) -> Decimal:
    return Decimal(text)


def bill(account: str, period: str, amount: str, agent: str | None = "A1", **more: Any) -> dict[str, Any]:
    year, month = int(period[:4]), int(period[5:])
    row = {
        "account_id": account,
        "billing_period": period,
        "customer_id": f"C-{account}",
        "customer_class": "residential",
        "business_unit_id": "U1",
        "outlet_id": None,
        "agent_id": agent,
        "amount": money(amount),
        "issued_on": date(year, month + 1, 1),
        "due_on": date(year, month + 1, 25),
        "is_provisional": False,
        "settling_account_id": account,
    }
    return row | more


def line(account: str, number: str, period: str, item: str, kind: str, amount: str) -> dict[str, Any]:
    return {
        "account_id": account,
        "service_number": number,
        "billing_period": period,
        "bill_item_id": item,
        "line_kind": kind,
        "amount": money(amount),
    }


def paid(payment: str, account: str, period: str, day: date, amount: str) -> dict[str, Any]:
    return {
        "payment_id": payment,
        "account_id": account,
        "billing_period": period,
        "settling_account_id": account,
        "paying_account_id": account,
        "applied_on": day,
        "amount": money(amount),
    }


def rate(dimension: str, member: str, bills: int, receivable: str, received: str) -> dict[str, Any]:
    return {
        "billing_period": "2026-03",
        "dimension": dimension,
        "dimension_id": member,
        "as_of": date(2026, 5, 20),
        "bills": bills,
        "receivable": money(receivable),
        "received": money(received),
        "collection_rate": float(money(received) / money(receivable)),
    }


def call(call_id: str, started_at: datetime, called: str, seconds: int, amount: str) -> dict[str, Any]:
    return {
        "call_id": call_id,
        "calling_number": "2345678",
        "charged_number": "2345678",
        "called_number": called,
        "started_at": started_at,
        "call_date": started_at.date(),
        "duration_seconds": seconds,
        "charged_seconds": seconds,
        "account_id": "K1",
        "zone_id": "LOCAL",
        "call_category": "local",
        "bill_item_id": "LOCAL",
        "amount": money(amount),
        "billing_period": "2026-03",
    }


MARTS: Mapping[str, Rows] = {
    "dimension_names": [
        {"dimension": "branch", "dimension_id": "branch", "name_zh": "临江市分公司", "name_en": "Linjiang Branch"},
        {"dimension": "business_unit", "dimension_id": "U1", "name_zh": "城东经营部", "name_en": "East Unit"},
        {"dimension": "agent", "dimension_id": "A1", "name_zh": DANGEROUS, "name_en": "Hongda Agency"},
        {"dimension": "bill_item", "dimension_id": "LOCAL", "name_zh": "市话费", "name_en": "Local calls"},
        {"dimension": "bill_item", "dimension_id": "RENTAL", "name_zh": "月租费", "name_en": "Rental"},
        {"dimension": "bill_item", "dimension_id": "DISCOUNT", "name_zh": "优惠", "name_en": "Discount"},
        {"dimension": "zone", "dimension_id": "LOCAL", "name_zh": "市话", "name_en": "Local"},
    ],
    "billing_periods": [
        {"billing_period": "2026-03", "period_state": "closed", "issued_on": date(2026, 4, 1), "due_on": date(2026, 4, 25)},
        {"billing_period": "2026-04", "period_state": "open", "issued_on": date(2026, 5, 1), "due_on": date(2026, 5, 25)},
        {"billing_period": "2026-05", "period_state": "provisional", "issued_on": date(2026, 6, 1), "due_on": date(2026, 6, 25)},
    ],
    "bills": [
        bill("K1", "2026-03", "100.10"),
        bill("K2", "2026-03", "200.20"),
        bill("K3", "2026-03", "50.00", agent=None, customer_id="-1+2"),
        bill("K1", "2026-05", "12.34", is_provisional=True),
    ],
    "bill_lines": [
        line("K1", "2345678", "2026-03", "LOCAL", "usage", "30.00"),
        line("K1", "2345678", "2026-03", "RENTAL", "recurring", "100.10"),
        line("K1", "2345678", "2026-03", "DISCOUNT", "promotion", "-30.00"),
        line("K2", "2345679", "2026-03", "RENTAL", "recurring", "200.20"),
        line("K3", "2345670", "2026-03", "RENTAL", "recurring", "50.00"),
        line("K1", "2345678", "2026-05", "LOCAL", "usage", "12.34"),
    ],
    "payment_applications": [
        paid("P1", "K1", "2026-03", date(2026, 4, 20), "100.10"),
        paid("P2", "K2", "2026-03", date(2026, 5, 2), "140.00"),
    ],
    "collection_rates": [
        rate("branch", "branch", 3, "350.30", "240.10"),
        rate("business_unit", "U1", 3, "350.30", "240.10"),
        rate("agent", "A1", 2, "300.30", "240.10"),
        rate("agent", "unassigned", 1, "50.00", "0.00"),
        rate("outlet", "unassigned", 3, "350.30", "240.10"),
        rate("customer_class", "residential", 3, "350.30", "240.10"),
    ],
    "arrears": [
        {
            "settling_account_id": account, "amount": money(amount), "days_past_due": 25, "amount_1_30": money(amount),
            "amount_31_60": money("0.00"), "amount_61_90": money("0.00"), "amount_91_plus": money("0.00"), "on_dunning_list": True,
        }
        for account, amount in (("K2", "60.20"), ("K3", "50.00"))
    ],
    # A credit on the bill of March, and a write-off above what is open.
    "account_adjustments": [
        {
            "adjustment_id": "J1", "account_id": "K2", "kind": "credit", "amount": money("2.00"), "dated_on": date(2026, 3, 20),
            "billing_period": "2026-03", "bill_item_id": "RENTAL", "service_number": "2", "reason": "=fault of 18 March",
            "prepared_by": "lin", "approved_by": "chen", "counted_amount": money("-2.00"),
        },
        {
            "adjustment_id": "J2", "account_id": "K3", "kind": "write_off", "amount": money("99.00"), "dated_on": date(2026, 3, 21),
            "service_number": "", "reason": "moved away", "prepared_by": "lin", "approved_by": "chen",
            "possible_amount": money("50.00"), "counted_amount": money("0.00"), "fault": "above_open_amount",
        },
    ],
    # 1.00 of K3's bill is asked of the bank; K1 has 2.50 prepaid.
    "dunning_list": [
        {
            "settling_account_id": account, "account_id": account, "billing_period": "2026-03", "agent_id": agent,
            "bill_amount": money(bill_amount), "received": money(bill_amount) - money(amount), "amount": money(amount),
            "covering_amount": money(covering), "dunned_amount": money(amount) - money(covering), "is_dunned": True,
            "days_past_due": 25, "due_on": date(2026, 4, 25), "reason": reason, "reason_en": "Why.", "reason_zh": "原因。",
        }
        for account, agent, bill_amount, amount, covering, reason in (
            ("K2", "A1", "200.20", "60.20", "0.00", "paid_in_part"), ("K3", None, "50.00", "50.00", "1.00", "not_paid"),
        )
    ],
    "prepaid_balances": [
        {
            "settling_account_id": "K1", "agent_id": "A1", "prepaid_amount": money("2.50"), "overdrawn_amount": money("0.00"),
            "amount": money("2.50"), "payments": 1, "prepaid_since": date(2026, 5, 2), "newest_payment_on": date(2026, 5, 2),
        },
    ],
    # 100.10 × 3 % = 3.003, rounded 3.00; one new number at 20.00.
    "commission_lines": [
        {
            "agent_id": "A1", "settlement_period": "2026-03", "line_kind": "on_time", "basis_amount": money("100.10"),
            "rate": money("3"), "amount": money("3.00"),
        },
        {
            "agent_id": "A1", "settlement_period": "2026-03", "line_kind": "activation", "basis_amount": money("1"),
            "rate": money("20"), "amount": money("20.00"),
        },
    ],
    "commission_bases": [
        {
            "agent_id": "A1", "settlement_period": "2026-03", "line_kind": "on_time", "account_id": "K1",
            "billing_period": "2026-03", "payment_id": "P1", "applied_on": date(2026, 4, 20), "basis_amount": money("100.10"),
            "rate": money("3"), "receivable": money("300.30"), "received": money("100.10"), "tier_from_rate": money("0.25"),
        },
        {
            "agent_id": "A1", "settlement_period": "2026-03", "line_kind": "activation", "service_number": "2345679",
            "starts_at": datetime(2026, 3, 2), "numbers": 1, "rate": money("20"),
        },
        {"agent_id": "A1", "settlement_period": "2026-03", "line_kind": "late", "reason": "nothing_applied", "basis_amount": money("0.00")},
    ],
    "settlement_restatements": [],
    "settlements": [
        {
            "settlement_period": "2026-03", "state": "approved", "cut_off_on": date(2026, 4, 30), "agents": 1, "lines": 2,
            "amount": money("23.00"), "approved_by": "wang", "lines_changed_since_approval": 0,
        },
        {
            "settlement_period": "2026-04", "state": "open", "cut_off_on": date(2026, 5, 31), "agents": 0, "lines": 0,
            "amount": money("0.00"),
        },
    ],
    "commission_statements": [
        {"agent_id": "A1", "settlement_period": "2026-03", "lines": 2, "amount": money("23.00")},
    ],
    "debit_batches": [
        {
            "bank_code": "ICBC", "batch_id": "0001", "file_id": "f1", "file_name": "ICBC_20260410_0001.txt",
            "billing_period": "2026-03", "debited_on": date(2026, 4, 10), "records": 2, "total_amount": money("70.00"),
            "success_records": 1, "success_amount": money("50.00"), "detail_records": 2, "detail_total_amount": money("70.00"),
            "detail_success_records": 1, "detail_success_amount": money("50.00"), "totals_agree": True, "is_accepted": True,
            "is_difference_accepted": False, "pending_records": 0, "correction_records": 0, "passed_over_records": 0,
            "no_amount_records": 0, "charge_amount": money("0.00"),
        },
    ],
    "debit_failures": [
        {
            "bank_code": "ICBC", "batch_id": "0001", "debited_on": date(2026, 4, 10), "line": 2, "account_id": "K3",
            "amount": money("20.00"), "requested_amount": money("20.00"), "collected_amount": money("0.00"), "result_code": "02",
            "cause": "insufficient_funds", "is_cause_inferred": False,
        },
    ],
    "debit_corrections": [],
    "debit_result_mismatches": [],
    "debit_requests": [],
    "open_debit_bills": [],
    "info_service_calls": [
        {
            "billing_period": "2026-03", "customer_id": "C-K1", "access_prefix": "168", "provider_id": "P1",
            "provider_name": "@Weather", "contact": "+86 1", "calls": 2, "seconds": 120, "amount": money("2.400000"),
        },
    ],
    "info_service_settlements": [
        {
            "provider_id": "P1", "billing_period": "2026-03", "calls": 2, "seconds": 120, "amount": money("2.400000"),
            "share_amount": money("1.44"),
        },
    ],
    "rated_calls": [
        call("f:1", datetime(2026, 3, 3, 9, 0, 0), "2345679", 180, "10.000000"),
        call("f:2", datetime(2026, 3, 4, 9, 0, 0), "02088881234", 60, "20.000000"),
    ],
}  # fmt: skip

GATES = [gate("call_rated_twice"), gate("hardly_any_duplicates", "warn", success=False, failed_rows=2)]


def settings_of(home: Path, **environment: str) -> Settings:
    return Settings.from_environment({"TOLLHOUSE_HOME": str(home), **environment})


@pytest.fixture(autouse=True)
def no_pdf_without_a_font(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without a font with Chinese a test is skipped where it comes to make a PDF."""
    try:
        find_font(None)
    except TollhouseError as error:
        why = str(error)
        monkeypatch.setattr("orchestration.finance_files.writing.find_font", lambda _: pytest.skip(why))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the edition."""
    write_edition(tmp_path / "home" / "published", AS_OF, MARTS, GATES)
    return tmp_path / "home"


@pytest.fixture
def settings(home: Path) -> Settings:
    """Its settings."""
    return settings_of(home)


@pytest.fixture
def edition_with(tmp_path: Path) -> Callable[[Mapping[str, Rows]], Settings]:
    """Settings of a home whose edition has these marts in the place of those of the same name."""

    def make(marts: Mapping[str, Rows]) -> Settings:
        write_edition(tmp_path / "other" / "published", AS_OF, {**MARTS, **marts}, GATES)
        return settings_of(tmp_path / "other")

    return make


@pytest.fixture
def tollhouse_umask() -> Iterator[None]:
    """The mask that the command sets: what is written is for its owner alone."""
    before = os.umask(0o077)
    yield
    os.umask(before)
