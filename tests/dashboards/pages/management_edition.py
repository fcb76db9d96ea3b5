"""A small edition for the tests of the pages for management, with figures worked by hand.

As-of 2026-03-20: 2026-01 and 2026-02 are issued (on 1 February and 1 March), 2026-03 runs.

2026-01 bills 200.00 and received 160.00, of which 140.00 by 20 February: its bills were 19 days old then, as those of 2026-02 are now.
2026-02 bills 210.00 and received 130.00: 10.00 of 140.00 went back on 10 March. C2 owes 40.00 of 2026-01, 23 days past due.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from dashboards.pages.model import Cell, Figure, Linked, Message, Page, Section, Table
from dashboards.params import Params
from dashboards.site_map import draw
from dashboards.view import View
from orchestration.access.roles import WHOLE_BRANCH, Role, Scope, Viewer
from tests.dashboards.editions import Rows, gate, write_edition
from tests.dashboards.receivables_rows import receivables_rows

AS_OF = "2026-03-20"
OF_U1 = Viewer(Role.MANAGEMENT, Scope(units=frozenset({"U1"})))


def _name(dimension: str, member: str, zh: str, en: str) -> dict[str, Any]:
    return {"dimension": dimension, "dimension_id": member, "name_zh": zh, "name_en": en}


def _bill(
    period: str, account: str, amount: str, unit: str | None, customer_class: str | None, **more: Any
) -> dict[str, Any]:
    issued_on = {"2026-01": date(2026, 2, 1), "2026-02": date(2026, 3, 1), "2026-03": date(2026, 4, 1)}[period]
    return {
        "account_id": account,
        "billing_period": period,
        "customer_id": account.replace("C", "K"),
        "customer_class": customer_class,
        "business_unit_id": unit,
        "amount": Decimal(amount),
        "issued_on": issued_on,
        "due_on": issued_on.replace(day=25),
        "is_provisional": period == "2026-03",
        **more,
    }


def _applied(payment: str, account: str, period: str, day: date, amount: str) -> dict[str, Any]:
    return {
        "payment_id": payment,
        "account_id": account,
        "billing_period": period,
        "settling_account_id": account,
        "paying_account_id": account,
        "applied_on": day,
        "amount": Decimal(amount),
    }


def _rate(period: str, dimension: str, member: str, bills: int, receivable: str, received: str) -> dict[str, Any]:
    return {
        "billing_period": period,
        "dimension": dimension,
        "dimension_id": member,
        "as_of": date(2026, 3, 20),
        "bills": bills,
        "receivable": Decimal(receivable),
        "received": Decimal(received),
        "collection_rate": float(Decimal(received) / Decimal(receivable)),
    }


def _line(period: str, account: str, item: str, kind: str, amount: str) -> dict[str, Any]:
    return {
        "account_id": account,
        "service_number": f"55500{account[1:]}",
        "billing_period": period,
        "bill_item_id": item,
        "line_kind": kind,
        "amount": Decimal(amount),
    }


def _hour(trunk_group: str, day: int, hour: int, seconds: int) -> dict[str, Any]:
    return {
        "trunk_group_id": trunk_group,
        "direction": "total",
        "hour": datetime(2026, 2, day, hour),
        "seizures": 9,
        "answers": 8,
        "conversation_seconds": seconds,
        "erlangs": seconds / 3600,
    }


def _trunk_day(day: int, seizures: int, answers: int, load: float, circuits: int, needed: int) -> dict[str, Any]:
    return {
        "trunk_group_id": "T1",
        "date": date(2026, 2, day),
        "seizures": seizures,
        "answers": answers,
        "conversation_seconds": 36000,
        "asr": answers / seizures,
        "busy_hour": 10,
        "busy_hour_erlangs": load,
        "circuits": circuits,
        "circuits_needed": needed,
    }


def _traffic(key: str, member: str, day: int, seizures: int, answers: int, seconds: int) -> dict[str, Any]:
    return {
        key: member,
        "date": date(2026, 2, day),
        "seizures": seizures,
        "answers": answers,
        "conversation_seconds": seconds,
        "erlangs": seconds / 3600,
        "asr": answers / seizures,
        "ner": 0.9,
        "acd_seconds": seconds / answers,
    }


def _suspended(call: str, state: str, reason: str, amount: str | None, unit: str | None) -> dict[str, Any]:
    return {
        "call_id": call,
        "state": state,
        "reason": reason,
        "duration_seconds": 60,
        "business_unit_id": unit,
        "age_days": 9,
        "estimated_amount": None if amount is None else Decimal(amount),
    }


def _file(file_id: str, switch: str, day: date, status: str, read: int, **states: int) -> dict[str, Any]:
    counted = ("malformed", "ignored", "held", "duplicate", "other_day", "undocumented", "unrated", "rated")
    return {
        "file_id": file_id,
        "file_name": f"{file_id}.csv",
        "file_kind": "cdr",
        "switch_id": switch,
        "file_date": day,
        "file_status": status,
        "read_records": read,
        **{name: states.get(name, 0) for name in counted},
    }


_MARTS: Mapping[str, Rows] = {
    "dimension_names": [
        _name("business_unit", "U1", "城东经营部", "East Unit"),
        _name("business_unit", "U2", "城西经营部", "West Unit"),
        _name("agent", "A1", "宏达代理", "Hongda Agency"),
        _name("outlet", "O1", "东门营业厅", "East Gate Hall"),
        _name("trunk_group", "T1", "城东—长途", "East to toll"),
        _name("exchange", "E1", "城东机房", "East Exchange"),
        _name("bill_item", "RENTAL", "月租费", "Monthly rental"),
    ],
    "billing_periods": [
        {"billing_period": "2026-01", "period_state": "closed"},
        {"billing_period": "2026-02", "period_state": "open"},
        {"billing_period": "2026-03", "period_state": "provisional"},
    ],
    "bills": [
        _bill("2026-01", "C1", "100.00", "U1", "residential", agent_id="A1", outlet_id="O1"),
        _bill("2026-01", "C2", "60.00", "U1", "business", outlet_id="O1"),
        _bill("2026-01", "C3", "40.00", "U2", "residential"),
        _bill("2026-02", "C1", "120.00", "U1", "residential", agent_id="A1", outlet_id="O1"),
        _bill("2026-02", "C2", "50.00", "U1", "business", outlet_id="O1"),
        _bill("2026-02", "C3", "30.00", "U2", "residential"),
        _bill("2026-02", "C4", "10.00", None, None),
        _bill("2026-03", "C1", "999.00", "U1", "residential", agent_id="A1", outlet_id="O1"),
    ],
    "payment_applications": [
        _applied("P1", "C1", "2026-01", date(2026, 2, 1), "50.00"),
        _applied("P2", "C1", "2026-01", date(2026, 2, 11), "50.00"),
        _applied("P3", "C3", "2026-01", date(2026, 2, 20), "40.00"),
        _applied("P4", "C2", "2026-01", date(2026, 3, 2), "20.00"),
        _applied("P5", "C1", "2026-02", date(2026, 3, 6), "70.00"),
        _applied("P6", "C2", "2026-02", date(2026, 3, 8), "50.00"),
        _applied("P6", "C2", "2026-02", date(2026, 3, 10), "-10.00"),
        _applied("P7", "C1", "2026-02", date(2026, 3, 11), "20.00"),
    ],
    "collection_rates": [
        _rate("2026-01", "branch", "branch", 3, "200.00", "160.00"),
        _rate("2026-01", "business_unit", "U1", 2, "160.00", "120.00"),
        _rate("2026-01", "business_unit", "U2", 1, "40.00", "40.00"),
        _rate("2026-02", "branch", "branch", 4, "210.00", "130.00"),
        _rate("2026-02", "business_unit", "U1", 2, "170.00", "130.00"),
        _rate("2026-02", "business_unit", "U2", 1, "30.00", "0.00"),
        _rate("2026-02", "business_unit", "unassigned", 1, "10.00", "0.00"),
        _rate("2026-02", "customer_class", "residential", 2, "150.00", "90.00"),
        _rate("2026-02", "customer_class", "business", 1, "50.00", "40.00"),
        _rate("2026-02", "customer_class", "unassigned", 1, "10.00", "0.00"),
    ],
    "arrears": [
        {
            "settling_account_id": "C2",
            "amount": Decimal("40.00"),
            "days_past_due": 23,
            "amount_1_30": Decimal("40.00"),
            "amount_31_60": Decimal(0),
            "amount_61_90": Decimal(0),
            "amount_91_plus": Decimal(0),
            "on_dunning_list": True,
        },
        # Without any bill of its own: its unit is not known.
        {
            "settling_account_id": "C9",
            "amount": Decimal("5.00"),
            "days_past_due": 95,
            "amount_1_30": Decimal(0),
            "amount_31_60": Decimal("2.00"),
            "amount_61_90": Decimal(0),
            "amount_91_plus": Decimal("3.00"),
            "on_dunning_list": True,
        },
    ],
    "dunning_list": [
        {
            "account_id": "C2",
            "billing_period": "2026-01",
            "settling_account_id": "C2",
            "business_unit_id": "U1",
            "outlet_id": "O1",
            "bill_amount": Decimal("50.00"),
            "received": Decimal("10.00"),
            "amount": Decimal("40.00"),
            "covering_amount": Decimal("1.00"),
            "dunned_amount": Decimal("39.00"),
            "is_dunned": True,
            "days_past_due": 23,
            "reason": "paid_in_part",
            "reason_en": "Of 50.00 only 10.00 is paid.",
            "reason_zh": "账单 50.00 只缴 10.00。",
        },
        {
            "account_id": "C9",
            "billing_period": "2026-01",
            "settling_account_id": "C9",
            "bill_amount": Decimal("5.00"),
            "received": Decimal("0.00"),
            "amount": Decimal("5.00"),
            "covering_amount": Decimal("5.00"),
            "dunned_amount": Decimal("0.00"),
            "is_dunned": False,
            "days_past_due": 95,
            "reason": "prepaid_elsewhere",
            "cover_account_id": "C8",
            "reason_en": "Not dunned: 5.00 lies prepaid on account C8.",
            "reason_zh": "不催缴：账户 C8 有预存 5.00。",
        },
    ],
    "prepaid_balances": [
        {
            "settling_account_id": "C8",
            "business_unit_id": "U2",
            "outlet_id": None,
            "prepaid_amount": Decimal("7.50"),
            "overdrawn_amount": Decimal("0.00"),
            "amount": Decimal("7.50"),
            "payments": 1,
            "prepaid_since": date(2026, 3, 2),
            "newest_payment_on": date(2026, 3, 2),
        },
        {
            "settling_account_id": "C1",
            "business_unit_id": "U1",
            "outlet_id": "O1",
            "prepaid_amount": Decimal("0.00"),
            "overdrawn_amount": Decimal("2.25"),
            "amount": Decimal("-2.25"),
            "payments": 0,
            "newest_payment_on": date(2026, 3, 1),
            "overdrawn_since": date(2026, 3, 4),
        },
    ],
    "customer_counts": [
        {"billing_period": "2026-01", "business_unit_id": "U1", "customer_class": "residential", "customers": 1},
        {"billing_period": "2026-01", "business_unit_id": "U1", "customer_class": "business", "customers": 1},
        {"billing_period": "2026-01", "business_unit_id": "U2", "customer_class": "residential", "customers": 1},
        {"billing_period": "2026-02", "business_unit_id": "U1", "customer_class": "residential", "customers": 3},
        {"billing_period": "2026-02", "business_unit_id": "U1", "customer_class": "business", "customers": 1},
        {"billing_period": "2026-02", "business_unit_id": "unassigned", "customer_class": "unassigned", "customers": 1},
    ],
    "bill_lines": [
        _line("2026-01", "C1", "RENTAL", "recurring", "30.00"),
        _line("2026-01", "C1", "LOCAL", "usage", "70.00"),
        _line("2026-01", "C2", "RENTAL", "recurring", "30.00"),
        _line("2026-01", "C2", "LOCAL", "usage", "30.00"),
        _line("2026-01", "C3", "RENTAL", "recurring", "30.00"),
        _line("2026-01", "C3", "LOCAL", "usage", "10.00"),
        _line("2026-02", "C1", "RENTAL", "recurring", "30.00"),
        _line("2026-02", "C1", "LOCAL", "usage", "95.00"),
        _line("2026-02", "C1", "DISCOUNT", "promotion", "-5.00"),
        _line("2026-02", "C2", "RENTAL", "recurring", "30.00"),
        _line("2026-02", "C2", "LOCAL", "usage", "20.00"),
        _line("2026-02", "C3", "RENTAL", "recurring", "30.00"),
        _line("2026-02", "C4", "RENTAL", "recurring", "10.00"),
        _line("2026-03", "C1", "RENTAL", "recurring", "999.00"),
    ],
    "package_use": [
        {
            "package_id": "HOUR",
            "account_id": "C1",
            "billing_period": "2026-02",
            "allowance_kind": "seconds",
            "subscriptions": 1,
            "allowance": Decimal(3600),
            "used": Decimal(3620),
            "unused": Decimal(0),
            "calls": 5,
            "calls_covered": 4,
            "list_amount": Decimal("10.50"),
            "covered_amount": Decimal("8.00"),
            "exhausted_on": date(2026, 2, 10),
        },
        {
            "package_id": "HOUR",
            "account_id": "C3",
            "billing_period": "2026-02",
            "allowance_kind": "seconds",
            "subscriptions": 1,
            "allowance": Decimal(3600),
            "used": Decimal(600),
            "unused": Decimal(3000),
            "calls": 2,
            "calls_covered": 2,
            "list_amount": Decimal("1.10"),
            "covered_amount": Decimal("1.10"),
        },
    ],
    "rated_calls": [
        {"call_id": "f:1", "billing_period": "2026-01", "duration_seconds": 30, "business_unit_id": "U1"},
        {"call_id": "f:2", "billing_period": "2026-02", "duration_seconds": 90, "business_unit_id": "U1"},
        {"call_id": "f:3", "billing_period": "2026-02", "duration_seconds": 3600, "business_unit_id": "U2"},
    ],
    "trunk_traffic_hourly": [
        _hour("T1", 2, 10, 36000),
        _hour("T1", 9, 10, 72000),
        _hour("T1", 9, 11, 3600),
        {**_hour("T1", 9, 10, 72000), "direction": "in"},
        _hour("T2", 2, 9, 1800),
    ],
    "trunk_traffic_daily": [_trunk_day(2, 10, 8, 10.0, 30, 18), _trunk_day(9, 90, 60, 20.0, 28, 30)],
    "trunk_traffic_monthly": [
        {
            "trunk_group_id": "T1",
            "month": "2026-01",
            "busy_hour": 9,
            "busy_hour_erlangs": 12.0,
            "days_with_traffic": 31,
            "circuits_needed": 20,
        },
        {
            "trunk_group_id": "T1",
            "month": "2026-02",
            "busy_hour": 10,
            "busy_hour_erlangs": 15.0,
            "days_with_traffic": 2,
            "circuits_needed": 24,
        },
    ],
    "traffic_by_exchange": [
        _traffic("exchange_id", "E1", 2, 10, 5, 600),
        _traffic("exchange_id", "E1", 3, 30, 25, 2400),
        _traffic("exchange_id", "E2", 2, 60, 30, 600),
    ],
    "traffic_by_customer_class": [_traffic("customer_class", "residential", 2, 100, 60, 3600)],
    "money_at_risk": [
        {
            "state": "undocumented",
            "age_bucket": "8-30",
            "business_unit_id": "U1",
            "calls": 2,
            "seconds": 240,
            "estimated_amount": Decimal("0.40"),
            "calls_without_estimate": 0,
        },
        {
            "state": "undocumented",
            "age_bucket": "2-7",
            "business_unit_id": "unassigned",
            "calls": 1,
            "seconds": 60,
            "estimated_amount": None,
            "calls_without_estimate": 1,
        },
    ],
    "suspended_calls": [
        _suspended("f:11", "undocumented", "no account holds number 2205852 at that time", "0.30", "U1"),
        _suspended("f:12", "undocumented", "no account holds number 2207914 at that time", "0.10", "U1"),
        _suspended(
            "f:13", "unrated", "no destination prefix in force for 9991230: add one to destinations", None, None
        ),
    ],
    "undocumented_numbers": [
        {
            "calling_number": "2205852",
            "calls": 1,
            "seconds": 60,
            "estimated_amount": Decimal("0.30"),
            "calls_without_estimate": 0,
            "business_unit_id": "U1",
        },
        {
            "calling_number": "2207914",
            "calls": 2,
            "seconds": 90,
            "estimated_amount": Decimal("0.10"),
            "calls_without_estimate": 1,
            "business_unit_id": "U1",
        },
    ],
    "file_reconciliation": [
        _file("f1", "SW1", date(2026, 2, 3), "loaded", 1000, malformed=1, duplicate=2, unrated=7, rated=990),
        _file("f2", "SW1", date(2026, 2, 4), "held", 200, held=200),
        _file("f3", "SW2", date(2026, 2, 4), "loaded", 800, rated=800),
        _file("f4", "SW2", date(2026, 1, 4), "loaded", 500, undocumented=5, rated=495),
    ],
    "expected_files": [{"switch_id": "SW1", "file_date": date(2026, 2, 5), "missing_files": 3}],
    "call_anomalies": [{"anomaly_id": "a1", "kind": "over_long_calls", "call_date": date(2026, 2, 6)}],
    "duplicate_calls": [
        {"call_id": "f:21", "call_date": date(2026, 2, 6)},
        {"call_id": "f:22", "call_date": date(2026, 2, 6)},
        {"call_id": "f:23", "call_date": date(2026, 1, 6)},
    ],
    "overlapping_calls": [{"calling_number": "5550001", "call_date": date(2026, 2, 7)}],
    "problem_bulletin": [
        {"problem_id": "p1", "kind": "undocumented_number", "severity": "error", "business_unit_id": "U1"},
        {"problem_id": "p2", "kind": "undocumented_number", "severity": "error", "business_unit_id": "U1"},
        {"problem_id": "p3", "kind": "number_vanished", "severity": "warn", "business_unit_id": "U1"},
        {
            "problem_id": "p4",
            "kind": "number_vanished",
            "severity": "warn",
            "business_unit_id": "U1",
            "resolved_on": date(2026, 3, 1),
        },
        {"problem_id": "p5", "kind": "file_held", "severity": "error"},
    ],
    "commission_statements": [
        {"agent_id": "A1", "settlement_period": "2025-12", "amount": Decimal("77.77")},
        {"agent_id": "A1", "settlement_period": "2026-01", "amount": Decimal("7.25")},
    ],
}
MARTS: Mapping[str, Rows] = {
    **_MARTS,
    **receivables_rows(_MARTS["bills"], _MARTS["payment_applications"], date.fromisoformat(AS_OF)),  # type: ignore[arg-type]
}

GATES = [gate("call_rated_twice"), gate("no_cdr_file_is_held", "error", success=False)]


def page_of(
    published: Path,
    name: str,
    language: str = "en",
    viewer: Viewer = WHOLE_BRANCH,
    marts: Mapping[str, Rows] = MARTS,
    **values: str,
) -> Page:
    """A page of an edition with these marts; `class_` is the filter `class`."""
    if not (published / "current.json").exists():
        write_edition(published, AS_OF, marts, GATES)
    with View.current(published, viewer) as view:
        return draw(name, view, Params(language, {key.rstrip("_"): value for key, value in values.items()}))


def section_of(page: Page, section_id: str) -> Section:
    """The section of that id."""
    (found,) = (section for section in page.sections if section.section_id == section_id)
    return found


def table_of(page: Page, name: str) -> Table:
    """The table of that name, wherever on the page it stands."""
    (found,) = (table for table in page.tables() if table.name == name)
    return found


def rows_of(table: Table) -> list[tuple[Any, ...]]:
    """The bare values of a table's rows: members by their names."""
    return [bare(row) for row in table.rows]


def bare(row: tuple[Cell, ...]) -> tuple[Any, ...]:
    """The bare values of cells, without links and marks."""
    return tuple(_plain(cell) for cell in row)


def links_of(table: Table, column: int = 0) -> list[tuple[str, dict[str, str]] | None]:
    """Where a column's cells lead: page and filters."""
    return [
        (cell.link.page, dict(cell.link.params)) if isinstance(cell := row[column], Linked) else None
        for row in table.rows
    ]


def messages_of(page: Page) -> list[str]:
    """The sentences on a page."""
    return [block.text for section in page.sections for block in section.blocks if isinstance(block, Message)]


def figure_of(page: Page, section_id: str, number: int = 0) -> Figure:
    """The figure of a section, by its place among the section's figures."""
    return [block for block in section_of(page, section_id).blocks if isinstance(block, Figure)][number]


def _plain(cell: Cell) -> Any:
    inner = getattr(cell, "value", cell)
    return getattr(inner, "name", inner)
