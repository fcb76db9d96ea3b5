"""Intake, the bulletin, single calls, the data dictionary and the lineage, worked by hand.

February 2026 is the newest complete period. On 3 February a call file of 10 records has 7 rated, 2 duplicate and 1 malformed; on
4 February one of 5 is held.
"""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from dashboards.i18n import load
from dashboards.pages.analysts import calls as calls_module
from dashboards.pages.analysts import lineage as lineage_module
from dashboards.pages.model import Page, Prose
from dashboards.renderers.files import file_content
from dashboards.view import BranchFiles, View, query_text
from orchestration.access.roles import Role, Scope, Viewer
from orchestration.settings import PROJECT_ROOT
from orchestration.warehouse.recorded_lineage import RecordedLineage
from tests.dashboards.editions import Rows, write_edition
from tests.dashboards.pages.drawing import (
    AS_OF,
    column,
    drawn,
    figures,
    names,
    rows,
    sentences,
    table,
    targets,
    tile,
    tones,
    total,
)

_STATES = (
    "malformed", "ignored", "held", "duplicate", "other_day", "partial", "not_answered", "not_charged", "undocumented",
    "unrated", "rated",
)  # fmt: skip
PERIODS: dict[str, Rows] = {
    "dimension_names": [
        ("business_unit", "U1", "城东", "East"),
        ("outlet", "O1", "东门", "East Gate"),
        ("zone", "LOCAL", "市话", "Local"),
    ],
    "billing_periods": [
        ("2026-02", "open", "2026-03-01", "2026-03-25"),
        ("2026-03", "provisional", "2026-04-01", "2026-04-25"),
    ],
    "collection_rates": [
        ("2026-02", "branch", "branch", date(2026, 3, 20), 1, Decimal("1.00"), Decimal("1.00"), 1.0),
    ],
}


def _file(
    name: str, kind: str, day: date | None, status: str, reason: str | None = None, **counts: int
) -> dict[str, Any]:
    return {
        "file_id": name,
        "file_name": name,
        "source": "cdr/SW1",
        "file_kind": kind,
        "file_date": day,
        "file_status": status,
        "status_reason": reason,
        "data_rows": 0,
        "set_aside_rows": 0,
        **dict.fromkeys(_STATES, 0),
        **counts,
        "read_records": sum(counts.get(state, 0) for state in _STATES),
    }


INTAKE: dict[str, Rows] = {
    **PERIODS,
    "file_reconciliation": [
        _file("a", "cdr", date(2026, 2, 3), "loaded", rated=7, duplicate=2, malformed=1),
        _file("b", "cdr", date(2026, 2, 4), "held", ".ctl says 9 records, the file has 8", held=5),
        _file("c", "bank", date(2026, 2, 5), "loaded", data_rows=3),
        _file("d", "cdr", date(2026, 3, 3), "loaded", rated=4),
        _file("e", "bank", None, "rejected", "its content cannot be read"),
    ],
    "sequence_gaps": [
        {"switch_id": "SW1", "missing_from": 7, "missing_to": 8, "missing_files": 2, "gap_since": date(2026, 2, 1), "age_days": 47},
    ],
    "expected_files": [
        {"switch_id": "SW1", "file_date": date(2026, 2, 3), "due_files": 2, "arrived_files": 1, "missing_files": 1, "days_late": 45},
        {"switch_id": "SW1", "file_date": date(2026, 2, 4), "due_files": 1, "arrived_files": 1, "missing_files": 0, "days_late": 0},
    ],
    "suspense_retries": [
        {"call_id": f"f:{number}", "state": state, "tries": tries, "first_suspended_at": datetime(2026, 2, number)}
        for number, state, tries in ((1, "unrated", 5), (2, "unrated", 5), (3, "undocumented", 1))
    ],
}  # fmt: skip


