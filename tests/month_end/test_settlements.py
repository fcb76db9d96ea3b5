"""Who may approve and lock which settlement, before and after a run that is played. The figures are those of small editions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from orchestration.access.accounts import AccountsFile
from orchestration.access.roles import Role, Scope
from orchestration.errors import TollhouseError, UsageError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.settlements import settlement_decisions, settlement_rows
from orchestration.month_end import settlements
from orchestration.runs import RunOutcome
from orchestration.settings import Settings
from tests.dashboards.editions import write_edition

JANUARY, FEBRUARY, MARCH = "2026-01", "2026-02", "2026-03"
LINE = {
    "agent_id": "G1",
    "settlement_period": JANUARY,
    "line_kind": "on_time",
    "basis_amount": Decimal("200.00"),
    "rate": Decimal("5.000000"),
    "amount": Decimal("10.00"),
}


class Branch:
    """A home whose editions are written by hand; a run publishes what `next_run` writes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.next_run: Callable[[], None] | None = None
        self.status = "published"
        FileLedger(settings.ledger_path).close()

    def publish(self, revision: int, states: dict[str, str], lines: list[dict[str, Any]], by: str = "li") -> None:
        """An edition with the states of settlements and their lines, published by somebody."""
        rows = [
            {
                "settlement_period": period,
                "state": state,
                "cut_off_on": date(2026, 4, 30),
                "agents": 1,
                "lines": 1,
                "amount": Decimal("10.00"),
                "prepared_by": "li",
                "approved_by": "wang",
                "approved_amount": Decimal("9.00"),
                "lines_changed_since_approval": 2 if state == "changed" else 0,
                "locked_by": "chen",
            }
            | ({"state": "calculated"} if state == "changed" else {})
            for period, state in states.items()
        ]
        marts = {"settlements": rows, "commission_lines": lines, "settlement_restatements": []}
        name = write_edition(self.settings.published, "2026-05-20", marts, revision=revision).name
        with FileLedger(self.settings.ledger_path) as ledger, pytest.MonkeyPatch.context() as patch:
            patch.setattr("orchestration.ledger.file_ledger.user_name", lambda: by)
            ledger.note_edition(name, revision)

    def run_once(self, *_: object, **__: object) -> RunOutcome:
        """In the place of the run."""
        if self.next_run is not None:
            self.next_run()
            self.next_run = None
        return RunOutcome(self.status, "e", None, None, None, [], {})


@pytest.fixture
def branch(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Branch:
    made = Branch(Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path_factory.mktemp("home"))}))
    monkeypatch.setattr(settlements, "run_once", made.run_once)
    monkeypatch.setattr(settlements, "user_name", lambda: "wang")
    return made


def test_an_approval_keeps_the_lines_with_who_prepared_them(branch: Branch) -> None:
    branch.publish(1, {JANUARY: "calculated"}, [LINE, LINE | {"settlement_period": FEBRUARY}])
    decided = settlements.approve(branch.settings, JANUARY).decision
    assert (decided.decision, decided.edition, decided.prepared_by) == ("approved", "2026-05-20-0001", "li")
    assert settlement_decisions(branch.settings.ledger_path) == [decided]
    assert settlement_rows(branch.settings.ledger_path, 1, "commission_lines") == [
        {
            "agent_id": "G1",
            "settlement_period": JANUARY,
            "line_kind": "on_time",
            "basis_amount": "200.00",
            "rate": "5.000000",
            "amount": "10.00",
        }
    ]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("open", "it is open until its cut-off on 2026-04-30"),
        ("approved", "wang has approved it at None, and it has not changed since"),
        ("locked", "chen has locked it"),
    ],
)
def test_what_is_not_calculated_cannot_be_approved(branch: Branch, state: str, words: str) -> None:
    branch.publish(1, {JANUARY: state}, [LINE])
    with pytest.raises(TollhouseError, match=words):
        settlements.approve(branch.settings, JANUARY)
    assert settlement_decisions(branch.settings.ledger_path) == []


def test_a_settlement_that_is_not_there(branch: Branch) -> None:
    with pytest.raises(TollhouseError, match="nothing is published yet"):
        settlements.approve(branch.settings, JANUARY)
    branch.publish(1, {JANUARY: "calculated", FEBRUARY: "open"}, [LINE])
    with pytest.raises(UsageError, match="no settlement 2026-09: the branch's settlements are 2026-01 to 2026-02"):
        settlements.approve(branch.settings, "2026-09")


