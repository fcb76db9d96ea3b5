"""Two editions compared, worked by hand.

From the first to the second: a day later, period 2026-01 is closed, a call file came, C1's bill of 2026-02 rose by 2.50, and 10.00 more
were received on it. The names are the same, to the byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.i18n import Translate, load
from dashboards.pages.model import Page, Target
from dashboards.params import Params
from dashboards.site_map import BY_NAME, draw
from dashboards.view import View
from orchestration.access.roles import WHOLE_BRANCH, Role, Scope, Viewer
from tests.dashboards.editions import Rows, gate, write_edition
from tests.dashboards.pages.drawing import names, rows, sentences, targets, tones, total

FIRST, SECOND = "2026-03-19-0001", "2026-03-20-0002"


def _marts(amount: str, received: str, state: str, days: tuple[int, ...]) -> Mapping[str, Rows]:
    return {
        "dimension_names": [{"dimension": "agent", "dimension_id": "A1", "name_zh": "宏达", "name_en": "Hongda"}],
        "billing_periods": [
            {"billing_period": "2026-01", "period_state": state},
            {"billing_period": "2026-02", "period_state": "open"},
        ],
        "bills": [
            {"account_id": "C1", "billing_period": "2026-02", "amount": Decimal(amount), "is_provisional": False},
            {"account_id": "C1", "billing_period": "2026-01", "amount": Decimal("80.00"), "is_provisional": False},
        ],
        "payment_applications": [
            {
                "payment_id": "P1",
                "account_id": "C1",
                "billing_period": "2026-02",
                "applied_on": date(2026, 3, 1),
                "amount": Decimal(received),
            }
        ],
        "rated_calls": [{"call_id": f"f:{day}", "billing_period": "2026-02"} for day in days],
        "commission_lines": [
            {"agent_id": "A1", "settlement_period": "2026-01", "line_kind": "on_time", "amount": Decimal("4.00")}
        ],
        "rerating_changes": [],
        "file_reconciliation": [
            {
                "file_id": f"f{day}",
                "file_kind": "cdr",
                "file_date": date(2026, 3, day),
                "file_status": "loaded",
                "read_records": 10 * day,
                "rated": day,
            }
            for day in days
        ],
    }


def _with_totals(edition: Path, **totals: Mapping[str, str]) -> None:
    path = edition / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for mart, sums in totals.items():
        manifest["marts"][mart]["totals"] = dict(sums)
    path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The folder with both editions, the second of them current."""
    gates = [gate("a"), gate("b", "warn", success=False), gate("c", "error", success=False)]
    first = write_edition(tmp_path, "2026-03-19", _marts("100.00", "20.00", "open", (18,)), gates, revision=1)
    _with_totals(first, bills={"rows": "2", "amount": "180.00"}, payment_applications={"rows": "1", "amount": "20.00"})
    second = write_edition(
        tmp_path, "2026-03-20", _marts("102.50", "30.00", "closed", (18, 19)), [gate("a")], revision=2
    )
    _with_totals(second, bills={"rows": "2", "amount": "182.50"}, payment_applications={"rows": "1", "amount": "30.00"})
    return tmp_path


def _drawn(published: Path, language: str = "en", viewer: Viewer = WHOLE_BRANCH, **params: str) -> Page:
    given = {key.rstrip("_"): value for key, value in params.items()}
    with View.current(published, viewer) as view:
        return draw("editions", view, Params(language, given))


def test_editions_are_listed_with_their_gates_and_rows(published: Path) -> None:
    page = _drawn(published)
    # Rows of the first: 1 name, 2 periods, 2 bills, 1 payment, 1 call, 1 commission line, 1 file; the second has a call and a file more.
    assert rows(page, "editions") == [
        (SECOND, date(2026, 3, 20), "2026-03-20 23:15:04", 2, 1, 0, 0, 0, 8, 11, "This edition"),
        (FIRST, date(2026, 3, 19), "2026-03-19 23:15:04", 1, 3, 0, 1, 1, 8, 9, "Can be read"),
    ]
    assert targets(page, "editions") == {Target.to("editions", **{"with": FIRST})}
    assert ("rated_calls", "Rated calls", 2, 1) in rows(page, "rows_by_table")


def test_money_that_changed_is_shown_by_period(published: Path) -> None:
    page = _drawn(published, with_=FIRST)
    assert rows(page, "changed_money") == [
        ("2026-02", "Receivable", Decimal("100.00"), Decimal("102.50"), Decimal("2.50")),
        ("2026-02", "Received", Decimal("20.00"), Decimal("30.00"), Decimal("10.00")),
        ("2026-02", "Open", Decimal("80.00"), Decimal("72.50"), Decimal("-7.50")),
    ], "2026-01 and its commission are as they were"
    assert rows(page, "changed_counts") == [("2026-02", "Rated calls", 1, 2, 1)]


def test_reasons_are_dates_states_and_files(published: Path) -> None:
    t = Translate.to("en")
    page = _drawn(published, with_=FIRST)
    states = {"before": "Open", "now": "Closed"}
    assert rows(page, "reasons") == [
        (t("edition_list.why_as_of", before="2026-03-19", now="2026-03-20"),),
        (t("edition_list.why_state", period="2026-01", **states),),
    ]
    assert rows(page, "changed_files") == [
        ("Call records", date(2026, 3, 19), "Loaded", 0, 1, 1, 0, 190, 190, 0, 19, 19)
    ]
    assert total(page, "changed_files")[3:] == (0, 1, 1, 0, 190, 190, 0, 19, 19)


