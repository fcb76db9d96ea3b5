"""The branches that the tests of whole runs share. A run takes its time, so each is made once and told apart by copies."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration.running import RunOutcome
from seeds.demo_city import make_city
from tests.integration.deliveries import write_calls
from tests.integration.harness import DEMO_BOOK, Branch, Marts
from tests.oracle import compute

#: A file of this day repeats three calls of another file of the day: which is first depends on which comes first.
TWIN_DAY = "20260415"


@dataclass(frozen=True)
class Published:
    """A branch with what one run of it published."""

    branch: Branch
    outcome: RunOutcome
    marts: Marts


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The inbox of a small city with every awkward case, and a file with twins; planted.json lies beside it."""
    inbox = tmp_path_factory.mktemp("city") / "inbox"
    make_city(inbox, subscribers=60, months=3)
    add_twins(inbox)
    return inbox


@pytest.fixture(scope="session")
def planted(city: Path) -> dict[str, Any]:
    """What planted.json says of the city."""
    return dict(json.loads((city.parent / "planted.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def whole(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The city in one delivery and one run. Nobody changes this branch: copy it (`copied`)."""
    branch = Branch(tmp_path_factory.mktemp("whole") / "home", DEMO_BOOK)
    shutil.copytree(city, branch.inbox)
    outcome = branch.run()
    assert outcome.status == "published", outcome.problems
    return Published(branch, outcome, branch.marts())


@pytest.fixture(scope="session")
def expected(city: Path) -> Marts:
    """The city's marts as the oracle has them."""
    return compute(city, DEMO_BOOK)


def add_twins(inbox: Path) -> None:
    """One more file of SC1, the last by number: three calls that an earlier file of its day holds, and 20 of its own."""
    folder = inbox / "cdr" / "SC1"
    day_files = sorted(folder.glob(f"SC1_{TWIN_DAY}_*.csv"))
    lines = [line.split(",") for path in day_files for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    # From the subscriber's side, answered, within the day: local calls that are rated.
    own = [fields[1:] for fields in lines if not fields[3] and fields[2].startswith("22") and int(fields[6]) > 0]
    twins = own[:3]
    new = [
        [twins[0][0], "2200100", "", "", f"2026-04-15 03:{minute:02d}:00", "30", "16"] for minute in range(10, 30)
    ]
    last = max(int(path.name.split("_")[2][:6]) for path in folder.glob("SC1_*_*.csv*") if path.suffix != ".part")
    write_calls(inbox, "SC1", TWIN_DAY, last + 1, twins + new)
