"""A closed period that is reopened: what it comes to before and after, worked out by hand.

Per day, account A1 has four rated minutes of 0.70, account A2 of 1.00, 360 seconds together (tests/robustness/branch.py). A1's rental of
20.00 matches its calls away. March is closed with its days 2 and 3, and day 4 comes too late: its calls are in April, beside those of
1 April.

| | closed | reopened |
| --- | --- | --- |
| March: calls, seconds | 8, 720 | 12, 1080 |
| CALLS | 1.40 + 2.00 = 3.40 | 2.10 + 3.00 = 5.10 |
| RENTAL, DISCOUNT | 20.00, −1.40 | 20.00, −2.10 |
| bills of March: A1, A2 | 20.00, 2.00 | 20.00, 3.00 |
| bills of April: A1, A2 | 20.00, 1.00 + 1.00 = 2.00 | 20.00, 1.00 |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from expectations.results import GateResult
from orchestration.ledger.file_ledger import FileLedger
from orchestration.runs import reopen_period
from orchestration.settings import Settings
from orchestration.warehouse.closed.closing import freeze_period
from orchestration.warehouse.connection import open_warehouse
from tests.in_process_gates import InProcessGates
from tests.lean_runs import lean_runs
from tests.robustness.branch import EXPORTS, Branch, new_branch
from tests.robustness.commands import Typed

_EVALUATE = InProcessGates.evaluate

MARCH, APRIL = "2026-03", "2026-04"
WHY = ("--why", "a file of the switch came late")
#: Tables that tell of the runs, or of the reopening itself.
NOT_COMPARED = {"suspense_retries", "problem_bulletin", "period_reopenings"}
BILLS = "account_id, billing_period, cast(amount as varchar)"
AS_CLOSED = [("A1", MARCH, "20.00"), ("A1", APRIL, "20.00"), ("A2", MARCH, "2.00"), ("A2", APRIL, "2.00")]
REOPENED = [("A1", MARCH, "20.00"), ("A1", APRIL, "20.00"), ("A2", MARCH, "3.00"), ("A2", APRIL, "1.00")]


@dataclass(frozen=True)
class Reopened:
    """The branch with March closed, what its reopening said, and the home before anything was reopened."""

    branch: Branch
    closed: dict[str, list[tuple[Any, ...]]]
    checked: Typed
    is_untouched_by_check: bool
    done: Typed


def succeeded(branch: Branch, *words: str) -> Typed:
    typed = branch.tollhouse(*words)
    assert typed.exit_code == 0, typed.message
    return typed


def freeze(branch: Branch) -> None:
    """What `tollhouse close` does between its two runs, on March; the second is left to the next command."""
    settings = Settings.from_environment(branch.settings)
    with FileLedger(settings.ledger_path) as ledger, open_warehouse(settings) as con:
        freeze_period(con, settings, ledger, MARCH)


def march(branch: Branch) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of March, to the last column."""
    marts = ("rated_calls", "bill_lines", "bills")
    return {mart: [row for row in branch.mart(mart, "billing_period, *") if row[0] == MARCH] for mart in marts}


def _content(branch: Branch) -> dict[str, bytes]:
    """Every file of the home but what SQLite keeps beside a ledger that is read."""
    return {name: text for name, text in branch.content().items() if not name.endswith(("-wal", "-shm"))}


def deliver(branch: Branch, *days: tuple[int, int]) -> None:
    for month, day in days:
        branch.deliver_day(day, month)


@pytest.fixture(scope="session")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """March is closed, and its day 4 has come too late. Not to be changed: copy it."""
    branch = new_branch(tmp_path_factory.mktemp("reopening") / "home")
    branch.deliver_exports()
    deliver(branch, (3, 2), (3, 3), (4, 1))
    succeeded(branch, "run")
    freeze(branch)
    deliver(branch, (3, 4))
    succeeded(branch, "run")
    assert branch.mart("bills", BILLS) == AS_CLOSED
    return branch