def test_intake_has_the_files_of_the_period_and_the_days_sum_to_the_records_read(published: Path) -> None:
    page = drawn(published, "intake", INTAKE)
    assert column(page, "intake_files", "File") == ["c", "b", "a"]
    assert total(page, "intake_files")[8:] == (15, 7, 8, 3, 0)
    days = rows(page, "records_by_day")
    assert [row[:3] for row in days] == [(date(2026, 2, 3), 1, 10), (date(2026, 2, 4), 1, 5)]
    assert all(row[2] == sum(row[3:]) for row in days)
    assert total(page, "records_by_day")[1:3] == (2, 15)
    assert (tile(page, "Records read"), tile(page, "Set aside at intake")) == ("15", "8")
    by_day, by_state = figures(page)
    assert [sum(trace.y) for trace in by_day.figure.data] == [1, 5, 2, 0, 0, 0]
    # Of all files: those of March too, none of which set anything aside.
    assert sum(by_state.figure.data[0].x) == 8
    assert total(page, "records_by_state") == ("Records read", 14, 5, 19)
    assert [row[0] for row in rows(page, "records_by_state")][:2] == ["Malformed", "Ignored (no call)"]
    by_columns = list(zip(*rows(page, "records_by_state"), strict=True))[1:]
    assert tuple(map(sum, by_columns)) == total(page, "records_by_state")[1:], "records are no files"
    assert rows(page, "files_by_kind") == [("Bank results", 2, 1, 0, 1), ("Call records", 3, 2, 1, 0)]
    assert total(page, "files_by_kind") == ("Total", 5, 3, 1, 1)


def test_files_that_wait_are_of_every_period(published: Path) -> None:
    page = drawn(published, "intake", INTAKE, period="2026-03")
    assert column(page, "intake_files", "File") == ["d"]
    assert column(page, "files_waiting", "File") == ["b", "e"]
    assert tones(page, "files_waiting") == ["warning", "bad"]


def test_a_kind_of_file_leaves_the_others_out(published: Path) -> None:
    page = drawn(published, "intake", INTAKE, kind="bank")
    assert column(page, "intake_files", "File") == ["c"]
    assert column(page, "files_waiting", "File") == ["e"]
    assert rows(page, "files_by_kind") == [("Bank results", 2, 1, 0, 1)]
    # The rest of the page is of call files: records with a state, days, gaps, retries.
    assert names(page) == {"intake_files", "files_waiting", "files_by_kind"} and not figures(page)
    assert [each.label for section in page.sections for each in section.tiles] == ["Held or rejected files"]
    assert rows(drawn(published, "intake", INTAKE, kind="cdr"), "files_by_kind") == [("Call records", 3, 2, 1, 0)]
    none = drawn(published, "intake", INTAKE, kind="customers")
    assert load("en")["intake.no_files_of_kind"] in sentences(none)
    assert drawn(published, "intake", INTAKE, kind="other").status == 404


def test_missing_files_and_retries(published: Path) -> None:
    page = drawn(published, "intake", INTAKE)
    assert [row[0] for row in rows(page, "files_late")] == ["SW1"] and total(page, "files_late")[5] == 1
    assert rows(page, "sequence_gaps")[0][1:4] == (7, 8, 2)
    assert [(row[0], row[1], row[2]) for row in rows(page, "suspense_by_tries")] == [
        ("Undocumented", 1, 1),
        ("Unrated", 5, 2),
    ]
    assert total(page, "suspense_by_tries")[2] == 3


def test_intake_without_anything_is_sentences(published: Path) -> None:
    empty: dict[str, Rows] = {mart: kept if mart in PERIODS else [] for mart, kept in INTAKE.items()}
    empty["file_reconciliation"] = [_file("z", "cdr", date(2025, 1, 1), "loaded", rated=1)]
    page = drawn(published, "intake", empty, language="zh")
    assert names(page) == {"records_by_state", "files_by_kind"} and len(sentences(page)) == 6


def test_a_scope_is_not_told_that_no_file_waits(published: Path) -> None:
    viewer = Viewer(Role.ANALYST, Scope(units=frozenset({"U1"})))
    page = drawn(published, "intake", {**INTAKE, "bills": []}, viewer=viewer)
    assert set(sentences(page)) == {load("en")["scope_note.branch_only"]}