def test_an_edition_of_an_earlier_version_has_no_states(branch: Branch) -> None:
    write_edition(branch.settings.published, "2026-05-20", {"commission_lines": [LINE]})
    with pytest.raises(TollhouseError, match="is of an earlier version and has no states of settlements"):
        settlements.edition_with_settlements(branch.settings)


def test_who_prepares_does_not_approve_where_the_branch_has_accounts(branch: Branch) -> None:
    branch.publish(1, {JANUARY: "calculated"}, [LINE], by="wang")
    AccountsFile(branch.settings).add("wang", Role.FINANCE, Scope(), None)
    with pytest.raises(TollhouseError, match="wang has published edition 2026-05-20-0001, and who prepares"):
        settlements.approve(branch.settings, JANUARY)
    branch.publish(2, {JANUARY: "calculated"}, [LINE], by="li")
    assert settlements.approve(branch.settings, JANUARY).decision.decided_by


def test_without_accounts_one_person_may_do_both(branch: Branch) -> None:
    branch.publish(1, {JANUARY: "calculated"}, [LINE], by="wang")
    assert settlements.approve(branch.settings, JANUARY).decision.prepared_by == "wang"


def test_what_changed_since_it_was_looked_at_is_not_approved(branch: Branch) -> None:
    branch.publish(1, {JANUARY: "calculated"}, [LINE])
    late = LINE | {"line_kind": "late", "basis_amount": Decimal("20.00"), "amount": Decimal("1.00")}
    branch.publish(2, {JANUARY: "calculated"}, [LINE | {"amount": Decimal("12.00")}, late])
    with pytest.raises(TollhouseError) as refused:
        settlements.approve(branch.settings, JANUARY, seen_in="2026-05-20-0001")
    assert (
        "agent G1, late: none → 1.00 (basis 20.00); agent G1, on_time: 10.00 (basis 200.00) → 12.00 (basis 200.00)"
        in str(refused.value)
    )
    with pytest.raises(UsageError, match="there is no edition 2026-05-20-0009"):
        settlements.approve(branch.settings, JANUARY, seen_in="2026-05-20-0009")
    settlements.approve(branch.settings, JANUARY, seen_in="2026-05-20-0002")


def test_a_lock_keeps_what_the_run_before_it_published(branch: Branch) -> None:
    branch.publish(1, {JANUARY: "approved"}, [LINE])
    branch.next_run = lambda: branch.publish(2, {JANUARY: "approved"}, [LINE])
    decided = settlements.lock(branch.settings, JANUARY).decision
    assert (decided.decision, decided.edition) == ("locked", "2026-05-20-0002")
    assert len(settlement_rows(branch.settings.ledger_path, 1, "commission_lines")) == 1


def test_what_changed_by_the_run_is_not_locked(branch: Branch) -> None:
    branch.publish(1, {JANUARY: "approved"}, [LINE])
    branch.next_run = lambda: branch.publish(2, {JANUARY: "changed"}, [LINE | {"amount": Decimal("11.00")}])
    with pytest.raises(TollhouseError, match=r"2 of its lines have changed since wang approved 9\.00"):
        settlements.lock(branch.settings, JANUARY)
    branch.status = "blocked"
    branch.publish(3, {JANUARY: "approved"}, [LINE])
    with pytest.raises(TollhouseError, match="release gates block the edition"):
        settlements.lock(branch.settings, JANUARY)
    assert settlement_decisions(branch.settings.ledger_path) == []


def test_settlements_are_approved_before_they_are_locked_and_locked_in_order(branch: Branch) -> None:
    branch.publish(1, {JANUARY: "calculated", FEBRUARY: "approved", MARCH: "open"}, [LINE])
    for period, words in (
        (JANUARY, "nobody has approved it yet; `tollhouse settlement approve 2026-01`"),
        (FEBRUARY, "lock settlement 2026-01 first: settlements are locked in order"),
        (MARCH, "it is open until its cut-off"),
    ):
        with pytest.raises(TollhouseError, match=words):
            settlements.lock(branch.settings, period)
    branch.publish(2, {JANUARY: "locked", FEBRUARY: "approved"}, [LINE])
    assert settlements.lock(branch.settings, FEBRUARY).decision.decision == "locked"