@pytest.fixture(scope="session")
def reopened(closed: Branch, tmp_path_factory: pytest.TempPathFactory) -> Reopened:
    branch = closed.copy_to(tmp_path_factory.mktemp("reopened") / "home")
    before, frozen = _content(branch), march(branch)
    checked = branch.tollhouse("reopen", MARCH, "--check")
    is_untouched = _content(branch) == before
    return Reopened(branch, frozen, checked, is_untouched, branch.tollhouse("reopen", MARCH, *WHY))


@pytest.fixture
def home(closed: Branch, tmp_path: Path) -> Branch:
    """A copy of the branch with March closed, to be changed."""
    return closed.copy_to(tmp_path / "home")


def test_a_check_says_what_is_frozen_and_changes_nothing(reopened: Reopened) -> None:
    assert reopened.checked.exit_code == 0, reopened.checked.message
    frozen = {one["kind"]: (one["rows"], Decimal(one["amount"])) for one in reopened.checked.answer["frozen"]}
    assert frozen == {
        "calls": (8, Decimal("3.40")),
        "bill lines: promotion": (1, Decimal("-1.40")),
        "bill lines: recurring": (1, Decimal("20.00")),
        "bill lines: usage": (2, Decimal("3.40")),
        "bills": (2, Decimal("22.00")),
    }
    assert reopened.checked.answer["effects"] == []
    assert reopened.is_untouched_by_check


def test_late_calls_go_back_to_their_own_period(reopened: Reopened) -> None:
    assert reopened.done.exit_code == 0, reopened.done.message
    assert reopened.branch.mart("bills", BILLS) == REOPENED
    calls = reopened.branch.mart("rated_calls", "billing_period, cast(call_date as varchar)")
    assert {period for period, day in calls if day == "2026-03-04"} == {MARCH}
    assert dict(reopened.branch.mart("billing_periods", "billing_period, period_state"))[MARCH] == "open"


def test_the_table_of_before_and_after_is_exact(reopened: Reopened) -> None:
    figures = [
        (one["figure"], one["before"], one["after"], one["difference"])
        for one in reopened.done.answer["compared_figures"]
    ]
    assert figures == [
        ("calls", "8", "12", "4"),
        ("seconds", "720", "1080", "360"),
        ("bills", "2", "2", "0"),
        ("bill lines", "4", "4", "0"),
        ("amount of CALLS", "3.40", "5.10", "1.70"),
        ("amount of DISCOUNT", "-1.40", "-2.10", "-0.70"),
        ("amount of RENTAL", "20.00", "20.00", "0.00"),
        ("amount of the bills", "22.00", "23.00", "1.00"),
    ]
    assert reopened.done.answer["changed_bills"] == [{"account_id": "A2", "before": "2.00", "after": "3.00"}]
    assert reopened.done.answer["changed_periods"] == [
        {"billing_period": MARCH, "bills_before": 2, "bills_after": 2, "before": "22.00", "after": "23.00"},
        {"billing_period": APRIL, "bills_before": 2, "bills_after": 2, "before": "22.00", "after": "21.00"},
    ]


def test_the_reopening_is_kept_with_who_and_why_and_can_be_read_again(reopened: Reopened) -> None:
    decision = reopened.done.answer["decision"]
    assert (decision["kind"], decision["period"], decision["why"]) == ("reopen_period", MARCH, WHY[1])
    assert decision["decided_by"]
    columns = (
        "reopening_number, account_id, bill_item_id, frozen_calls, calls, frozen_seconds, seconds, frozen_lines, lines, "
        "cast(frozen_amount as varchar), cast(amount as varchar), cast(difference_amount as varchar), reopened_by, why"
    )
    kept = (decision["decided_by"], WHY[1])
    assert reopened.branch.mart("period_reopenings", columns) == [
        (1, "A1", "CALLS", 4, 6, 360, 540, 1, 1, "1.40", "2.10", "0.70", *kept),
        (1, "A1", "DISCOUNT", 0, 0, 0, 0, 1, 1, "-1.40", "-2.10", "-0.70", *kept),
        (1, "A1", "RENTAL", 0, 0, 0, 0, 1, 1, "20.00", "20.00", "0.00", *kept),
        (1, "A2", "CALLS", 4, 6, 360, 540, 1, 1, "2.00", "3.00", "1.00", *kept),
    ]