def test_tables_that_changed_are_named_with_rows_and_exact_totals(published: Path) -> None:
    page = _drawn(published, with_=FIRST)
    assert rows(page, "changed_tables") == [
        ("billing_periods", "Billing periods", "Other values, as many rows", 2, 2, 0),
        ("bills", "Bills", "Other values, as many rows", 2, 2, 0),
        ("file_reconciliation", "File reconciliation", "Other number of rows", 1, 2, 1),
        ("payment_applications", "Payment applications", "Other values, as many rows", 1, 1, 0),
        ("rated_calls", "Rated calls", "Other number of rows", 1, 2, 1),
    ]
    assert rows(page, "changed_totals") == [
        ("bills", "Receivable", "180.00", "182.50", "+2.50"),
        ("payment_applications", "Applied", "20.00", "30.00", "+10.00"),
    ]


def test_a_table_of_one_edition_only_is_no_difference_of_rows(published: Path) -> None:
    marts = {**_marts("102.50", "30.00", "closed", (18, 19)), "arrears": []}
    del marts["commission_lines"]
    write_edition(published, "2026-03-21", marts, revision=3)
    page = _drawn(published, with_=SECOND)
    assert rows(page, "changed_tables") == [
        ("arrears", "Arrears", "Only in this edition", None, 0, None),
        ("commission_lines", "Commission lines", "Only in the one compared with", 1, None, None),
    ]
    assert load("en")["edition_list.no_changed_money"] in sentences(page), "the commission is not 4.00 less"


def test_equal_editions_say_so(published: Path) -> None:
    third = write_edition(published, "2026-03-20", _marts("102.50", "30.00", "closed", (18, 19)), revision=3)
    _with_totals(third, bills={"rows": "2", "amount": "182.50"})
    texts = load("zh")
    found = sentences(_drawn(published, language="zh", with_=SECOND))
    for key in ("why_nothing", "no_new_files", "no_changed_money", "no_changed_counts", "same_marts"):
        assert texts[f"edition_list.{key}"] in found


def test_a_new_rerating_is_a_reason(published: Path) -> None:
    change = {
        "rerate_id": "R1",
        "account_id": "C1",
        "billing_period": "2026-02",
        "first_day": date(2026, 2, 1),
        "last_day": date(2026, 2, 2),
        "why": "wrong zone",
    }
    marts = {**_marts("102.50", "30.00", "closed", (18, 19)), "rerating_changes": [change]}
    write_edition(published, "2026-03-20", marts, revision=3)
    days = {"first_day": "2026-02-01", "last_day": "2026-02-02"}
    reason = Translate.to("en")("edition_list.why_rerating", rerate="R1", why="wrong zone", **days)
    assert rows(_drawn(published, with_=SECOND), "reasons") == [(reason,)]


def test_damaged_and_half_removed_editions_are_sentences(published: Path) -> None:
    (published / "editions" / FIRST / "bills" / "part-0.parquet").unlink()
    broken = published / "editions" / "2026-03-18-0000"
    broken.mkdir()
    (broken / "manifest.json").write_text("{", encoding="utf-8")
    page = _drawn(published)
    gone = Translate.to("en")("edition_list.files_gone", count="1")
    assert [row[-1] for row in rows(page, "editions")][:2] == ["This edition", gone]
    assert "manifest.json" in str(rows(page, "editions")[2][-1]) and str(published) not in str(rows(page, "editions"))
    assert tones(page, "editions") == ["bad", "bad"]
    assert sentences(_drawn(published, with_=FIRST)) == [gone]
    assert "changed_money" not in names(_drawn(published, with_="2026-03-18-0000"))


def test_a_mart_that_cannot_be_opened_is_a_sentence(published: Path) -> None:
    (published / "editions" / FIRST / "bills" / "part-0.parquet").write_bytes(b"no parquet")
    found = sentences(_drawn(published, with_=FIRST))
    assert len(found) == 1 and found[0].startswith(f"{FIRST} cannot be compared")


def test_an_edition_that_is_not_there_is_refused(published: Path) -> None:
    assert _drawn(published, with_="2026-03-01-0009").status == 404
    assert _drawn(published, with_=SECOND).status == 404, "an edition is not compared with itself"


def test_only_analysts_and_finance_of_the_whole_branch_see_it(published: Path) -> None:
    for role in (Role.ANALYST, Role.FINANCE, Role.ADMIN):
        assert "editions" in names(_drawn(published, viewer=Viewer(role)))
    assert _drawn(published, viewer=Viewer(Role.OUTLET, Scope(outlets=frozenset({"O1"})))).status == 403
    page = _drawn(published, viewer=Viewer(Role.FINANCE, Scope(units=frozenset({"U1"}))), with_=FIRST)
    assert not names(page) and sentences(page) == [load("en")["edition_list.whole_branch_only"]]


def test_static_site_has_no_list_of_editions(published: Path) -> None:
    """Other editions come and go; the files of an edition stay as they are."""
    with View.current(published) as view:
        assert BY_NAME["editions"].static_variants(view) == []
