"""The order test: the same files in any order, split over several runs anyhow, publish the same marts.

Six switches get the same call files, each in an order of its own, so that one branch tries six orders. What may differ, and
only between records that are equal, is which of them counts as the first: that one is worked out here by hand.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from tests.robustness.branch import SWITCH, Branch, new_branch
from tests.torture import deliveries as d
from tests.torture.commands import Runner
from tests.torture.deliveries import Delivery, repacked
from tests.torture.kills import RUN_DEPENDENT, Rows, differences, rows_of

SWITCHES = [f"SW{number}" for number in range(1, 7)]
RUNS = 3

_RECORD = ("call_id", "original_call_id", "file_name", "record_number")
#: What names a record, and how many of a file's records are duplicates or else: these hang on which of two equal ones is first.
BY_ORDER: dict[str, tuple[str, ...]] = {
    "rated_calls": _RECORD,
    "suspended_calls": _RECORD,
    "duplicate_calls": _RECORD,
    "overlapping_calls": ("call_id", "overlapped_call_id"),
    "file_reconciliation": ("duplicate", "not_answered", "unrated", "rated"),
    **RUN_DEPENDENT,
    "suspense_retries": ("call_id", *RUN_DEPENDENT["suspense_retries"]),
}
#: The duplicates of each two files, by whether the former came first: REPEATS has three calls of THIRD and one of its own
#: twice, LATE has two of SECOND, MISCOUNTED one of FOURTH. What is released counts as registered at its release.
DUPLICATES = {
    ("THIRD", "REPEATS"): ((0, 4), (3, 1)),
    ("SECOND", "LATE"): ((0, 2), (2, 0)),
    ("FOURTH", "MISCOUNTED"): ((0, 1), (1, 0)),
}
_CALL_FILES = {
    "SECOND": (d.SECOND, d.SECOND_COMPANION),
    "THIRD": (d.THIRD,),
    "REPEATS": (d.REPEATS,),
    "LATE": (d.LATE,),
    "FOURTH": (d.FOURTH,),
    "MISCOUNTED": (d.MISCOUNTED, d.MISCOUNTED_COMPANION),
    "NIGHT": (d.NIGHT,),
    "APRIL": (d.APRIL,),
    "MALFORMED": (d.MALFORMED,),
    "UNNAMED": (d.REJECTED[0],),
    "CUT": (d.REJECTED[2],),
}
_OTHERS = (d.DEBITS, d.UNKNOWN_CODE, *d.SNAPSHOTS)


def at_once(runner: Runner, home: Path) -> Rows:
    """Everything in one delivery and one run, and one more for what was held and let in."""
    branch = _branch(home)
    for switch in SWITCHES:
        for files in _CALL_FILES.values():
            _deliver(branch, switch, files)
    for file in _OTHERS:
        file.to(branch)
    _run(runner, branch)
    _release_held(branch)
    _run(runner, branch)
    return _comparable(branch)


def in_disorder(
    runner: Runner, home: Path, expected: Rows, random: Random, say: Callable[[str], None], runs: int = RUNS
) -> None:
    """The same files dealt out to some runs at random; what is held is let in after the run that held it. Before the last
    run a source that was read is gone altogether."""
    branch = _branch(home)
    calls = {
        (switch, name): random.randrange(runs - (name == "MISCOUNTED")) for switch in SWITCHES for name in _CALL_FILES
    }
    others = {file: random.randrange(runs) for file in _OTHERS}
    for run in range(runs):
        if run == runs - 1:
            shutil.rmtree(branch.home / "inbox" / "customers", ignore_errors=True)
        for (switch, name), its_run in calls.items():
            if its_run == run:
                _deliver(branch, switch, _CALL_FILES[name])
        for file, its_run in others.items():
            if its_run == run:
                file.to(branch)
        _run(runner, branch)
        if run < runs - 1:
            _release_held(branch)
    different = differences(_comparable(branch), expected)
    assert not different, f"dealt out as {calls}, {others}: " + "\n".join(different[:20])
    _check_firsts(branch, calls)
    say(f"{len(SWITCHES)} orders over {runs} runs: the marts of one run over everything")


def _branch(home: Path) -> Branch:
    branch = new_branch(home)
    branch.add("switches", *(f"{switch},EX1,canonical," for switch in SWITCHES if switch != SWITCH))
    return branch


def _deliver(branch: Branch, switch: str, files: Sequence[Delivery]) -> None:
    # Each switch has its own second of the minute: files of the same content would be one file twice.
    second = f":{SWITCHES.index(switch):02d},".encode()
    for file in files:
        calls = repacked(file, lambda content: content.replace(b":00,", second))
        replace(calls, folder=f"cdr/{switch}", name=file.name.replace(SWITCH, switch)).to(branch)


def _run(runner: Runner, branch: Branch) -> None:
    ended = runner.forked(branch.settings, "run")
    assert ended.status == 0, ended.errors


def _release_held(branch: Branch) -> None:
    for file_id, status, kind in branch.mart("file_reconciliation", "file_id, file_status, file_kind"):
        if (status, kind) == ("held", "cdr"):
            typed = branch.tollhouse("files", "release", file_id, "--why", "seven is right")
            assert typed.exit_code == 0, typed.message


def _comparable(branch: Branch) -> Rows:
    """The marts without what names equal records; how many duplicates each file has is in the bulletin once more."""
    rows = rows_of(branch.published, without=BY_ORDER)
    rows["problem_bulletin"] = [row for row in rows["problem_bulletin"] if "kind='duplicate_calls'" not in row]
    return rows


def _check_firsts(branch: Branch, calls: dict[tuple[str, str], int]) -> None:
    """Of equal records the first registered one counts: by run, within a run by the date and name of its file."""
    counted = dict(branch.mart("file_reconciliation", "file_name, duplicate"))
    for switch in SWITCHES:
        for names, expected in DUPLICATES.items():
            one, other = (_CALL_FILES[name][0] for name in names)
            runs = [calls[switch, name] for name in names]
            # In one run: the two are of one date, and the former has the lower number.
            found = tuple(counted[file.name.replace(SWITCH, switch)] for file in (one, other))
            assert found == expected[runs[0] > runs[1]], (switch, names, runs)