def test_every_table_is_as_if_the_period_had_never_been_closed(reopened: Reopened, tmp_path: Path) -> None:
    other = new_branch(tmp_path / "home")
    other.deliver_exports()
    deliver(other, (3, 2), (3, 3), (4, 1), (3, 4))
    succeeded(other, "run")
    marts = set(other.manifest["marts"]) - NOT_COMPARED
    differing = {mart for mart in marts if reopened.branch.mart(mart) != other.mart(mart)}
    assert marts and not differing


def test_what_was_closed_stays_as_evidence(reopened: Reopened) -> None:
    files = sorted(path.name for path in (reopened.branch.home / "closed" / MARCH).iterdir())
    tables = ("adjustments", "bill_lines", "bills", "calls", "joined_pieces", "late_fees", "periods")
    assert files == [f"{table}.parquet" for table in tables]
    with FileLedger(reopened.branch.home / "ledger.sqlite", read_only=True) as ledger:
        assert ledger.frozen_figures() == {} and ledger.closed_periods() == {}
        assert {file.table: file.rows for file in ledger.reopened_figures()[MARCH, 1]} == {
            "adjustments": 0, "bill_lines": 4, "bills": 2, "calls": 8, "joined_pieces": 0, "late_fees": 0, "periods": 1,
        }  # fmt: skip


def test_a_period_is_closed_again_and_reopened_again(reopened: Reopened, tmp_path: Path) -> None:
    """Closed again with 23.00; day 5 comes late with 1.00 for A2. The first reopening keeps 22.00 and 23.00, the second 23.00 and 24.00."""
    branch = reopened.branch.copy_to(tmp_path / "home")
    closed = march(branch)
    assert closed["bills"] != reopened.closed["bills"]
    freeze(branch)
    deliver(branch, (3, 5))
    succeeded(branch, "run")
    assert march(branch) == closed
    again = branch.tollhouse("close", MARCH)
    assert again.exit_code == 1 and "closed already" in again.message
    succeeded(branch, "reopen", MARCH, "--why", "one more file")
    rows = branch.mart("period_reopenings", "reopening_number, frozen_amount, amount, why")
    sums = {number: [sum(row[at] for row in rows if row[0] == number) for at in (1, 2)] for number in (1, 2)}
    assert sums == {
        1: [Decimal("22.00"), Decimal("23.00")],
        2: [Decimal("23.00"), Decimal("24.00")],
    }
    assert {row[0]: row[3] for row in rows} == {1: WHY[1], 2: "one more file"}
    assert sorted(path.name for path in (branch.home / "closed").iterdir()) == [MARCH, f"{MARCH}.2"]
    for words in (("doctor", "--deep"), ("backup", str(tmp_path / "backup")), ("rebuild", "--warehouse")):
        succeeded(branch, *words)
    assert branch.mart("period_reopenings", "reopening_number, frozen_amount, amount, why") == rows
    (branch.home / "closed" / MARCH / "bill_lines.parquet").unlink()
    lost = branch.tollhouse("run")
    assert lost.exit_code == 1 and "as it was closed before it was reopened" in lost.message
    assert branch.tollhouse("doctor").exit_code == 1


