"""A home of an earlier version goes on with this one: its closed bills stay, its decisions hold, its editions are read."""

from __future__ import annotations

from pathlib import Path

from dashboards.view import View
from orchestration.ledger.file_ledger import FileLedger
from orchestration.publishing.reading import read_edition
from tests.robustness.branch import Branch
from tests.upkeep.homes import FIXTURES, home_of

#: A version of before: revision 2cc180d, whose closed figures are in the warehouse alone. (The newest is in test_rebuild.py.)
EARLIER = "2cc180d"
CLOSED = "2026-03"
#: What a bill, its lines and its calls come to; both versions have these columns.
CLOSED_FIGURES = {
    "bills": "account_id, billing_period, customer_id, customer_class, business_unit_id, agent_id, outlet_id, amount, issued_on, due_on",
    "bill_lines": "account_id, service_number, billing_period, bill_item_id, line_kind, amount",
    "rated_calls": "call_id, billing_period, account_id, zone_id, tariff_plan_id, charged_seconds, amount, started_at",
}


def closed_figures(branch: Branch) -> dict[str, list[tuple[object, ...]]]:
    return {
        mart: [row for row in branch.mart(mart, columns) if CLOSED in row] for mart, columns in CLOSED_FIGURES.items()
    }


def test_the_fixtures_are_small() -> None:
    assert {path.name: path.stat().st_size < 300_000 for path in FIXTURES.glob("*.xz")} == {
        f"{EARLIER}.tar.xz": True,
        "0.2.0.tar.xz": True,
    }


def test_a_home_of_an_earlier_version_goes_on(tmp_path: Path) -> None:
    branch = home_of(EARLIER, tmp_path)
    before = closed_figures(branch)
    # By hand: three days of 0.10 + 0.60, which the promotion takes off again, and a rental of 20.00; three of 0.20 + 0.80.
    assert branch.mart("bills", "account_id, billing_period, cast(amount as varchar)")[::2] == [
        ("A1", CLOSED, "20.00"),
        ("A2", CLOSED, "3.00"),
    ]
    assert len(before["rated_calls"]) == 12
    editions = sorted(path.name for path in (branch.published / "editions").iterdir())
    typed = branch.tollhouse("status")
    assert (typed.exit_code, "the next `tollhouse run` brings it up" in typed.message) == (1, True), typed.message
    assert branch.tollhouse("backup", str(tmp_path / "backup")).exit_code == 0, "a backup can be made first"
    typed = branch.tollhouse("run")
    assert (typed.exit_code, typed.answer["status"]) == (0, "published"), typed.message
    assert closed_figures(branch) == before
    assert ("A1", "2026-04", "adjustment", "0.15") in branch.mart(
        "bill_lines", "account_id, billing_period, line_kind, cast(amount as varchar)"
    ), "the re-rating stands: three calls of 0.05 more"
    assert branch.states()["SW1_20260304_003004.csv"]["rated"] == 4, "the released file counts on"
    with FileLedger(branch.home / "ledger.sqlite", read_only=True) as ledger:
        assert [decision.kind for decision in ledger.decisions()] == ["release_file", "close_period"]
        assert list(ledger.frozen_figures()) == [CLOSED], "its closed figures have files now"
    assert len(editions) == 4
    for name in editions:
        with View(read_edition(branch.published / "editions" / name, branch.published)) as edition:
            assert edition.query("dimension_names") and "bills" in edition.marts, name
