"""What a viewer may see: rows of the scope alone, and numbers, names and calls by the role, whatever a query asks for."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dashboards.scope import marts_with_a_rule, rows_seen
from dashboards.view import View
from orchestration.access.roles import Role, Scope, Viewer
from orchestration.publishing.published_marts import PUBLISHED_MARTS
from tests.dashboards.conftest import AS_OF
from tests.dashboards.editions import declared_columns, gate, write_edition
from tests.dashboards.reading import opened

U1 = Scope(units=frozenset({"U1"}))
O2 = Scope(outlets=frozenset({"O2"}))
A1 = Scope(agents=frozenset({"A1"}))


def bill(account: str, period: str, unit: str | None, outlet: str | None, agent: str | None, amount: str) -> dict:
    return {
        "account_id": account,
        "billing_period": period,
        "customer_id": f"K{account}",
        "business_unit_id": unit,
        "outlet_id": outlet,
        "agent_id": agent,
        "amount": Decimal(amount),
    }


#: C1 is of U1 and A1; C2 moved from U1 to U2 and O2 with its newest bill; C3 belongs to nobody.
MARTS = {
    "bills": [
        bill("C1", "2026-01", "U1", "O1", "A1", "1.00"),
        bill("C1", "2026-02", "U1", "O1", "A1", "2.00"),
        bill("C2", "2026-01", "U1", "O1", None, "4.00"),
        bill("C2", "2026-02", "U2", "O2", None, "8.00"),
        bill("C3", "2026-02", None, None, None, "16.00"),
    ],
    "bill_lines": [
        {"account_id": account, "billing_period": period, "service_number": "23456789", "amount": Decimal(amount)}
        for account, period, amount in (
            ("C1", "2026-01", "1.00"), ("C1", "2026-02", "2.00"), ("C2", "2026-01", "4.00"), ("C2", "2026-02", "8.00"),
            ("C3", "2026-02", "16.00"), ("C4", "2026-02", "32.00"),
        )
    ],
    "arrears": [{"settling_account_id": account, "amount": Decimal("9.00")} for account in ("C1", "C2", "C3", "C4")],
    "collection_rates": [
        {"billing_period": "2026-02", "dimension": dimension, "dimension_id": member, "receivable": Decimal("5.00")}
        for dimension, member in (
            ("branch", "branch"), ("business_unit", "U1"), ("business_unit", "U2"), ("business_unit", "unassigned"),
            ("outlet", "O2"), ("agent", "A1"), ("agent", "A2"), ("customer_class", "residential"),
        )
    ],
    **{
        mart: [{"agent_id": agent, "settlement_period": "2026-01"} for agent in ("A1", "A2")]
        for mart in ("commission_bases", "commission_forecast", "commission_statements")
    },
    "debit_failures": [
        {"account_id": "C1", "outlet_id": "O1", "line": 1, "debited_on": date(2026, 3, 1)},
        {"account_id": "C2", "outlet_id": "O2", "line": 2, "debited_on": date(2026, 3, 1)},
    ],
    "info_service_calls": [
        {"customer_id": "KC1", "billing_period": "2026-02", "calls": 1},
        {"customer_id": "KC2", "billing_period": "2026-02", "calls": 2},
    ],
    "problem_bulletin": [
        {"problem_id": "p1", "business_unit_id": "U1", "subject": "2345678", "detail": "number 2345678 calls"},
        {"problem_id": "p2", "outlet_id": "O2"},
        {"problem_id": "p3"},
    ],
    "file_reconciliation": [{"file_id": "f1"}],
    "rated_calls": [
        {
            "call_id": "f1:1", "calling_number": "23456789", "called_number": "110", "business_unit_id": "U1",
            "started_at": datetime(2026, 2, 1, 9), "call_date": date(2026, 2, 1), "amount": Decimal("0.22"),
        },
    ],
    "suspended_calls": [{"call_id": "f1:2", "reason": "number 2345678 is of nobody"}],
    "open_debit_bills": [
        {
            "bill_account_id": "C1", "billing_period": "2026-02", "customer_name": "王小明", "bank_account": "6222021234567890",
        },
    ],
}  # fmt: skip


@pytest.fixture
def edition_dir(published: Path) -> Path:
    return write_edition(published, AS_OF, MARTS, [gate("holds", success=False, sample=[{"account_id": "C3"}])])


def seen(edition_dir: Path, mart: str, key: str, viewer: Viewer) -> list[str]:
    with opened(edition_dir, viewer) as view:
        return sorted(str(row[key]) for row in view.preview(mart, 100))


def test_every_published_mart_has_a_rule() -> None:
    """A new mart says whose its rows are before anybody with a scope sees it."""
    assert marts_with_a_rule() == {mart.name for mart in PUBLISHED_MARTS}


def test_a_mart_without_a_rule_shows_a_scope_nothing() -> None:
    assert rows_seen("brand_new", U1) == "false" and rows_seen("brand_new", Scope()) == "true"


@pytest.mark.parametrize(
    ("scope", "mart", "key", "expected"),
    [
        # By their own columns: a bill is of the unit that it was issued under.
        (U1, "bills", "amount", ["1.00", "2.00", "4.00"]),
        (O2, "bills", "amount", ["8.00"]),
        (A1, "bills", "amount", ["1.00", "2.00"]),
        # By the bill of the same account and period.
        (U1, "bill_lines", "amount", ["1.00", "2.00", "4.00"]),
        (O2, "bill_lines", "amount", ["8.00"]),
        # By the account's newest bill: C2 is of U2 today.
        (U1, "arrears", "settling_account_id", ["C1"]),
        (O2, "arrears", "settling_account_id", ["C2"]),
        (A1, "arrears", "settling_account_id", ["C1"]),
        (U1, "collection_rates", "dimension_id", ["U1"]),
        (A1, "collection_rates", "dimension_id", ["A1"]),
        (Scope(units=frozenset({"U2"}), agents=frozenset({"A2"})), "collection_rates", "dimension_id", ["A2", "U2"]),
        (A1, "commission_statements", "agent_id", ["A1"]),
        (A1, "commission_bases", "agent_id", ["A1"]),
        (A1, "commission_forecast", "agent_id", ["A1"]),
        (U1, "commission_bases", "agent_id", []),
        (O2, "commission_forecast", "agent_id", []),
        (U1, "commission_statements", "agent_id", []),
        (U1, "debit_failures", "account_id", ["C1"]),
        (O2, "debit_failures", "account_id", ["C2"]),
        (A1, "debit_failures", "account_id", ["C1"]),
        (U1, "info_service_calls", "calls", ["1"]),
        (O2, "info_service_calls", "calls", ["2"]),
        (U1, "problem_bulletin", "problem_id", ["p1"]),
        (O2, "problem_bulletin", "problem_id", ["p2"]),
        # What is of the branch as a whole is nobody's part.
        (U1, "file_reconciliation", "file_id", []),
        (Scope(), "bill_lines", "amount", ["1.00", "16.00", "2.00", "32.00", "4.00", "8.00"]),
    ],
)  # fmt: skip
def test_a_scope_sees_its_own_rows(edition_dir: Path, scope: Scope, mart: str, key: str, expected: list[str]) -> None:
    assert seen(edition_dir, mart, key, Viewer(Role.MANAGEMENT, scope)) == sorted(expected)


def test_an_id_with_a_quote_is_a_value(edition_dir: Path) -> None:
    odd = Scope(units=frozenset({"U1') or ('1' = '1"}))
    assert seen(edition_dir, "bills", "amount", Viewer(Role.MANAGEMENT, odd)) == []


def test_rows_that_broke_a_gate_are_for_the_whole_branch(edition_dir: Path) -> None:
    with opened(edition_dir) as view:
        assert view.gates[0].sample == [{"account_id": "C3"}]
    with opened(edition_dir, Viewer(Role.MANAGEMENT, U1)) as view:
        assert view.gates[0].sample == [] and not view.gates[0].success


@pytest.mark.parametrize(
    ("viewer", "call", "bank_account", "service_number", "exception"),
    [
        (Viewer(Role.FINANCE), ("2345678", "f1:1"), "6222021234567890", "2345678", "no day: 2345678"),
        (Viewer(Role.ANALYST), ("2345678", "f1:1"), "****7890", "2345678", "no day: 2345678"),
        (Viewer(Role.ENGINEER), ("234***78", "***"), "****7890", "234***78", "no day: 23***78"),
        # As on the static site.
        (Viewer(with_calls=False), ("234***78", "***"), "6222021234567890", "2345678", "no day: 23***78"),
    ],
)  # fmt: skip
def test_rows_that_broke_a_gate_are_masked_as_those_of_a_table(
    published: Path, viewer: Viewer, call: tuple[str, str], bank_account: str, service_number: str, exception: str
) -> None:
    gates = [
        gate("one_at_once", success=False, sample=[{"calling_number": "2345678", "call_id": "f1:1", "called_number": None}]),
        gate("has_bank", success=False, sample=[{"bank_account": "6222021234567890", "account_id": "A0000001"}]),
        gate("in_a_range", success=False, sample=[{"service_number": 2345678}]),
        gate("raised", success=False, exception="no day: 2345678"),
    ]  # fmt: skip
    with opened(write_edition(published, AS_OF, MARTS, gates), viewer) as view:
        one_at_once, has_bank, in_a_range, raised = view.gates
    (row,) = one_at_once.sample
    assert (row["calling_number"], row["call_id"], row["called_number"]) == (*call, None)
    assert has_bank.sample == [{"bank_account": bank_account, "account_id": "A0000001"}]
    assert str(in_a_range.sample[0]["service_number"]) == service_number
    assert raised.exception == exception


def test_a_number_in_a_text_is_masked_and_an_id_is_not(published: Path) -> None:
    """The bulletin's ids, the reasons of files and the records of exports name telephone numbers too."""
    marts = {
        "problem_bulletin": [
            {"problem_id": "p:2345678", "subject": "SC1_20260401_0001.csv", "detail": "payment P0000654 of 号码2345678"}
        ],
        "file_reconciliation": [{"file_id": "f1", "status_reason": "line 2: bad: 2345678,A0000001,0"}],
        "customer_records_incomplete": [{"export_table": "service_numbers", "record_id": "2345678"}],
    }
    with opened(write_edition(published, AS_OF, marts), Viewer(Role.ENGINEER)) as view:
        (problem,) = view.preview("problem_bulletin", 1)
        assert problem["problem_id"] == "p:23***78"
        assert problem["subject"] == "SC1_20260401_0001.csv", "the day of a file is no number"
        assert problem["detail"] == "payment P0000654 of 号码23***78"
        assert view.preview("file_reconciliation", 1)[0]["status_reason"] == "line 2: bad: ***"
        assert view.preview("customer_records_incomplete", 1)[0]["record_id"] == "23***78"