def test_refusals_say_what_to_do_and_change_nothing(reopened: Reopened, home: Branch) -> None:
    def refused(branch: Branch, *words: str) -> str:
        before = _content(branch)
        typed = branch.tollhouse("reopen", *words)
        assert typed.exit_code in (1, 2) and _content(branch) == before
        return typed.message

    assert "period 2026-03 is open: " in refused(reopened.branch, MARCH, *WHY)
    assert "`tollhouse close 2026-03` closes it again" in refused(reopened.branch, MARCH, *WHY)
    assert "not closed, so there is nothing to reopen: the closed periods are 2026-03 to 2026-03" in refused(
        home, APRIL, *WHY
    )
    assert "give the reason (--why TEXT)" in refused(home, MARCH)
    file = home.home / "closed" / MARCH / "bills.parquet"
    content = file.read_bytes()
    file.write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])
    typed = home.tollhouse("reopen", MARCH, *WHY)
    assert (
        typed.exit_code == 1
        and "period 2026-03 stays closed" in typed.message
        and "its SHA-256 differs" in typed.message
    )
    with FileLedger(home.home / "ledger.sqlite", read_only=True) as ledger:
        assert set(ledger.closed_periods()) == {MARCH}


def test_periods_are_reopened_in_the_reverse_order(home: Branch) -> None:
    with FileLedger(home.home / "ledger.sqlite") as ledger:
        ledger.close_period(APRIL, "period 2026-04 closed", [])
    refused = home.tollhouse("reopen", MARCH, *WHY)
    assert refused.exit_code == 1 and "reopen 2026-04 first" in refused.message


