"""Settlements by hand: January is locked at 130.00 and 2.50 of it restated, February is calculated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.i18n import load
from dashboards.pages.model import Target
from orchestration.access.roles import Role, Scope, Viewer
from tests.dashboards.editions import Rows
from tests.dashboards.pages.drawing import column, drawn, names, rows, sentences, targets, tones, total

JANUARY = {
    "settlement_period": "2026-01",
    "state": "locked",
    "cut_off_on": date(2026, 2, 28),
    "agents": 2,
    "lines": 3,
    "amount": Decimal("130.00"),
    "prepared_by": "li",
    "approved_by": "wang",
    "approved_at": datetime(2026, 3, 2, 9, 30),
    "approved_amount": Decimal("130.00"),
    "lines_changed_since_approval": 0,
    "locked_by": "wang",
    "locked_at": datetime(2026, 3, 3, 10, 0),
    "restated_amount": Decimal("2.50"),
}
FEBRUARY = {
    "settlement_period": "2026-02",
    "state": "open",
    "cut_off_on": date(2026, 3, 31),
    "agents": 0,
    "lines": 0,
    "amount": Decimal("0.00"),
    "lines_changed_since_approval": 0,
}
MARTS: Mapping[str, Rows] = {
    "dimension_names": [
        {"dimension": "agent", "dimension_id": "G1", "name_zh": "甲代理", "name_en": "Agent One"},
        {"dimension": "agent", "dimension_id": "G2", "name_zh": "乙代理", "name_en": "Agent Two"},
    ],
    "settlements": [JANUARY, FEBRUARY],
    "settlement_restatements": [
        {
            "settlement_period": "2026-02",
            "restated_period": "2026-01",
            "agent_id": agent,
            "line_kind": kind,
            "locked_amount": Decimal(locked),
            "restated_before": Decimal("0.00"),
            "recalculated_amount": Decimal(now),
            "amount": Decimal(now) - Decimal(locked),
            "reason": reason,
        }
        for agent, kind, locked, now, reason in (
            ("G1", "on_time", "10.00", "13.50", "basis_changed"),
            ("G2", "late", "1.00", "0.00", "line_removed"),
        )
    ],
}


def amounts(*texts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, texts))


def test_states_and_restatements(tmp_path: Path) -> None:
    page = drawn(tmp_path, "settlements", MARTS)
    assert column(page, "settlements", "Settlement period") == ["2026-02", "2026-01"]
    assert column(page, "settlements", "State") == ["Open", "Locked"]
    assert tones(page, "settlements") == ["warning", "good"]
    assert targets(page, "settlements") == {Target.to("commission", period="2026-01")}
    assert total(page, "settlements")[4:] == (3, Decimal("130.00"), Decimal("2.50"))
    assert rows(page, "decisions") == [
        (
            "2026-01",
            "li",
            "wang",
            datetime(2026, 3, 2, 9, 30),
            Decimal("130.00"),
            0,
            "wang",
            datetime(2026, 3, 3, 10, 0),
        )
    ]
    assert rows(page, "restatements") == [
        ("2026-02", "2026-01", "Agent One", "On time", *amounts("10.00", "0.00", "13.50", "3.50"), "Other basis"),
        ("2026-02", "2026-01", "Agent Two", "Late", *amounts("1.00", "0.00", "0.00", "-1.00"), "Line no longer there"),
    ]
    assert total(page, "restatements")[7] == Decimal("2.50")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_to_show_is_said_in_both_languages(tmp_path: Path, language: str) -> None:
    page = drawn(tmp_path, "settlements", {"settlements": [], "settlement_restatements": []}, language=language)
    texts = load(language)
    assert sentences(page) == [texts["settlement_states.none"], texts["settlement_states.no_restatements"]]
    assert not names(page)


def test_a_scope_of_one_agent_sees_its_restatements_and_no_state(tmp_path: Path) -> None:
    page = drawn(tmp_path, "settlements", MARTS, viewer=Viewer(Role.FINANCE, Scope(agents=frozenset({"G1"}))))
    assert names(page) == {"restatements"}
    assert column(page, "restatements", "Agent") == ["Agent One"]
    assert total(page, "restatements")[7] == Decimal("3.50")
