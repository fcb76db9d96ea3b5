"""Lost state in its short form, over one small home: what cannot be made again ends the run by name, everything else is made again.

`python -m tests.torture --only lost-state` strikes every kind of file in five ways, with new files to be taken in.
"""

from __future__ import annotations

import pytest

from tests.robustness.branch import run_over_two_days
from tests.torture import lost_state

REFUSED = (
    ("ledger.sqlite", "emptied"),
    ("ledger.sqlite", "flipped"),
    ("raw/calls", "deleted"),
    ("warehouse.duckdb", "cut in half"),
    ("published/editions/2026-03-03-0001/manifest.json", "flipped"),
)
#: What a run makes again, and what it does without: all of it at once.
MADE_AGAIN = (
    ("warehouse.duckdb", "deleted"),
    ("dagster/history/runs.db", "header flipped"),
    ("published/current.json", "deleted"),
    ("landing/cdr", "deleted"),
    ("last_run.json", "cut in half"),
    ("being_decoded", "flipped"),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> lost_state.Home:
    """The branch that the tests of robustness use."""
    ran = run_over_two_days(tmp_path_factory.getbasetemp())
    return lost_state.as_it_stands(ran.copy_to(tmp_path_factory.mktemp("lost") / "home"), "published")


@pytest.mark.parametrize("damage", REFUSED, ids=" ".join)
def test_what_is_lost_ends_the_run_by_name(home: lost_state.Home, damage: tuple[str, str]) -> None:
    assert lost_state.strike(home, [damage], lost_state.in_this_process).result == "refused"


def test_what_can_be_made_again_is(home: lost_state.Home) -> None:
    struck = lost_state.strike(home, MADE_AGAIN, lost_state.in_this_process)
    assert struck.result == "equal"
    for named in (
        "warehouse.duckdb is gone",
        "Dagster's history was damaged",
        "current.json is gone",
        "landed files are gone",
    ):
        assert named in struck.message
