"""The branches that the tests of whole runs share. A run takes its time, so each is made once and told apart by copies."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration.runs import RunOutcome
from seeds.demo_city import make_city
from tests.integration.deliveries import copied, newest_export, next_sequence, write_calls, write_export
from tests.integration.harness import DEMO_BOOK, Branch, Marts, Row, change_book, copied_book
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
    outcome = branch.run(is_lean=False)
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
    new = [[twins[0][0], "2200100", "", "", f"2026-04-15 03:{minute:02d}:00", "30", "16"] for minute in range(10, 30)]
    last = max(int(path.name.split("_")[2][:6]) for path in folder.glob("SC1_*_*.csv*") if path.suffix != ".part")
    write_calls(inbox, "SC1", TWIN_DAY, last + 1, twins + new)


# --- one branch that changes step by step: each stage is a run, and its tests look at that stage alone -------------------


@dataclass(frozen=True)
class Stage:
    """A run on a branch that had been published before: what came of it, and the marts before and after."""

    branch: Branch
    outcome: RunOutcome
    edition_before: str
    before: Marts
    after: Marts


def run_stage(branch: Branch, before: Marts) -> Stage:
    """Run the branch, which must publish."""
    edition_before = branch.manifest()["edition"]
    outcome = branch.run()
    assert outcome.status == "published", outcome.problems
    return Stage(branch, outcome, edition_before, before, branch.marts())


#: A number that calls in March and that no export holds; the small delivery documents it from this moment on.
UNDOCUMENTED, DOCUMENTED_FROM = "2223566", "2026-03-20 00:00:00"
#: What the changed book changes: a price from a day on, a longer prefix from a day on, a holiday.
RATE_FROM, LONGER_PREFIX, PREFIX_FROM, NEW_HOLIDAY = "2026-05-11", "2200105", "2026-03-15", "2026-05-14"
#: This file holds calls of another day; the changed book comes with a file of their own day that repeats the first.
OTHER_DAY_FILE = "ST1_20260321_000082.csv.zst"


@pytest.fixture(scope="session")
def small_delivery(whole: Published, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A call file of the newest day and a snapshot that documents one number, delivered onto the whole city."""
    folder = tmp_path_factory.mktemp("evolving")
    branch = copied(whole.branch, folder / "home", copied_book(folder / "book"))
    today = [row for row in whole.marts["rated_calls"] if str(row["call_date"]) == "2026-05-20"]
    caller = next(row["calling_number"] for row in today if row["calling_number"] == row["charged_number"])
    calls = [[caller, "2200100", "", "", f"2026-05-20 04:{minute:02d}:00", "61", "16"] for minute in range(3)]
    write_calls(branch.inbox, "SC1", "20260520", next_sequence(branch.inbox, "SC1"), calls)
    numbers = newest_export(branch.inbox, "service_numbers")
    new = numbers[0] | {"service_number": UNDOCUMENTED, "valid_from": DOCUMENTED_FROM, "valid_to": ""}
    write_export(branch.inbox, "service_numbers", "20260521", [*numbers, new])
    return run_stage(branch, whole.marts)


@pytest.fixture(scope="session")
def other_day_twin(small_delivery: Stage) -> Row:
    """The suspended call of another day that a later file repeats."""
    suspended = small_delivery.after["suspended_calls"]
    return min(
        (row for row in suspended if row["file_name"] == OTHER_DAY_FILE and row["state"] == "other_day"),
        key=lambda row: row["record_number"],
    )


@pytest.fixture(scope="session")
def changed_book(small_delivery: Stage, other_day_twin: Row) -> Stage:
    """A rate, a prefix and a holiday changed; and a file of one call, which stands suspended in a file of another day."""
    branch = small_delivery.branch

    def new_version(rows: list[dict[str, str]]) -> None:
        old = [row for row in rows if (row["tariff_plan_id"], row["zone_id"]) == ("RESIDENTIAL", "MOBILE")]
        rows += [row | {"valid_from": RATE_FROM, "rate": "0.33"} for row in old]
        for row in old:
            row["valid_to"] = RATE_FROM

    change_book(branch.reference, "tariff_rates", new_version)
    prefix = {"prefix": LONGER_PREFIX, "zone_id": "INTERZONE", "valid_from": PREFIX_FROM, "valid_to": ""}
    change_book(branch.reference, "destinations", lambda rows: rows.append(prefix))
    holiday = {"holiday_date": NEW_HOLIDAY, "name_zh": "司庆日", "name_en": "Company day"}
    change_book(branch.reference, "holidays", lambda rows: rows.append(holiday))
    call = other_day_twin
    fields = [
        call["calling_number"],
        call["called_number"],
        call["trunk_group_in"] or "",
        call["trunk_group_out"] or "",
    ]
    fields += [str(call["started_at"]), str(call["duration_seconds"]), str(call["release_cause"])]
    day = call["call_date"].strftime("%Y%m%d")
    write_calls(branch.inbox, "ST1", day, next_sequence(branch.inbox, "ST1"), [fields])
    return run_stage(branch, small_delivery.after)
