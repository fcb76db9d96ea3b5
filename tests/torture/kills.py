"""The kill test: runs that are killed without warning, then one that is left to its end, which must publish as if nothing
had happened. When to kill is drawn by a seed: over the whole run, within a step, or exactly around a change of the disk."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import duckdb

from tests.robustness.branch import Branch, new_branch
from tests.torture.commands import Ended, Kill, Runner
from tests.torture.deliveries import DELIVERIES
from tests.torture.kill_points import EDITION, MODEL, POINTER
from tests.torture.soundness import after_a_kill, after_a_run, whole_edition

#: Columns that tell of the runs and not of the files, by mart: none is compared. (A file without a date in its name is dated
#: in the bulletin by the day on which it was first seen; how often and when a suspended call was tried hangs on the runs.)
RUN_DEPENDENT: dict[str, tuple[str, ...]] = {
    "period_reopenings": ("reopened_at",),
    "problem_bulletin": ("first_seen_on", "found_on"),
    "suspense_retries": ("first_suspended_at", "last_tried_at", "tries"),
}
KILLS_OF_A_BRANCH = 50  # then it begins again

Say = Callable[[str], None]
Rows = dict[str, list[str]]


@dataclass
class Undisturbed:
    """What each delivery publishes where nobody disturbs: the marts' rows; and how its run went."""

    marts: list[Rows] = field(default_factory=list)
    runs: list[Ended] = field(default_factory=list)


@dataclass
class Killed:
    """What came of a kill test."""

    kills: int = 0
    of_real_processes: int = 0
    completed: int = 0
    came_to_their_end: int = 0
    after_the_pointer_moved: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    at_moments: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def before_delivery(branch: Branch, number: int) -> None:
    """What people do before a delivery: the tariff gets a prefix, a held file is let in, a result code is named."""
    if number == 3:
        branch.add("destinations", "9,NATIONAL,2015-01-01,")
        branch.add("debit_result_codes", "ICBC,77,failed,other,其他,Other")
    if number == 4:
        held = [
            row
            for row in branch.mart("file_reconciliation", "file_id, file_status, file_kind")
            if row[1:] == ("held", "cdr")
        ]
        assert len(held) == 1
        typed = branch.tollhouse("files", "release", held[0][0], "--why", "seven is right")
        assert typed.exit_code == 0, typed.message


def rows_of(published: Path, without: dict[str, tuple[str, ...]] = RUN_DEPENDENT) -> Rows:
    """Every mart of the current edition as sorted rows, in words, without the columns that are not compared."""
    pointer = json.loads((published / "current.json").read_text(encoding="utf-8"))
    manifest = json.loads((published / pointer["path"] / "manifest.json").read_text(encoding="utf-8"))
    marts: Rows = {}
    with duckdb.connect() as con:
        for mart, described in manifest["marts"].items():
            files = [str(published / entry["path"]) for entry in described["files"]]
            if not files:
                marts[mart] = []
                continue
            relation = con.execute("select * from read_parquet(?, union_by_name = true)", [files])
            names = [column[0] for column in relation.description or ()]
            kept = [at for at, name in enumerate(names) if name not in without.get(mart, ())]
            marts[mart] = sorted(", ".join(f"{names[at]}={row[at]!r}" for at in kept) for row in relation.fetchall())
    return marts


def differences(found: Rows, expected: Rows) -> list[str]:
    """Where two editions are not row for row the same."""
    told = [f"marts: {sorted(found.keys() ^ expected.keys())}"] if found.keys() != expected.keys() else []
    for mart in expected.keys() & found.keys():
        ours, theirs = Counter(found[mart]), Counter(expected[mart])
        told += [f"{mart}, only here: {row}" for row in ours - theirs]
        told += [f"{mart}, only undisturbed: {row}" for row in theirs - ours]
    return told


def undisturbed(runner: Runner, home: Path, deliveries: int, say: Say) -> Undisturbed:
    """The deliveries one by one, each with a run that nobody disturbs."""
    branch, result = new_branch(home), Undisturbed()
    for number, files in enumerate(DELIVERIES[:deliveries]):
        before_delivery(branch, number)
        for file in files:
            file.to(branch)
        ended = runner.forked(branch.settings, "run")
        assert ended.status == 0, ended.errors
        after_a_run(branch.home)
        result.marts.append(rows_of(branch.published))
        result.runs.append(ended)
        say(f"undisturbed run {number + 1}: {ended.seconds:.0f} s, {sum(map(len, result.marts[-1].values()))} rows")
    return result


