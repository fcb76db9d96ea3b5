"""Kills of the commands that look after the state: close, reopen, files release, rebuild, prune, backup, restore. After a kill what is
published is whole and the ledger sound; then the next command is typed, and the home must be as where nobody disturbed.

Each command is typed on a copy of one home (tests/upkeep/fixtures) with a closed period, a re-rating and suspended calls.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from orchestration.ledger.file_ledger import FileLedger
from orchestration.state.home_state import FOLDERS
from tests.robustness.branch import Branch
from tests.torture.commands import Ended, Kill, Runner
from tests.torture.kills import differences, rows_of
from tests.torture.soundness import check_ledger, whole_edition
from tests.upkeep.homes import home_of

HOME = "0.2.0"
TODAY = "2026-11-28"
HELD = "SW1_20260303_003003.csv"
STATE = (*FOLDERS, "warehouse.duckdb", "last_run.json")

Say = Callable[[str], None]
Outcome = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """A command to be killed. `prepare` makes the home it is typed on, `outcome` is what must come out the same; `next_codes` are
    the exit codes that the same command may have afterwards: it may have been done before the kill. `needs_run`: a run
    follows."""

    name: str
    words: Callable[[Path], Sequence[str]]
    prepare: Callable[[Branch, Runner, Path], None]
    outcome: Callable[[Branch, Runner, Path], Outcome]
    next_codes: tuple[int, ...] = (0,)
    needs_run: bool = False


@dataclass
class Killed:
    """What came of the kills of one command."""

    kills: int = 0
    done_before: int = 0
    seconds: float = 0.0
    struck: Counter[str] = field(default_factory=Counter)


def settings_of(branch: Branch) -> dict[str, str]:
    """The environment of every command."""
    return {**branch.settings, "TOLLHOUSE_TODAY": TODAY}


def typed(runner: Runner, branch: Branch, *words: str, kill: Kill | None = None) -> Ended:
    """Type a command in a process of its own."""
    return runner.forked(settings_of(branch), *words, kill=kill)


def done(runner: Runner, branch: Branch, *words: str) -> None:
    """Type a command that must do what it should."""
    ended = typed(runner, branch, *words)
    assert ended.status == 0, (words, ended.errors)


def torment(
    runner: Runner,
    scene: Scene,
    folder: Path,
    kills: int,
    random: Random,
    say: Say,
    longest_seconds: float | None = None,
) -> Killed:
    """Kill the command that often, each time on a home as it was; every one must be healed by the next command. Moments by the clock lie
    within `longest_seconds`."""
    base = Branch(folder / "base")
    shutil.copytree(home_of(HOME, folder / "fixture").home, base.home)
    FileLedger(base.home / "ledger.sqlite").close()  # brought up to today's schema, as a run would
    scene.prepare(base, runner, folder)
    branch = _copy(base, folder / "home")
    calm = typed(runner, branch, *scene.words(folder))
    assert calm.status == 0, calm.errors
    expected = _settled(scene, branch, runner, folder)
    result = Killed(seconds=calm.seconds)
    _forget(folder)
    while result.kills < kills:
        branch = _copy(base, folder / "home")
        before = whole_edition(branch.published)
        kill = draw(random, calm, longest_seconds)
        ended = typed(runner, branch, *scene.words(folder), kill=kill)
        if ended.is_killed:
            result.kills += 1
            result.struck[str(kill).split(",")[0] if kill.moment else ended.step] += 1
            if not (branch.home / "restoring.json").exists():
                assert whole_edition(branch.published) is not None or before is None
                check_ledger(branch.home)
            again = typed(runner, branch, *scene.words(folder))
            assert again.status in (0, *scene.next_codes), (str(kill), again.errors)
        else:
            result.done_before += 1
        found = _settled(scene, branch, runner, folder)
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            told = differences(found[name], value) if name == "marts" else [f"{found[name]!r} is not {value!r}"]
            assert found[name] == value, (scene.name, str(kill), name, told[:10])
        say(f"{scene.name}: {kill}; {'it was at: ' + ended.step if ended.is_killed else 'it was done before'}")
        _forget(folder)
    return result


def draw(random: Random, calm: Ended, longest_seconds: float | None) -> Kill:
    """A moment by the clock, or exactly around a change of the disk."""
    if calm.passed and random.random() < 0.5:
        moment = random.choice(sorted(calm.passed))
        return Kill(moment=moment, nth=random.randint(1, calm.passed[moment]))
    return Kill(seconds=random.uniform(0, min(calm.seconds, longest_seconds or calm.seconds)))


def _copy(base: Branch, home: Path) -> Branch:
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(base.home, home)
    return Branch(home)


def _settled(scene: Scene, branch: Branch, runner: Runner, folder: Path) -> Outcome:
    if scene.needs_run:
        done(runner, branch, "run")
    left = [path.name for path in branch.home.iterdir() if path.name.startswith(".building-")]
    assert left == [], left
    return scene.outcome(branch, runner, folder)


def _forget(folder: Path) -> None:
    for name in ("backup", "restored"):
        shutil.rmtree(folder / name, ignore_errors=True)


def _ledger_facts(home: Path) -> list[tuple[Any, ...]]:
    """What became of each file and what was decided, without times."""
    with closing(sqlite3.connect(home / "ledger.sqlite")) as db:
        files = db.execute(
            "select file_id, status, status_reason, read_records, data_rows, effective_order from files order by 1"
        )
        decisions = db.execute("select kind, file_id, period, why from decisions order by order_number")
        return [*files.fetchall(), *decisions.fetchall()]


def state_of(home: Path) -> dict[str, str]:
    """A hash of every file of the state, of the ledger's SQL."""
    found = {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for name in STATE
        for path in ([home / name] if (home / name).is_file() else sorted((home / name).rglob("*")))
        if path.is_file()
    }
    with closing(sqlite3.connect(home / "ledger.sqlite")) as db:
        found["ledger"] = hashlib.sha256("\n".join(db.iterdump()).encode()).hexdigest()
    return found