def _problem(problem_id: str, kind: str, severity: str, unit: str | None, **more: Any) -> dict[str, Any]:
    return {"problem_id": problem_id, "kind": kind, "severity": severity, "business_unit_id": unit, "subject": problem_id,
            "detail": "number 2201 calls but no account holds it", "count": 1, "first_seen_on": date(2026, 2, 1), **more}  # fmt: skip


BULLETIN: dict[str, Rows] = {
    **PERIODS,
    "problem_bulletin": [
        _problem("p1", "file_held", "error", None),
        _problem("p2", "undocumented_number", "warn", "U1", outlet_id="O1", count=9),
        _problem("p3", "undocumented_number", "critical", "U1", outlet_id="O1"),
        _problem("p4", "file_held", "critical", None, resolved_on=date(2026, 3, 1)),
    ],
}


def test_the_bulletin_has_open_problems_first_and_resolved_ones_with_the_day(published: Path) -> None:
    page = drawn(published, "bulletin", BULLETIN)
    assert column(page, "problems_open", "Subject") == ["p3", "p1", "p2"]
    assert column(page, "problems_resolved", "Resolved on") == [date(2026, 3, 1)]
    assert (tile(page, "Open problems"), tile(page, "Of these critical or error")) == ("3", "2")
    assert column(page, "problems_open", "What to do")[0].startswith("Find out who uses the number")
    assert rows(page, "problems_by_kind") == [("Undocumented number", 2, None, 2), ("File held", None, 1, 1)]
    assert total(page, "problems_by_kind") == ("Total", 2, 1, 3)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"unit": "U1"}, ["p3", "p2"]),
        ({"unit": "unassigned"}, ["p1"]),
        ({"outlet": "O1", "severity": "warn"}, ["p2"]),
        ({"kind": "file_held"}, ["p1"]),
    ],
)
def test_the_bulletin_is_filtered(published: Path, given: dict[str, str], expected: list[str]) -> None:
    assert column(drawn(published, "bulletin", BULLETIN, **given), "problems_open", "Subject") == expected


def test_the_bulletin_of_a_scope_and_in_chinese(published: Path) -> None:
    viewer = Viewer(Role.FINANCE, Scope(units=frozenset({"U1"})))
    page = drawn(published, "bulletin", {**BULLETIN, "bills": []}, viewer=viewer, language="zh")
    assert column(page, "problems_open", "对象") == ["p3", "p2"]
    assert column(page, "problems_open", "说明")[0] == "号码 2201 有通话，但没有账户持有"
    assert drawn(published, "bulletin", BULLETIN, severity="terrible").status == 404


def _call(call_id: str, minute: int, number: str, account: str, **more: Any) -> dict[str, Any]:
    started = datetime(2026, 2, 10, 10, minute)
    return {
        "call_id": call_id,
        "exchange_id": "E01",
        "calling_number": number,
        "called_number": "2200100",
        "charged_number": number,
        "started_at": started,
        "call_date": started.date(),
        "duration_seconds": 200,
        "account_id": account,
        "customer_class": "residential",
        "file_name": "f",
        "record_number": minute,
        "zone_id": "LOCAL",
        "tariff_plan_id": "RESIDENTIAL",
        "charged_seconds": 240,
        "amount": Decimal("0.33"),
        "billing_period": "2026-02",
        **more,
    }