def draw(random: Random, run: Ended, is_real: bool, is_first: bool) -> Kill:
    """A moment of a run that goes like `run`. The installed command first imports what a forked one has, and cannot be hit
    exactly from outside. A run after a kill has landed and decoded files already, so it is hit exactly only later on."""
    moments = [name for name in sorted(run.passed) if is_first or name.split(" ", 1)[1] in (MODEL, EDITION, POINTER)]
    way = random.choice(("whole run", "step") if is_real else ("whole run", "step", "moment", "moment"))
    if way == "moment":
        moment = random.choice(moments)
        return Kill(moment=moment, nth=random.randint(1, run.passed[moment]))
    if way == "step":
        ends = [*(begun for begun, _ in run.steps[1:]), run.seconds]
        (begun, name), end = random.choice(list(zip(run.steps, ends, strict=True)))
        return Kill(seconds=random.uniform(0, max(0.05, end - begun)), step=name)
    return Kill(seconds=random.uniform(0, run.seconds * (1.3 if is_real else 0.9)))


class Tormented:
    """A branch whose runs are killed, delivery by delivery."""

    def __init__(self, runner: Runner, folder: Path, calm: Undisturbed, random: Random, say: Say) -> None:
        self.runner, self.calm, self.random, self.say = runner, calm, random, say
        self.branch, self.as_delivered = new_branch(folder / "home"), folder / "as delivered"
        self.result = Killed()
        self._is_first = True

    def deliver(self, number: int) -> None:
        """A delivery; how the branch stands then is kept."""
        before_delivery(self.branch, number)
        for file in DELIVERIES[number]:
            file.to(self.branch)
        shutil.rmtree(self.as_delivered, ignore_errors=True)
        shutil.copytree(self.branch.home, self.as_delivered)
        self._is_first = True

    def kill(self, number: int, is_real: bool) -> None:
        """One kill of a run over the delivery, at a drawn moment. A run that is done before its moment comes must have
        published what it should, and its work is undone: the branch is put back to how it stood, and a moment drawn again."""
        while not self.strike(number, draw(self.random, self.calm.runs[number], is_real, self._is_first), is_real):
            self.result.came_to_their_end += 1
            shutil.rmtree(self.branch.home)
            shutil.copytree(self.as_delivered, self.branch.home)
            self._is_first = True

    def strike(self, number: int, kill: Kill, is_real: bool = False) -> bool:
        """A run over the delivery that is killed at a moment, and a look at what it leaves; False where it was done before."""
        before = whole_edition(self.branch.published)
        command = self.runner.started if is_real else self.runner.forked
        ended = command(self.branch.settings, "run", kill=kill)
        self.result.seconds += ended.seconds
        if not ended.is_killed:
            self._check(number, ended)
            return False
        self._is_first = False
        after = after_a_kill(self.branch.home, before)
        self.result.kills += 1
        self.result.of_real_processes += is_real
        self.result.struck[ended.step] += 1
        self.result.after_the_pointer_moved += before != after
        if kill.moment is not None:
            self.result.at_moments[kill.moment] += 1
        who = "the installed command" if is_real else "a forked one"
        self.say(f"kill {self.result.kills} ({who}): {kill}; it was at: {ended.step}")
        return True

    def complete(self, number: int) -> None:
        """A run that is left to its end."""
        ended = self.runner.forked(self.branch.settings, "run")
        self._check(number, ended)
        self.say(f"delivery {number + 1}: {ended.seconds:.0f} s, row for row the undisturbed edition")

    def _check(self, number: int, ended: Ended) -> None:
        assert ended.status == 0, ended.errors
        after_a_run(self.branch.home)
        different = differences(rows_of(self.branch.published), self.calm.marts[number])
        assert not different, "\n".join(different[:20])
        self.result.completed += 1


def kill_test(runner: Runner, folder: Path, calm: Undisturbed, kills: int, real: int, seed: int, say: Say) -> Killed:
    """Branches with the deliveries of the undisturbed one, whose runs are killed; what came of it."""
    say(f"kill test: {kills} kills, {real} of them of the installed command, seed {seed}")
    deliveries = len(calm.runs)
    random, result = Random(seed), Killed()
    real_ones = set(random.sample(range(kills), real))
    for first in range(0, kills, KILLS_OF_A_BRANCH):
        place = folder / f"from kill {first + 1}"
        tormented = Tormented(runner, place, calm, random, say)
        tormented.result = result
        some = range(first, min(kills, first + KILLS_OF_A_BRANCH))
        for number in range(deliveries):
            tormented.deliver(number)
            for at in some[number * len(some) // deliveries : (number + 1) * len(some) // deliveries]:
                tormented.kill(number, is_real=at in real_ones)
            tormented.complete(number)
        shutil.rmtree(place)
    return result


def told(result: Killed) -> Sequence[str]:
    """The figures in words."""
    return [
        f"{result.kills} kills, {result.of_real_processes} of them of the installed command, in {result.seconds:.0f} s of runs",
        f"{result.after_the_pointer_moved} struck after the pointer had moved",
        f"{result.came_to_their_end} more runs were done before their moment came",
        f"{result.completed} completed runs, each row for row the undisturbed edition",
        "struck at: " + ", ".join(f"{step} {count}" for step, count in sorted(result.struck.items())),
        "of these exactly: " + ", ".join(f"{moment} {count}" for moment, count in sorted(result.at_moments.items())),
    ]