def _of_home(branch: Branch, runner: Runner, folder: Path) -> Outcome:
    return {"marts": rows_of(branch.published), "ledger": _ledger_facts(branch.home)}


def _with_closed_files(branch: Branch, runner: Runner, folder: Path) -> Outcome:
    closed = sorted(str(path.relative_to(branch.home)) for path in (branch.home / "closed").rglob("*"))
    return {**_of_home(branch, runner, folder), "closed": closed}


def _of_editions(branch: Branch, runner: Runner, folder: Path) -> Outcome:
    editions = sorted(path.name for path in (branch.published / "editions").iterdir())
    return {**_of_home(branch, runner, folder), "editions": editions}


def _of_restored(branch: Branch, runner: Runner, folder: Path) -> Outcome:
    """The state that the backup gives in a home of its own, held against the one that it was made of."""
    restored = Branch(folder / "restored")
    done(runner, restored, "restore", str(folder / "backup"))
    assert state_of(restored.home) == state_of(branch.home)
    return _of_home(branch, runner, folder)


def _of_state(branch: Branch, runner: Runner, folder: Path) -> Outcome:
    return {"state": state_of(branch.home)}


def _nothing(branch: Branch, runner: Runner, folder: Path) -> None:
    return None


def _hold_a_file(branch: Branch, runner: Runner, folder: Path) -> None:
    with closing(sqlite3.connect(branch.home / "ledger.sqlite")) as db:
        db.execute("update files set status = 'held', status_reason = 'to be looked at' where file_name = ?", [HELD])
        db.commit()
    (branch.home / "ledger.seal").unlink(missing_ok=True)


def _deliver_may(branch: Branch, runner: Runner, folder: Path) -> None:
    branch.deliver_day(2, month=5)
    branch.deliver_exports("20260502")
    done(runner, branch, "run")


def _close_april_and_deliver_late(branch: Branch, runner: Runner, folder: Path) -> None:
    _deliver_may(branch, runner, folder)
    done(runner, branch, "close", "2026-04")
    branch.deliver_day(20, month=4)
    done(runner, branch, "run")


def _back_up_and_change(branch: Branch, runner: Runner, folder: Path) -> None:
    done(runner, branch, "backup", str(folder / "earlier"))
    done(runner, branch, "prune", "--keep", "1")
    (branch.home / "alerts.sqlite").write_bytes(b"")


SCENES = {
    scene.name: scene
    for scene in (
        Scene(
            "files release",
            lambda folder: ["files", "release", _held_id(folder), "--why", "looked at"],
            _hold_a_file,
            lambda branch, runner, folder: {"ledger": _ledger_facts(branch.home)},
            next_codes=(1,),
        ),
        Scene(
            "close",
            lambda folder: ["close", "2026-04"],
            _deliver_may,
            _with_closed_files,
            next_codes=(1,),
            needs_run=True,
        ),
        Scene(
            "reopen",
            lambda folder: ["reopen", "2026-04", "--why", "a file came late"],
            _close_april_and_deliver_late,
            _with_closed_files,
            next_codes=(1,),
            needs_run=True,
        ),
        Scene("rebuild", lambda folder: ["rebuild"], _nothing, _with_closed_files),
        Scene("rebuild --raw", lambda folder: ["rebuild", "--raw"], _nothing, _of_home),
        Scene("prune", lambda folder: ["prune", "--keep", "1"], _nothing, _of_editions),
        Scene("backup", lambda folder: ["backup", str(folder / "backup")], _nothing, _of_restored, next_codes=(2,)),
        Scene(
            "restore", lambda folder: ["restore", str(folder / "earlier"), "--replace"], _back_up_and_change, _of_state
        ),
    )
}


def _held_id(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "base" / "ledger.sqlite")) as db:
        (file_id,) = db.execute("select file_id from files where file_name = ?", [HELD]).fetchone()
        return str(file_id)


def told(results: dict[str, Killed]) -> list[str]:
    """The figures in words."""
    return [
        f"{name} ({killed.seconds:.1f} s): {killed.kills} kills, {killed.done_before} more came too late; struck at: "
        + ", ".join(f"{place} {count}" for place, count in sorted(killed.struck.items()))
        for name, killed in results.items()
    ]