@pytest.mark.parametrize("moment", ["before the decision", "after the decision"])
def test_a_kill_leaves_the_period_closed_or_the_next_run_reopens_it(
    home: Branch, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    class Killed(BaseException):
        pass

    decide = FileLedger.reopen_period

    def killed(*arguments: Any) -> None:
        if moment == "after the decision":
            decide(*arguments)
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(FileLedger, "reopen_period", killed)
        with lean_runs():
            reopen_period(Settings.from_environment(home.settings), MARCH, WHY[1])
    if moment == "after the decision":
        closing = home.tollhouse("close", MARCH)
        assert closing.exit_code == 1 and "was reopened, and no run has computed it since" in closing.message
    typed = succeeded(home, "run")
    if moment == "before the decision":
        assert typed.answer["status"] == "nothing_new"
    else:
        assert "the command ended before its end" in " ".join(typed.answer["warnings"])
        assert home.mart("bills", BILLS) == REOPENED


def _one_gate_refuses(gates: InProcessGates, names: Sequence[str]) -> list[GateResult]:
    results = _EVALUATE(gates, names)
    first = next(number for number, result in enumerate(results) if result.severity == "critical")
    results[first] = replace(results[first], success=False, failed_rows=1, sample=[{"call_id": "made up"}])
    return results


def test_where_the_gates_block_the_edition_the_reopening_stands(home: Branch) -> None:
    """Everybody reads the edition before, in which March is closed. The run that the gates let pass publishes it."""
    edition = home.pointer["edition"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InProcessGates, "evaluate", _one_gate_refuses)
        blocked = home.tollhouse("reopen", MARCH, *WHY)
        assert blocked.exit_code == 3
        assert "period 2026-03 is reopened all the same" in blocked.message
    assert home.pointer["edition"] == edition and home.mart("bills", BILLS) == AS_CLOSED
    succeeded(home, "run")
    assert home.mart("bills", BILLS) == REOPENED
    assert sum(row[0] for row in home.mart("period_reopenings", "difference_amount")) == Decimal("1.00")


def test_nothing_is_reopened_where_the_gates_block_the_edition_before_it(home: Branch) -> None:
    deliver(home, (4, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InProcessGates, "evaluate", _one_gate_refuses)
        blocked = home.tollhouse("reopen", MARCH, *WHY)
    assert blocked.exit_code == 3 and "period 2026-03 stays closed" in blocked.message
    with FileLedger(home.home / "ledger.sqlite", read_only=True) as ledger:
        assert set(ledger.closed_periods()) == {MARCH} and ledger.decisions("reopen_period") == []


def test_posted_adjustments_are_taken_back_with_the_reopening(home: Branch) -> None:
    """A local minute of A2 costs 0.30 in March instead of 0.20: 0.10 a day more. For the two closed days 0.20 are posted to April, whose
    late day has 1.10. Reopened, March has 3 × 1.10, and April its own day of 1.00 without an adjustment; and so it stays when March
    is closed again."""
    old = "OFFICE,LOCAL,,2015-01-01,,0,0,0.20,60,60\n"
    versions = (("2015-01-01", "2026-03-01", "0.20"), ("2026-03-01", "2026-04-01", "0.30"), ("2026-04-01", "", "0.20"))
    home.spoil("tariff_rates", old, "".join(f"OFFICE,LOCAL,,{a},{b},0,0,{rate},60,60\n" for a, b, rate in versions))
    days = ("--from", "2026-03-02", "--to", "2026-03-04")
    succeeded(home, "rerate", *days, "--why", "the new tariff")
    lines = "account_id, billing_period, line_kind, cast(amount as varchar)"
    assert [row[1:] for row in home.mart("bill_lines", lines) if row[0] == "A2"] == [
        (MARCH, "usage", "2.00"), (APRIL, "adjustment", "0.20"), (APRIL, "usage", "2.10"),
    ]  # fmt: skip
    checked = succeeded(home, "reopen", MARCH, "--check")
    effect = next(one for one in checked.answer["effects"] if one["what"] == "re-ratings with adjustments")
    assert (effect["count"], effect["amount"]) == (1, "0.20")
    succeeded(home, "reopen", MARCH, *WHY)
    anew = [(MARCH, "usage", "3.30"), (APRIL, "usage", "1.00")]
    assert [row[1:] for row in home.mart("bill_lines", lines) if row[0] == "A2"] == anew
    assert home.mart("rerating_adjustments") == [] and home.mart("rerating_changes") != []
    succeeded(home, "close", MARCH)
    assert [row[1:] for row in home.mart("bill_lines", lines) if row[0] == "A2"] == anew
    again = succeeded(home, "rerate", *days, "--dry-run")
    assert again.answer["changes"] == again.answer["adjustments"] == []


def test_a_locked_settlement_stays_and_what_the_reopening_changes_is_restated(tmp_path: Path) -> None:
    """25.00 are paid on A1's bill of March. It comes to 20.00, and the agent gets 4 % of them: 0.80 are locked. Reopened with a rental of
    30.00, the bill takes all 25.00: 1.00, so 0.20 are restated in April."""
    branch = new_branch(tmp_path / "home")
    branch.deliver_exports(payments=EXPORTS["payments"].replace("5.00", "25.00"))
    deliver(branch, (3, 2), (3, 3))
    succeeded(branch, "run", "--as-of", "2026-04-30")
    freeze(branch)
    succeeded(branch, "settlement", "approve", MARCH)
    succeeded(branch, "settlement", "lock", MARCH)
    lines = "settlement_period, line_kind, cast(basis_amount as varchar), cast(amount as varchar)"
    locked = (MARCH, "on_time", "20.00", "0.80")
    assert branch.mart("commission_lines", lines) == [locked]
    branch.spoil("products", "20.00", "30.00")
    checked = succeeded(branch, "reopen", MARCH, "--check")
    assert [one["what"] for one in checked.answer["effects"]] == ["locked settlement"]
    done = succeeded(branch, "reopen", MARCH, *WHY)
    assert done.answer["changed_bills"] == [{"account_id": "A1", "before": "20.00", "after": "30.00"}]
    assert locked in branch.mart("commission_lines", lines)
    columns = "settlement_period, restated_period, locked_amount, recalculated_amount, amount, reason"
    assert branch.mart("settlement_restatements", columns) == [
        (APRIL, MARCH, Decimal("0.80"), Decimal("1.00"), Decimal("0.20"), "basis_changed")
    ]
    assert dict(branch.mart("settlements", "settlement_period, state"))[MARCH] == "locked"