@pytest.mark.parametrize(
    ("role", "number", "called", "call_id", "name", "bank_account", "subject"),
    [
        (Role.ADMIN, "23456789", "110", "f1:1", "王小明", "6222021234567890", "2345678"),
        (Role.FINANCE, "23456789", "110", "f1:1", "王小明", "6222021234567890", "2345678"),
        (Role.ANALYST, "23456789", "110", "f1:1", "王**", "****7890", "2345678"),
        (Role.OUTLET, "234***89", "***", "***", "王小明", "6222021234567890", "2345678"),
        (Role.ENGINEER, "234***89", "***", "***", "王**", "****7890", "23***78"),
    ],
)  # fmt: skip
def test_numbers_names_and_calls_are_masked_by_role(
    edition_dir: Path, role: Role, number: str, called: str, call_id: str, name: str, bank_account: str, subject: str
) -> None:
    with opened(edition_dir, Viewer(role)) as view:
        call = view.preview("rated_calls", 1)[0]
        assert (call["calling_number"], call["called_number"], call["call_id"]) == (number, called, call_id)
        assert call["amount"] == Decimal("0.220000"), "a sum is the same for everybody"
        # Why a call waits may name its number, and is of a single call.
        waits = view.preview("suspended_calls", 1)[0]["reason"]
        assert ("2345678 is of nobody" in waits) is (call_id == "f1:1")
        debit = view.preview("open_debit_bills", 1)[0]
        assert (debit["customer_name"], debit["bank_account"]) == (name, bank_account)
        problems = {row["problem_id"]: row for row in view.preview("problem_bulletin", 9)}
        assert problems["p1"]["subject"] == subject and subject in problems["p1"]["detail"]
        lines = {row["service_number"] for row in view.preview("bill_lines", 9)}
        assert lines == ({"234***89"} if role is Role.ENGINEER else {"23456789"})


