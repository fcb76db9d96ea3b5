"""docs/finance.md: every command in it exists, and its walkthrough of a month's end is typed over the small branch as it stands there.

March of account A1, worked by hand: 20.00 billed, of which 5.00 came in by the cut-off. Agent AG1 gets 4 % of them: 0.20.
"""

from __future__ import annotations

import csv
import json
import re
import shlex
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.cli.application import make_parser
from orchestration.settings import PROJECT_ROOT
from tests.robustness.branch import Branch, run_over_two_days

PAGE = (PROJECT_ROOT / "docs" / "finance.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh( runnable)?\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
TYPED = [shlex.split(line, comments=True)[1:] for _, text in BLOCKS for line in text.splitlines()]
(WALKTHROUGH,) = [
    [shlex.split(line, comments=True)[1:] for line in text.splitlines()] for is_runnable, text in BLOCKS if is_runnable
]


@pytest.mark.parametrize("words", TYPED, ids=" ".join)
def test_every_command_exists_with_its_options(words: list[str]) -> None:
    assert callable(make_parser().parse_args(words).command)


@pytest.fixture(scope="module")
def month_end(tmp_path_factory: pytest.TempPathFactory) -> tuple[Branch, dict[str, dict[str, Any]]]:
    """The branch after the walkthrough, and what each command answered."""
    home = tmp_path_factory.mktemp("month_end") / "home"
    branch = run_over_two_days(tmp_path_factory.getbasetemp()).copy_to(home)
    answers = {}
    for words in WALKTHROUGH:
        typed = branch.tollhouse(*words)
        assert typed.exit_code == 0, typed.message
        answers[" ".join(words)] = typed.answer
    return branch, answers


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_open_is_listed_before_the_closing(month_end: tuple[Branch, dict[str, dict[str, Any]]]) -> None:
    """Two days with one undocumented and one unrated call each; four rated calls of 1.70 a day."""
    _, answers = month_end
    listed = answers["close 2026-03 --check"]["open_items"]
    suspended = [(one["subject"], one["count"]) for one in listed if one["kind"] == "calls_suspended"]
    assert suspended == [("undocumented", 2), ("unrated", 2)]
    frozen = {total["kind"]: (total["rows"], Decimal(total["amount"])) for total in answers["close 2026-03"]["frozen"]}
    assert frozen["calls"] == (8, Decimal("3.40")) and frozen["bills"] == (2, Decimal("22.00"))


def test_the_settlement_is_locked_and_in_finances_files(month_end: tuple[Branch, dict[str, dict[str, Any]]]) -> None:
    branch, answers = month_end
    (settlement,) = answers["settlement list"]["settlements"]
    assert (settlement["state"], settlement["cut_off_on"], settlement["amount"]) == ("calculated", "2026-04-30", "0.20")
    (line,) = answers["settlement show 2026-03"]["lines"]
    assert (line["agent_id"], line["line_kind"], line["basis_amount"], line["amount"]) == (
        "AG1",
        "on_time",
        "5.00",
        "0.20",
    )
    folder = branch.home / "exports" / "commissions" / "2026-03"
    (row,) = rows_of(folder / "commissions_2026-03.lines.csv")
    assert (row["Basis"], row["Commission (yuan)"]) == ("5.00", "0.20")
    manifest = json.loads((folder / "commissions_2026-03.xlsx.manifest.json").read_text(encoding="utf-8"))
    assert manifest["settlement"] == "locked"
    receivables = branch.home / "exports" / "receivables" / "2026-03"
    open_amounts = [row["Open (yuan)"] for row in rows_of(receivables / "receivables_2026-03.bills.csv")]
    assert sorted(open_amounts) == ["15.00", "2.00"]
    assert "20.00" in json.dumps(answers["bill A1 --period 2026-03"])
