"""`tollhouse rerate` on a branch worked out by hand: two days of March, which is closed, and three of April, which is open.

The book that is tried differs from the branch's in these rows, and in nothing else:
- HOME, LOCAL costs 0.15 a minute instead of 0.10 from 1 April: on each open day A1's local minute is 0.05 dearer.
- HOME, NATIONAL cost 0.25 a minute in March instead of 0.30: on each closed day A1's two minutes are 0.10 cheaper.
- OFFICE, LOCAL cost 0.30 in March instead of 0.20, NATIONAL 0.35 instead of 0.40: on each closed day A2's local minute is
  0.10 dearer, his two national minutes are 0.10 cheaper.
- 9 leads to NATIONAL from 3 March: A1's minute to 9999, unrated so far, costs 0.25 on 3 March and 0.30 on each open day.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration.ledger.file_ledger import FileLedger
from orchestration.runtime.run_lock import run_lock
from orchestration.settings import Settings
from orchestration.warehouse.closed.closing import freeze_period
from orchestration.warehouse.connection import open_warehouse
from tests.robustness.branch import Branch, new_branch
from tests.robustness.commands import Typed

MARCH, APRIL = "2026-03", "2026-04"
CHANGES = (
    "rerate_id, account_id, zone_id, business_unit_id, billing_period, is_period_closed, calls_before, calls_after, "
    "calls_changed, newly_rated_calls, no_longer_rated_calls, cast(amount_before as varchar), cast(amount_after as varchar), "
    "cast(amount_difference as varchar), adjusted_in, cast(first_day as varchar), cast(last_day as varchar), why"
)
# Nine of A1's calls of March and April rated before; see the head of this file.
EXPECTED = [
    ("A1", "LOCAL", APRIL, False, 3, 3, 3, 0, 0, "0.300000", "0.450000", "0.150000", None),
    ("A1", "NATIONAL", MARCH, True, 2, 2, 2, 0, 0, "1.200000", "1.000000", "-0.200000", APRIL),
    # 3 × 0.60; and 3 × 0.30 of the open days and 0.25 of 3 March, which was never billed and is billed late.
    ("A1", "NATIONAL", APRIL, False, 3, 7, 4, 4, 0, "1.800000", "2.950000", "1.150000", None),
    ("A2", "LOCAL", MARCH, True, 2, 2, 2, 0, 0, "0.400000", "0.600000", "0.200000", APRIL),
    ("A2", "NATIONAL", MARCH, True, 2, 2, 2, 0, 0, "1.600000", "1.400000", "-0.200000", APRIL),
]
ALL_DAYS = ("--from", "2026-03-02", "--to", "2026-04-03")


@dataclass
class Rerated:
    """The branch, the other book, and what each command said and left."""

    branch: Branch
    closed: dict[str, list[tuple[Any, ...]]]
    dry: Typed
    is_untouched_by_dry_run: bool
    outside: Typed
    is_untouched_by_refusal: bool
    done: Typed
    again: Typed
    is_untouched_by_again: bool


def other_book(branch: Branch) -> Path:
    """The branch's book with the rows changed as the head of this file says."""
    changed = Branch(branch.home.with_name("other"))
    shutil.copytree(branch.book, changed.book)

    def version(plan_and_zone: str, march: str, april: str) -> None:
        (old,) = [
            line
            for line in (changed.book / "tariff_rates.csv").read_text(encoding="utf-8").splitlines()
            if line.startswith(f"{plan_and_zone},,2015-01-01,,")
        ]
        rest = old.rsplit(",", 3)[1:]
        changed.spoil("tariff_rates", old + "\n", f"{old.replace('2015-01-01,,', '2015-01-01,2026-03-01,')}\n")
        for start, end, rate in (("2026-03-01", "2026-04-01", march), ("2026-04-01", "", april)):
            changed.add("tariff_rates", f"{plan_and_zone},,{start},{end},0,0,{rate},{','.join(rest[1:])}")

    version("HOME,LOCAL", "0.10", "0.15")
    version("HOME,NATIONAL", "0.25", "0.30")
    version("OFFICE,LOCAL", "0.30", "0.20")
    version("OFFICE,NATIONAL", "0.35", "0.40")
    changed.add("destinations", "9,NATIONAL,2026-03-03,")
    return changed.book