def test_the_static_site_shows_no_single_call(edition_dir: Path) -> None:
    with opened(edition_dir, Viewer(Role.MANAGEMENT, with_calls=False)) as view:
        call = view.preview("rated_calls", 1)[0]
        assert (call["calling_number"], call["call_id"]) == ("234***89", "***")
        assert view.preview("bill_lines", 1)[0]["service_number"] == "23456789"


_QUOTING = "file x is held: 2 of 2 rows cannot be read; the first: "


@pytest.mark.parametrize(
    ("viewer", "is_whole"),
    [
        (Viewer(Role.FINANCE), True),
        (Viewer(Role.ANALYST), False),  # it may be a record of a bank, or have a customer's name
        (Viewer(Role.OUTLET), False),
        (Viewer(Role.ENGINEER), False),
        (Viewer(with_calls=False), False),
    ],
)
@pytest.mark.parametrize(
    ("quoted", "left"),
    [
        ("line 2: not known: 2|A001689|6278088336887877|20.00|ZZ9", "line 2: not known: ***"),
        ("line 2: line is not UTF-8: C000001,王小明,residential; line 3: bad: C000002,李四", "line 2: line is not UTF-8: ***"),
        ("line 12: customer_name '王小明' is too long: C1,王小明", "line 12: ***"),
        ("line 2: bad: C1,two\nlines,李四: x", "line 2: bad: ***"),
    ],
)  # fmt: skip
def test_a_record_that_a_text_quotes_is_hidden_from_who_may_not_see_all_of_it(
    published: Path, viewer: Viewer, is_whole: bool, quoted: str, left: str
) -> None:
    marts = {
        "problem_bulletin": [
            {"problem_id": "p1", "detail": _QUOTING + quoted},
            {"problem_id": "p2", "detail": "batch control in line 7: 3 entries, details 2"},
        ],
        "file_reconciliation": [{"file_id": "f1", "status_reason": quoted}],
    }
    with opened(write_edition(published, AS_OF, marts), viewer) as view:
        details = {row["problem_id"]: row["detail"] for row in view.preview("problem_bulletin", 2)}
        reason = view.preview("file_reconciliation", 1)[0]["status_reason"]
    assert details["p1"] == _QUOTING + (quoted if is_whole else left)
    assert reason == (quoted if is_whole else left)
    assert details["p2"] == "batch control in line 7: 3 entries, details 2", "that quotes no record"


@pytest.mark.parametrize("mart", sorted(marts_with_a_rule()))
def test_the_rule_of_every_mart_is_of_columns_that_it_has(published: Path, mart: str) -> None:
    """Each mart with its declared columns opens for a scope of all three kinds, and for a role that sees least."""
    edition_dir = write_edition(published, AS_OF, {"bills": [], mart: []})
    with duckdb.connect(":memory:") as connection:
        file = edition_dir / mart / "part-0.parquet"
        file.unlink()
        columns = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in declared_columns()[mart].items())
        connection.execute(f"copy (select {columns} limit 0) to '{file}' (format parquet)")
    scope = Scope(frozenset({"U1"}), frozenset({"O1"}), frozenset({"A1"}))
    with opened(edition_dir, Viewer(Role.ENGINEER, scope)) as view:
        assert view.row_count(mart) == 0 and dict(view.columns(mart)).keys() == declared_columns()[mart].keys()


def test_a_view_is_one_for_many_threads(edition_dir: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with opened(edition_dir) as view, ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: View.row_count(view, "bill_lines"), range(64)))
    assert counts == [6] * 64
