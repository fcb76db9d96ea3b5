"""The sensor of the inbox: silent while nothing waits, one request for each set of waiting files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from tests.robustness.branch import Branch, new_branch
from tests.robustness.commands import environment


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Branch]:
    """A branch whose source folders are there and empty."""
    branch = new_branch(tmp_path / "home")
    for folder in ("cdr/SW1", "bank/ICBC", "customers"):
        (branch.home / "inbox" / folder).mkdir(parents=True)
    with environment(branch.settings):
        yield branch


def asked(definitions: dg.Definitions) -> dg.RunRequest | dg.SkipReason:
    """One evaluation of the sensor."""
    answer = definitions.resolve_sensor_def("inbox_sensor")(dg.build_sensor_context())
    assert isinstance(answer, dg.RunRequest | dg.SkipReason)
    return answer


def test_nothing_waits(definitions: dg.Definitions, empty: Branch) -> None:
    """Says so, and starts nothing."""
    assert asked(definitions) == dg.SkipReason("no file waits in any source")


def test_waiting_files_are_asked_for_once(definitions: dg.Definitions, empty: Branch) -> None:
    """The key stays while the same files wait, so Dagster starts one run; one file more, another key."""
    empty.deliver_day(2)
    first, again = asked(definitions), asked(definitions)
    assert isinstance(first, dg.RunRequest) and isinstance(again, dg.RunRequest)
    assert first.run_key and first.run_key == again.run_key
    empty.deliver_day(3)
    more = asked(definitions)
    assert isinstance(more, dg.RunRequest) and more.run_key != first.run_key


def test_what_was_taken_in_waits_no_longer(definitions: dg.Definitions, ran_copy: Branch) -> None:
    """After a run; a file that comes then does."""
    assert isinstance(asked(definitions), dg.SkipReason)
    ran_copy.deliver_day(4)
    assert isinstance(asked(definitions), dg.RunRequest)
