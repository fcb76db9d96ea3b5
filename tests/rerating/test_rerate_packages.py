"""`tollhouse rerate` where calls draw on a package: 1.00 a month of local calls, shared by A1's numbers.

A1's calls cost 0.02 for connecting, 0.10 for each of the first two minutes and 0.06 for each other (package_branch.py). The book
that is tried has 0.20 for each of the first two minutes on one day and is the same on all others.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestration.ledger.file_ledger import FileLedger
from orchestration.settings import Settings
from orchestration.warehouse.closed.closing import freeze_period
from orchestration.warehouse.connection import open_warehouse
from tests.rerating.test_rerate import MARCH
from tests.robustness.branch import Branch
from tests.robustness.commands import Typed
from tests.robustness.package_branch import branch, charges, deliver, run

#: Day → calling number and seconds: 0.70 and 0.12 are covered in March, 0.18 is left. In April 0.70, and of 0.40 the 0.30 that are left:
#: 0.10 is charged, and then 0.12 in full.
CALLS = {
    "03-02": "2200001,600", "03-03": "2200001,60", "04-01": "2200001,600", "04-02": "2200003,300", "04-03": "2200001,60",
}  # fmt: skip
PACKAGE, SUBSCRIPTION = "P1,PACK,amount,1,NEAR,true,2015-01-01,,包,Pack\n", "S1,A1,2200001,PACK,,2025-01-01,\n"


def deliver_calls(made: Branch) -> None:
    """A file for each day of CALLS."""
    for number, (day, call) in enumerate(CALLS.items(), start=1):
        calling, seconds = call.split(",")
        deliver(made, day, number, f"{calling},2200002,10:00:00,{seconds}")


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """The branch after a run over March and April. Not to be changed: copy it."""
    made = branch(tmp_path_factory.mktemp("rerating") / "home", PACKAGE, SUBSCRIPTION)
    deliver_calls(made)
    run(made)
    return made


def march_closed(rated: Branch, home: Path) -> Branch:
    """A copy of the branch with March closed."""
    made = rated.copy_to(home)
    settings = Settings.from_environment(made.settings)
    with FileLedger(settings.ledger_path) as ledger, open_warehouse(settings) as con:
        freeze_period(con, settings, ledger, MARCH)
    return made


def amounts(made: Branch) -> list[str]:
    """What the calls cost, in the order of the days."""
    return [str(call[0]) for _, call in sorted(charges(made).items(), key=lambda call: call[0][1])]


def dearer_book(made: Branch, day: str, next_day: str) -> Path:
    """The branch's book with 0.20 on the day (MM-DD)."""
    changed = Branch(made.home.with_name("dearer"))
    shutil.copytree(made.book, changed.book)
    for tier in ("0.02,0,0.10,60,60", "0.02,120,0.06,60,60"):
        changed.spoil(
            "tariff_rates", f"HOME,LOCAL,day,2015-01-01,,{tier}", f"HOME,LOCAL,day,2015-01-01,2026-{day},{tier}"
        )
        changed.add(
            "tariff_rates",
            f"HOME,LOCAL,day,2026-{day},2026-{next_day},{tier.replace('0.10', '0.20')}",
            f"HOME,LOCAL,day,2026-{next_day},,{tier}",
        )
        night = tier.replace("0.10", "0.05").replace("0.06", "0.03")
        changed.spoil(
            "tariff_rates", f"HOME,LOCAL,night,2015-01-01,,{night}", f"HOME,LOCAL,night,2015-01-01,2026-{day},{night}"
        )
        for version in (f"2026-{day},2026-{next_day}", f"2026-{next_day},"):
            changed.add("tariff_rates", f"HOME,LOCAL,night,{version},{night}")
    return changed.book


def rerate(made: Branch, first: str, last: str, book: Path, *words: str) -> Typed:
    """Type the command for days MM-DD."""
    days = ("--from", f"2026-{first}", "--to", f"2026-{last}")
    return made.tollhouse("rerate", *days, "--reference", str(book), *(words or ("--why", "the tariff of that day")))


def changes(typed: Typed) -> list[tuple[object, ...]]:
    """What the command says that changes: account, period, whether closed, calls changed, amounts before and after."""
    assert typed.exit_code == 0, typed.message
    columns = "account_id", "billing_period", "is_period_closed", "calls_changed", "amount_before", "amount_after"
    return sorted(tuple(row[column] for column in columns) for row in typed.answer["changes"])