CALLS: dict[str, Rows] = {
    **PERIODS,
    "rated_calls": [
        _call("f:1", 1, "2201", "A1"),
        _call("f:2", 2, "2201", "A1", amount=Decimal("0.30")),
        _call("f:3", 3, "2202", "A2", called_number="2201"),
        _call("f:4", 4, "2203", "A3"),
        _call("f:5", 5, "2201", "A1", call_date=date(2026, 3, 1), started_at=datetime(2026, 3, 1, 9)),
    ],
    "suspended_calls": [
        {"call_id": "f:8", "state": "undocumented", "reason": "no account holds number 2201 at that time", "calling_number": "2201",
         "called_number": "1", "charged_number": "2201", "started_at": datetime(2026, 2, 11, 9), "call_date": date(2026, 2, 11),
         "duration_seconds": 60, "estimated_amount": Decimal("0.22"), "file_name": "f", "record_number": 8},
    ],
    "duplicate_calls": [
        {"call_id": "g:1", "original_call_id": "f:1", "calling_number": "2201", "called_number": "2200100",
         "started_at": datetime(2026, 2, 10, 10, 1), "call_date": date(2026, 2, 10), "duration_seconds": 200, "file_name": "g"},
    ],
}  # fmt: skip


@pytest.fixture
def branch(tmp_path: Path) -> BranchFiles:
    """The demo city's reference book: plan RESIDENTIAL charges 0.33 for 200 seconds of a local call."""
    return BranchFiles(PROJECT_ROOT / "seeds/reference", tmp_path)


def test_calls_of_a_number_are_those_to_and_from_it_in_the_period(published: Path) -> None:
    page = drawn(published, "calls", CALLS, number="220-1")
    assert column(page, "calls_rated", "Call record") == ["f:3", "f:2", "f:1"]
    assert total(page, "calls_rated")[6:8] == (600, 720) and total(page, "calls_rated")[10] == Decimal("0.96")
    assert column(page, "calls_suspended", "Reason") == ["no account holds number 2201 at that time"]
    assert column(page, "calls_duplicate", "Original record") == ["f:1"]
    assert {dict(each.params)["call"] for each in targets(page, "calls_duplicate")} == {"g:1", "f:1"}


def test_calls_of_a_day_and_of_an_account(published: Path) -> None:
    page = drawn(published, "calls", CALLS, account="A1", date="2026-03-01")
    assert column(page, "calls_rated", "Call record") == ["f:5"]
    assert "Give the number" in sentences(page)[-1]
    assert drawn(published, "calls", CALLS, number="1", date="2026-02-30").status == 404


@pytest.mark.parametrize("typed", ["2026-W06", "20260203", "2026-02-30", "2026-2-3", "２０２６-02-03", "today"])
def test_a_date_that_is_none_says_how_to_write_it(published: Path, typed: str) -> None:
    page = drawn(published, "calls", CALLS, number="2345678", date=typed)
    assert page.status == 404
    assert sentences(page) == [f"Date: '{typed}' is not a valid date. Write it like 2026-05-20."]
    assert f"“{typed}”不是有效的日期" in sentences(drawn(published, "calls", CALLS, language="zh", date=typed))[0]


def test_nothing_is_looked_up_without_number_account_or_call(published: Path) -> None:
    page = drawn(published, "calls", CALLS, period="2026-03")
    assert names(page) == set() and sentences(page)[0].startswith("Give a number or an account")


def test_more_calls_than_are_shown_are_cut_with_a_sentence_and_no_total(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls_module, "MOST_CALLS", 2)
    page = drawn(published, "calls", CALLS, number="2201")
    assert column(page, "calls_rated", "Call record") == ["f:3", "f:2"]
    assert sentences(page)[0].startswith("More than 2 calls were found")
    assert table(page, "calls_rated").total is None


def test_only_files_that_can_hold_the_days_are_read(published: Path) -> None:
    """The days are a condition of the scan itself, so that row groups of other days are passed over."""
    write_edition(published, AS_OF, CALLS)
    files = str(next(published.glob("editions/*/rated_calls/*.parquet")))
    day = date(2026, 2, 10)
    with duckdb.connect() as connection:
        connection.execute(f"create view rated_calls as select * from read_parquet('{files}')")
        asked = {"first_day": day, "last_day": day, "number": "2201", "account": None, "at_most": 9}
        plan = str(connection.execute(f"explain {query_text('calls_rated_found')}", asked).fetchall())
    scan = plan[plan.index("PARQUET") :] if "PARQUET" in plan else plan[plan.rindex("READ_PARQUET") :]
    assert "call_date>=" in scan.replace(" ", "")