def of_march(branch: Branch) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the closed period, to the last column."""
    found = {}
    for mart in ("rated_calls", "bill_lines", "bills"):
        periods = branch.mart(mart, "billing_period, *")
        found[mart] = [row for row in periods if row[0] == MARCH]
    return found


@pytest.fixture(scope="module")
def rerated(tmp_path_factory: pytest.TempPathFactory) -> Rerated:
    branch = new_branch(tmp_path_factory.mktemp("rerating") / "home")
    branch.deliver_exports()
    for month, day in ((3, 2), (3, 3), (4, 1), (4, 2), (4, 3)):
        branch.deliver_day(day, month)
    typed = branch.tollhouse("run")
    assert typed.exit_code == 0, typed.message
    # What `tollhouse close` does between its two runs; the second is left to the re-rating.
    settings = Settings.from_environment(branch.settings)
    with FileLedger(settings.ledger_path) as ledger, open_warehouse(settings) as con:
        freeze_period(con, settings, ledger, MARCH)
    closed, book = of_march(branch), str(other_book(branch))
    before = branch.content()
    dry = branch.tollhouse("rerate", *ALL_DAYS, "--reference", book, "--dry-run")
    after_dry = branch.content()
    outside = branch.tollhouse("rerate", *ALL_DAYS[:3], "2026-04-01", "--reference", book, "--why", "dearer")
    after_refusal = branch.content()
    done = branch.tollhouse("rerate", *ALL_DAYS, "--reference", book, "--why", "the new tariff")
    after_done = branch.content()
    again = branch.tollhouse("rerate", *ALL_DAYS, "--reference", book, "--why", "once more")
    return Rerated(
        branch, closed, dry, after_dry == before, outside, after_refusal == before, done, again,
        branch.content() == after_done,
    )  # fmt: skip


def test_a_dry_run_tells_all_and_changes_nothing(rerated: Rerated) -> None:
    assert rerated.dry.exit_code == 0, rerated.dry.message
    told = [
        (
            row["account_id"], row["zone_id"], row["billing_period"], row["is_period_closed"], row["calls_before"],
            row["calls_after"], row["calls_changed"], row["newly_rated_calls"], row["no_longer_rated_calls"],
            row["amount_before"], row["amount_after"], row["amount_difference"],
        )
        for row in rerated.dry.answer["changes"]
    ]  # fmt: skip
    assert sorted(told) == sorted(row[:-1] for row in EXPECTED)
    assert rerated.dry.answer["rerating"] is None
    assert rerated.is_untouched_by_dry_run


def test_open_days_that_were_not_asked_for_and_would_change_are_refused(rerated: Rerated) -> None:
    assert rerated.outside.exit_code == 2
    assert "2026-04-02, 2026-04-03." in rerated.outside.message
    assert rerated.is_untouched_by_refusal


def test_what_was_found_is_published(rerated: Rerated) -> None:
    assert rerated.done.exit_code == 0, rerated.done.message
    assert rerated.branch.mart("rerating_changes", CHANGES) == [
        ("R000001", account, zone, "BU1", *rest, ALL_DAYS[1], ALL_DAYS[3], "the new tariff")
        for account, zone, *rest in EXPECTED
    ]


def test_open_days_are_rated_with_the_other_book(rerated: Rerated) -> None:
    calls = rerated.branch.mart(
        "rated_calls", "account_id, zone_id, cast(call_date as varchar), cast(amount as varchar)"
    )
    assert [call[2:] for call in calls if call[:2] == ("A1", "LOCAL")] == [
        ("2026-03-02", "0.100000"), ("2026-03-03", "0.100000"), ("2026-04-01", "0.150000"), ("2026-04-02", "0.150000"),
        ("2026-04-03", "0.150000"),
    ]  # fmt: skip


def test_the_closed_period_stays_to_the_row(rerated: Rerated) -> None:
    assert all(rerated.closed.values())
    assert of_march(rerated.branch) == rerated.closed


def test_closed_calls_are_adjusted_in_the_open_period(rerated: Rerated) -> None:
    lines = rerated.branch.mart("bill_lines", "account_id, billing_period, line_kind, cast(amount as varchar)")
    # A1: 0.45 + 2.95 = 3.40 of calls, matched by the promotion, which the adjustment is outside of. A2's +0.20 and −0.20 are of
    # one bill item: no line.
    assert [line for line in lines if line[1] == APRIL] == [
        ("A1", APRIL, "adjustment", "-0.20"),
        ("A1", APRIL, "promotion", "-3.40"),
        ("A1", APRIL, "recurring", "20.00"),
        ("A1", APRIL, "usage", "3.40"),
        ("A2", APRIL, "usage", "3.00"),
    ]
    bills = rerated.branch.mart("bills", "account_id, billing_period, cast(amount as varchar)")
    assert [bill for bill in bills if bill[1] == APRIL] == [("A1", APRIL, "19.80"), ("A2", APRIL, "3.00")]
    details = rerated.branch.mart(
        "rerating_adjustments",
        "account_id, service_number, bill_item_id, zone_id, closed_period, cast(call_date as varchar), calls, "
        "cast(amount_before as varchar), cast(amount_after as varchar), adjusted_in",
    )
    assert [row[1:] for row in details if row[0] == "A1"] == [
        ("2200001", "CALLS", "NATIONAL", MARCH, day, 1, "0.600000", "0.500000", APRIL)
        for day in ("2026-03-02", "2026-03-03")
    ]


def test_the_same_again_posts_nothing(rerated: Rerated) -> None:
    assert rerated.again.exit_code == 0, rerated.again.message
    assert rerated.again.answer["changes"] == [] and rerated.again.answer["adjustments"] == []
    assert "Nothing differs" in rerated.again.answer["message"]
    assert rerated.is_untouched_by_again


def test_the_next_book_is_told(rerated: Rerated) -> None:
    assert "set TOLLHOUSE_REFERENCE" in rerated.done.answer["message"]
    assert rerated.done.answer["rerating"]["why"] == "the new tariff"


def test_wrong_words_are_refused(rerated: Rerated, tmp_path: Path) -> None:
    branch = rerated.branch
    assert (
        "is after --to" in branch.tollhouse("rerate", "--from", "2026-04-02", "--to", "2026-04-01", "--dry-run").message
    )
    no_days = branch.tollhouse("rerate", "--from", "2026-05-01", "--to", "2026-05-02", "--dry-run")
    assert no_days.exit_code == 2 and "calls are of 2026-03-02 to 2026-04-03" in no_days.message
    assert "--why" in branch.tollhouse("rerate", *ALL_DAYS).message
    no_book = branch.tollhouse("rerate", *ALL_DAYS, "--dry-run", "--reference", str(tmp_path))
    assert no_book.exit_code == 2 and str(tmp_path) in no_book.message
    with run_lock(Settings.from_environment(branch.settings)):
        at_work = branch.tollhouse("rerate", *ALL_DAYS, "--dry-run")
    assert at_work.exit_code == 1 and "another run is in progress" in at_work.message
    nothing_yet = new_branch(tmp_path / "home").tollhouse("rerate", *ALL_DAYS, "--dry-run")
    assert nothing_yet.exit_code == 1 and "tollhouse run" in nothing_yet.message