def test_what_a_dearer_day_takes_from_the_later_days_is_told_before_it_is_done(rated: Branch, tmp_path: Path) -> None:
    """Ten minutes 0.02 + 2 × 0.10 + 8 × 0.06 = 0.70 and five 0.40: 0.30 were left for them, 0.10 is charged; then 0.12 in full.
    With 0.20 the first is 0.90, 0.10 is left: the day after costs 0.30 and was not asked for."""
    made = rated.copy_to(tmp_path / "home")
    assert amounts(made) == ["0", "0", "0", "0.1", "0.12"]
    book = dearer_book(made, "04-01", "04-02")

    refused = rerate(made, "04-01", "04-01", book)
    assert refused.exit_code == 2 and ": 2026-04-02." in refused.message
    done = rerate(made, "04-01", "04-02", book)

    assert changes(done) == [("A1", "2026-04", False, 1, "0.100000", "0.300000")]
    again = branch(tmp_path / "again", PACKAGE, SUBSCRIPTION)
    shutil.rmtree(again.book)
    shutil.copytree(book, again.book)
    deliver_calls(again)
    run(again)
    assert charges(made) == charges(again)
    assert charges(made)["2200003", "04-02 10:00:00"] == ("0.3", None, "0.1", "0.4", "P1", False)


def test_closed_calls_keep_what_they_were_given_and_a_re_rating_posts_the_difference(
    rated: Branch, tmp_path: Path
) -> None:
    """March is closed with 0.70 and 0.12, both covered: 0.18 is left. A late call of 2 March, before all others, of two minutes is
    0.22: it is given 0.18 and pays 0.04 in April.

    With 0.20 on 2 March the ten minutes are 0.90 and the minute of 3 March has 0.10 left of 0.12; or, 3 March not asked for, the ten
    minutes have 0.88: 0.02 is posted in April either way. The late call is 0.42 and has what it had, 0.18: 0.24."""
    made = march_closed(rated, tmp_path / "home")
    deliver(made, "03-02", 6, "2200003,2200002,09:00:00,120")
    run(made)
    found = charges(made)
    assert found["2200003", "03-02 09:00:00"] == ("0.04", None, "0.18", "0.22", "P1", False)
    assert found["2200001", "03-02 10:00:00"] == ("0", None, "0.7", "0.7", "P1", False)
    assert found["2200001", "03-03 10:00:00"] == ("0", None, "0.12", "0.12", "P1", False)
    closed = made.mart("bills", "billing_period, *")
    book = dearer_book(made, "03-02", "03-03")

    expected = [("A1", "2026-03", True, 1, "0.000000", "0.020000"), ("A1", "2026-04", False, 1, "0.040000", "0.240000")]
    assert changes(rerate(made, "03-02", "03-02", book, "--dry-run")) == expected
    done = rerate(made, "03-02", "03-03", book)

    assert changes(done) == expected
    found = charges(made)
    assert found["2200003", "03-02 09:00:00"] == ("0.24", None, "0.18", "0.42", "P1", False)
    assert found["2200001", "03-02 10:00:00"] == ("0", None, "0.7", "0.7", "P1", False)
    assert [bill for bill in made.mart("bills", "billing_period, *") if bill[0] == MARCH] == [
        bill for bill in closed if bill[0] == MARCH
    ]
    lines = made.mart("bill_lines", "account_id, billing_period, line_kind, bill_item_id, cast(amount as varchar)")
    assert ("A1", "2026-04", "adjustment", "CALLS", "0.02") in lines
    again = rerate(made, "03-02", "03-03", book)
    assert changes(again) == [] and "Nothing differs" in again.answer["message"]


def test_an_allowance_that_changes_after_the_closing_changes_no_closed_call(rated: Branch, tmp_path: Path) -> None:
    """0.70 and 0.12 of 1.00 in March; then the book says 0.50 for all months. March stays as it was, April has 0.50 for 0.70 and
    nothing for the others."""
    made = march_closed(rated, tmp_path / "home")
    made.spoil("packages", "amount,1,", "amount,0.50,")

    answer = run(made)

    assert set(answer["rebuilt_days"]) == {"2026-04-01", "2026-04-02", "2026-04-03"}
    assert amounts(made) == ["0", "0", "0.2", "0.4", "0.12"]