def test_a_rated_call_is_explained_step_by_step(published: Path, branch: BranchFiles) -> None:
    page = drawn(published, "calls", CALLS, call="f:1", branch=branch)
    assert sentences(page)[0].startswith("The charge by the tariff is the same")
    assert column(page, "steps", "Together") == [Decimal("0.22"), Decimal("0.11")]
    assert dict(rows(page, "call"))["Who pays"] == "the calling number"


def test_a_call_that_the_book_would_charge_otherwise_says_what_differs(published: Path, branch: BranchFiles) -> None:
    page = drawn(published, "calls", CALLS, call="f:2", branch=branch)
    assert rows(page, "differences") == [("Amount by the tariff", "0.300000", "0.33")]
    assert (tile(page, "As published"), tile(page, "By the present book")) == ("0.30", "0.33")


def test_what_a_package_and_a_cap_take_off_is_said(published: Path, branch: BranchFiles) -> None:
    call = _call("f:1", 1, "2201", "A1", amount=Decimal("0.13"), list_amount=Decimal("0.33"), package_id="HOUR",
                 covered_amount=Decimal("0.20"), is_capped=True)  # fmt: skip
    page = drawn(published, "calls", {**CALLS, "rated_calls": [call]}, call="f:1", branch=branch)
    assert page.sections[0].tiles[0].notes == (
        "Package HOUR covers 0.20 yuan.",
        "The plan caps what one call of the zone costs.",
    )
    assert "differences" not in names(page)


def test_calls_that_are_not_rated_are_explained_too(published: Path, branch: BranchFiles) -> None:
    suspended = drawn(published, "calls", CALLS, call="f:8", branch=branch, language="zh")
    assert sentences(suspended)[0] == "无档：当时没有账户持有号码 2201"
    duplicate = drawn(published, "calls", CALLS, call="g:1", branch=branch)
    assert "duplicate of call f:1" in sentences(duplicate)[0]
    unknown = drawn(published, "calls", CALLS, call="f:99", branch=branch)
    assert unknown.status == 200 and "no rated, suspended or duplicate call f:99" in sentences(unknown)[0]


def test_without_a_book_a_call_is_as_it_was_published(published: Path) -> None:
    page = drawn(published, "calls", CALLS, call="f:1")
    assert names(page) == {"call"} and "there is no reference book" in sentences(page)[0]


@pytest.mark.parametrize("viewer", [Viewer(Role.OUTLET), Viewer(Role.MANAGEMENT, with_calls=False)])
def test_calls_are_for_those_who_may_see_them(published: Path, viewer: Viewer) -> None:
    assert drawn(published, "calls", CALLS, number="2201", viewer=viewer).status == 403


def test_calls_of_a_scope_are_its_own(published: Path) -> None:
    marts: dict[str, Rows] = {
        **CALLS,
        "bills": [],
        "rated_calls": [_call("f:1", 1, "2201", "A1", business_unit_id="U1"), _call("f:2", 2, "2201", "A1")],
    }
    viewer = Viewer(Role.ANALYST, Scope(units=frozenset({"U1"})))
    page = drawn(published, "calls", marts, number="2201", period="2026-02", viewer=viewer)
    assert column(page, "calls_rated", "Call record") == ["f:1"]
    assert total(page, "calls_rated")[10] == Decimal("0.33")
    assert names(page) == {"calls_rated"}


def test_the_dictionary_lists_the_edition_s_tables(published: Path) -> None:
    page = drawn(published, "dictionary", CALLS)
    by_name = {row[1]: row for row in rows(page, "tables")}
    assert set(by_name) == set(CALLS)
    assert by_name["rated_calls"][0] == "Rated calls" and by_name["rated_calls"][4] == 5
    assert by_name["duplicate_calls"][3] == len(_view_columns(published, "duplicate_calls"))


