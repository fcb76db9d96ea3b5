"""Terminals, complaints and trainings of the outlets, worked by hand for two outlets; and their tiles for management.

O1 (unit U1) has a terminal that is out of order and one that is overdue for inspection, O2 (unit U2) has none; one terminal is of no
outlet of the book. Two complaints of faults at O1 took 2 and 10 hours, one at O2 took 3 hours, and one at O2 is open.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from dashboards.pages.model import Prose
from dashboards.view import BranchFiles
from orchestration.access.roles import Role, Scope, Viewer
from tests.dashboards.editions import Rows
from tests.dashboards.pages.drawing import column, drawn, names, rows, sentences, tile, total


def _terminal(name: str, outlet: str, unit: str, **more: object) -> dict[str, Any]:
    return {
        "terminal_id": name, "outlet_id": outlet, "business_unit_id": unit, "access_kind": "fibre", "is_backup_there": True,
        "installed_on": date(2025, 1, 1), "last_inspected_on": date(2026, 3, 1), "inspection_due_on": date(2026, 5, 30),
        "is_inspection_overdue": False, **more,
    }  # fmt: skip


def _covered(outlet: str, unit: str, *counts: int) -> dict[str, Any]:
    labels = (
        "outlets", "outlets_with_terminal", "outlets_with_backup", "terminals", "terminals_with_backup", "inspections_overdue",
        "open_faults",
    )  # fmt: skip
    return {"outlet_id": outlet, "business_unit_id": unit, **dict(zip(labels, counts, strict=True))}


def _complaint(
    name: str, outlet: str, unit: str, hours: float, *, is_closed: bool = True, **more: object
) -> dict[str, Any]:
    return {
        "complaint_id": name, "account_id": f"A-{outlet}", "business_unit_id": unit, "outlet_id": outlet, "kind": "fault",
        "was_billing_error": False, "opened_month": "2026-03", "opened_at": datetime(2026, 3, 2, 9), "is_closed": is_closed,
        "handling_hours": hours, "is_overdue": False, **more,
    }  # fmt: skip


def _handled(
    outlet: str, unit: str, counts: tuple[int, int, int, int], hours: tuple[float, float, float]
) -> dict[str, Any]:
    labels = ("opened", "closed", "still_open", "overdue", "median_hours", "mean_hours", "longest_hours")
    key = {"opened_month": "2026-03", "business_unit_id": unit, "outlet_id": outlet, "kind": "fault"}
    return {**key, **dict(zip(labels, (*counts, *hours), strict=True))}


def _training(name: str, unit: str | None, outlet: str | None, **more: object) -> dict[str, Any]:
    return {
        "training_id": name, "held_on": date(2026, 3, 10), "title_zh": f"培训{name}", "title_en": f"Training {name}",
        "business_unit_id": unit, "outlet_id": outlet, "is_held": True, "invited": 4, "attended": 3, "attendance": 0.75,
        "examined": 2, "passed": 1, "pass_share": 0.5, "mean_score": 61.5, **more,
    }  # fmt: skip


MARTS: dict[str, Rows] = {
    "dimension_names": [
        ("outlet", "O1", "东门营业厅", "East Gate"),
        ("outlet", "O2", "西门营业厅", "West Gate"),
        ("business_unit", "U1", "城东", "East"),
        ("business_unit", "U2", "城西", "West"),
    ],
    "outlet_terminals": [
        _terminal("T1", "O1", "U1", is_inspection_overdue=True, inspection_due_on=date(2026, 3, 1)),
        _terminal(
            "T2", "O1", "U1", fault_since=date(2026, 3, 18), days_faulty=2, fault_note="no power", is_backup_there=False
        ),
        _terminal("T3", "unassigned", "unassigned"),
    ],
    "terminal_coverage": [
        _covered("O1", "U1", 1, 1, 1, 2, 1, 1, 1),
        _covered("O2", "U2", 1, 0, 0, 0, 0, 0, 0),
        _covered("unassigned", "unassigned", 0, 0, 0, 1, 1, 0, 0),
    ],
    "complaints": [
        _complaint("K1", "O1", "U1", 2.0),
        _complaint("K2", "O1", "U1", 10.0),
        _complaint("K3", "O2", "U2", 3.0),
        _complaint("K4", "O2", "U2", 447.0, is_closed=False, is_overdue=True),
    ],
    "complaint_handling": [
        _handled("O1", "U1", (2, 2, 0, 0), (6.0, 6.0, 10.0)),
        _handled("O2", "U2", (2, 1, 1, 1), (3.0, 3.0, 3.0)),
    ],
    "trainings": [
        _training("L1", None, None, held_on=date(2026, 4, 1), is_held=False, examined=0, passed=0, pass_share=None),
        _training("L2", "U1", None, title_en=None),
        _training("L3", "U2", "O2"),
    ],
}
WEST = Viewer(Role.OUTLET, Scope(outlets=frozenset({"O2"})))


def test_outlets_without_a_terminal_are_counted_and_terminals_without_an_outlet_too(published: Path) -> None:
    page = drawn(published, "terminals", MARTS)
    assert rows(page, "by_unit") == [
        ("East", 1, 1, 1, 2, 1, 1, 1),
        ("West", 1, 0, 0, 0, 0, 0, 0),
        ("not assigned", 0, 0, 0, 1, 1, 0, 0),
    ]
    assert total(page, "by_unit")[1:] == (2, 1, 1, 3, 2, 1, 1)
    assert column(page, "terminals", "Terminal") == ["T2", "T1", "T3"]
    of_west = drawn(published, "terminals", MARTS, outlet="O2")
    assert sentences(of_west) == ["The export has no terminal here."]


def test_a_median_over_outlets_is_that_of_their_complaints(published: Path) -> None:
    """2, 3 and 10 hours: the median is 3 and the mean 5, and not those of the two rows, 4.5 and 4.5."""
    page = drawn(published, "complaints", MARTS)
    assert rows(page, "by_kind") == [("2026-03", "fault", 4, 3, 1, 1, 3.0, 5.0, 10.0)]
    assert total(page, "by_outlet")[4:8] == (4, 3, 1, 1)
    assert column(page, "open", "Complaint") == ["K4"]
    assert column(page, "open", "Handling time") == [447.0]


def test_a_training_says_for_whom_it_is(published: Path) -> None:
    page = drawn(published, "trainings", MARTS)
    assert column(page, "trainings", "For") == ["the whole branch", "East", "West Gate"]
    assert total(page, "trainings")[4:6] == (12, 9)
    assert column(page, "trainings", "Share that passed") == [None, 0.5, 0.5]
    # A title that is missing in English is the Chinese one.
    assert column(page, "trainings", "Training") == ["Training L1", "培训L2", "Training L3"]
    chinese = drawn(published, "trainings", MARTS, language="zh")
    assert column(chinese, "trainings", "培训名称") == ["培训L1", "培训L2", "培训L3"]


def test_an_outlet_sees_its_own(published: Path) -> None:
    marts = {**MARTS, "bills": [], "problem_bulletin": []}
    assert rows(drawn(published, "terminals", marts, viewer=WEST), "by_unit") == [("West", 1, 0, 0, 0, 0, 0, 0)]
    complaints = drawn(published, "complaints", marts, viewer=WEST)
    assert rows(complaints, "by_kind") == [("2026-03", "fault", 2, 1, 1, 1, 3.0, 3.0, 3.0)]
    assert column(drawn(published, "trainings", marts, viewer=WEST), "trainings", "Training") == ["Training L3"]
    outlet = drawn(published, "outlet", marts, viewer=WEST)
    assert tile(outlet, "Open complaints") == "1"
    assert "Terminals out of order" not in [each.label for section in outlet.sections for each in section.tiles]


def test_material_is_shown_in_the_readers_language_without_its_markup(published: Path, tmp_path: Path) -> None:
    folder = tmp_path / "book/trainings"
    folder.mkdir(parents=True)
    (folder / "2026-03-01-tariffs.en.md").write_text("# Tariffs\n<script>x</script> and *more*", encoding="utf-8")
    (folder / "2026-03-01-tariffs.zh.md").write_text("# 资费\n内容", encoding="utf-8")
    branch = BranchFiles(tmp_path / "book", tmp_path / "notices")
    page = drawn(published, "trainings", MARTS, branch=branch)
    assert [section.title for section in page.sections] == ["Trainings", "Tariffs"]
    # Prose is drawn by prose_html, which shows HTML as text.
    assert page.sections[1].blocks == (Prose("<script>x</script> and *more*"),)
    assert sentences(drawn(published, "trainings", MARTS))[0].startswith("Not shown")
    nowhere = BranchFiles(tmp_path, tmp_path)
    assert sentences(drawn(published, "trainings", MARTS, branch=nowhere))[0].startswith("There is no material.")


def test_management_has_a_tile_for_each_export_that_came(published: Path) -> None:
    page = drawn(published, "overview", MARTS)
    (section,) = [each for each in page.sections if each.section_id == "outlets"]
    assert [(each.label, each.value, each.unit, each.notes) for each in section.tiles] == [
        ("Outlets with a terminal", "1", "of 2", ("1 with a backup line",)),
        ("Terminals out of order", "1", "", ("1 overdue for inspection",)),
        ("Open complaints", "1", "", ("1 of them overdue",)),
        ("Trainings held", "2", "", ("50.00 % passed the exam",)),
    ]


def test_without_the_exports_nothing_is_said_of_them(published: Path) -> None:
    empty: dict[str, Rows] = {**dict.fromkeys(MARTS, ()), "dimension_names": MARTS["dimension_names"]}
    assert "outlets" not in [section.section_id for section in drawn(published, "overview", empty).sections]
    for name in ("terminals", "complaints", "trainings"):
        page = drawn(published, name, empty)
        assert names(page) == set()
        assert "optional" in sentences(page)[0]