def _view_columns(published: Path, mart: str) -> tuple[tuple[str, str], ...]:
    with View.current(published) as view:
        return view.columns(mart)


def _sql(page: Page) -> str:
    [prose] = [block for section in page.sections for block in section.blocks if isinstance(block, Prose)]
    return prose.markdown.removeprefix("```sql\n").removesuffix("\n```")


def test_a_table_has_its_columns_its_rows_and_sql_that_runs(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = drawn(published, "dictionary", CALLS, mart="suspended_calls")
    described = {row[0]: row for row in rows(page, "columns")}
    assert described["estimated_amount"][1:5] == (
        "Would come to",
        "DECIMAL(18,6)",
        "exact amount, up to six decimals",
        "yuan",
    )
    assert described["zone_id"][3] == "id, named in dimension_names: Tariff zone"
    assert "record" in described["call_id"][5]
    assert len(rows(page, "first_rows")) == 1
    book = openpyxl.load_workbook(io.BytesIO(file_content(page, table(page, "first_rows"), "xlsx")))
    cells = {head.value: cell for head, cell in zip(*book.worksheets[0].iter_rows(max_row=2), strict=True)}
    assert cells["started_at"].is_date and cells["call_date"].is_date, "and not 46054"
    monkeypatch.chdir(published.parent)
    with duckdb.connect() as connection:
        assert len(connection.execute(_sql(page)).fetchall()) == 1
    assert drawn(published, "dictionary", CALLS, mart="bills").status == 404


def test_the_dictionary_shows_no_calls_to_those_who_may_not_see_them(published: Path) -> None:
    for viewer in (Viewer(Role.ENGINEER), Viewer(Role.MANAGEMENT, with_calls=False)):
        page = drawn(published, "dictionary", CALLS, mart="rated_calls", viewer=viewer)
        assert names(page) == {"columns"} and "single calls" in sentences(page)[0]


def test_the_dictionary_masks_names_as_elsewhere(published: Path) -> None:
    marts: dict[str, Rows] = {**PERIODS, "number_conflicts": [{"service_number": "2201234", "kind": "double_order"}]}
    page = drawn(published, "dictionary", marts, mart="number_conflicts", viewer=Viewer(Role.ENGINEER), language="zh")
    assert rows(page, "first_rows") == [("220***34", "double_order", None)]


RECORDED = RecordedLineage(
    {("marts", "arrears"): (("marts", "bills"), ("raw", "run_facts")), ("marts", "bills"): (("raw", "calls"),)},
    {
        ("marts", "arrears", "amount"): (("marts", "bills", "amount"),),
        ("marts", "bills", "amount"): (("raw", "calls", "seconds"),),
    },
)


def test_lineage_has_the_tables_by_layers_and_the_columns(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage_module, "recorded_lineage", lambda: RECORDED)
    marts: dict[str, Rows] = {**PERIODS, "arrears": []}
    page = drawn(published, "lineage", marts, mart="arrears")
    assert rows(page, "tables") == [
        ("What comes in", "run_facts", 1, "arrears"),
        ("What comes in", "calls", 2, "bills"),
        ("Published", "bills", 1, "arrears"),
    ]
    amount = next(row for row in rows(page, "columns") if row[0] == "amount")
    assert amount[2:] == ("marts.bills.amount", "raw.calls.seconds")
    whole = drawn(published, "lineage", marts, language="zh")
    assert next(row for row in rows(whole, "lineage") if row[1] == "arrears")[2:] == (2, 0, 0, 0, 0, 0, 1, 2)


def test_lineage_that_is_not_recorded_is_a_sentence(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage_module, "recorded_lineage", lambda: None)
    assert "not recorded on this machine yet" in sentences(drawn(published, "lineage", PERIODS))[0]
    monkeypatch.setattr(lineage_module, "recorded_lineage", lambda: RecordedLineage({}, {}))
    page = drawn(published, "lineage", {**PERIODS, "arrears": []}, mart="arrears")
    assert len(sentences(page)) == 2
