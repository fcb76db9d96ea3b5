"""Lost state: each file and folder of a home is deleted, emptied, cut or flipped in turn, then new files come and a run is made.

It either publishes what the undisturbed home does, row for row, or ends with a message that names what is lost and what to type;
and while the damage is there, `tollhouse doctor --deep` does not say that all is well.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.robustness.branch import Branch, calls_of_day, cdr, new_branch
from tests.torture.commands import Runner
from tests.torture.deliveries import bank_file

#: Types a command on a branch: its exit code, and what it said on both outputs.
Type = Callable[..., tuple[int, str]]
Marts = dict[str, list[tuple[Any, ...]]]

FLIPPED_BYTES = 64
DEEP = ("doctor", "--deep")

#: How often a record was tried depends on the runs.
_OF_THE_RUNS = {"suspense_retries"}
#: What no figure depends on and no one reads again, or what the next run writes again whatever stands there.
_OF_NO_ACCOUNT = (
    "run.lock", "being_decoded", "last_run.json", "alerts.lock", "logs", "ledger.seal", "ledger.sqlite-shm", "ledger.sqlite-wal",
    "dagster/storage", "dagster/dagster.yaml",
)  # fmt: skip
#: Not state: what is delivered, and what the user keeps.
_NOT_STATE = ("inbox", "reference")


def delete(path: Path) -> None:
    """The file or folder is gone."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def empty(path: Path) -> None:
    """The file has no bytes left."""
    path.write_bytes(b"")


def cut(path: Path) -> None:
    """The second half of the file is gone."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def flip_middle(path: Path) -> None:
    """64 bytes in the middle are turned."""
    _flip(path, path.stat().st_size // 2)


def flip_header(path: Path) -> None:
    """The first 64 bytes are turned."""
    _flip(path, 0)


def _flip(path: Path, start: int) -> None:
    content = bytearray(path.read_bytes())
    for at in range(start, min(start + FLIPPED_BYTES, len(content))):
        content[at] ^= 0xFF
    part = path.with_name(f"{path.name}.flipped")  # a hard link elsewhere keeps its bytes
    part.write_bytes(content)
    part.replace(path)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "deleted": delete,
    "emptied": empty,
    "cut in half": cut,
    "flipped": flip_middle,
    "header flipped": flip_header,
}


@dataclass(frozen=True)
class Home:
    """A home to be damaged, and the marts of the run that follows when nothing is; whether new files come before it."""

    name: str
    branch: Branch
    expected: Marts
    has_more: bool = True


@dataclass(frozen=True)
class Struck:
    """What came of a damage: the run published the same, or was refused with this message."""

    what: str
    result: str
    message: str


def published_home(place: Path, type_: Type) -> Branch:
    """Two days of March, the first of April, a bank file; published."""
    branch = new_branch(place / "published" / "home")
    for day in (2, 3):
        branch.deliver_day(day)
    branch.deliver_day(1, 4)
    branch.deliver_exports()
    branch.deliver("bank/ICBC", "ICBC_20260302_0001.txt", bank_file("B1"))
    _done(type_(branch, "run"))
    return branch


def closed_home(published: Branch, place: Path, type_: Type) -> Branch:
    """The same with March closed."""
    branch = published.copy_to(place / "closed" / "home")
    _done(type_(branch, "close", "2026-03"))
    return branch


def released_home(published: Branch, place: Path, type_: Type) -> Branch:
    """The same with a file that was held and released."""
    branch = published.copy_to(place / "released" / "home")
    branch.deliver("cdr/SW1", "SW1_20260304_003004.csv", cdr([*calls_of_day("2026-03-04"), *["?"] * 8]))
    _done(type_(branch, "run"))
    held = json.loads(type_(branch, "files", "--json")[1])["files"]
    (file_id,) = [file["file_id"] for file in held if file["status"] == "held"]
    _done(type_(branch, "files", "release", file_id, "--why", "the switch wrote what it could"))
    _done(type_(branch, "run"))
    return branch


def homes(place: Path, type_: Type) -> dict[str, Home]:
    """All three, each with what the run over new files comes to."""
    published = published_home(place, type_)
    branches = {"published": published, "closed": closed_home(published, place, type_)}
    branches["released"] = released_home(published, place, type_)
    return {name: undisturbed(branch, name, type_) for name, branch in branches.items()}


def undisturbed(branch: Branch, name: str, type_: Type) -> Home:
    """The home with what the run over the new files comes to."""
    calm = branch.copy_to(branch.home.parent / "undisturbed")
    deliver_more(calm)
    _done(type_(calm, "run"))
    return Home(name, branch, _marts(calm))


def as_it_stands(branch: Branch, name: str) -> Home:
    """The home with what it has published; nothing new will come."""
    return Home(name, branch, _marts(branch), has_more=False)


def in_this_process(branch: Branch, *words: str) -> tuple[int, str]:
    """Type a command without a process of its own, which spares its seconds."""
    typed = branch.tollhouse(*(word for word in words if word != "--json"))
    if "--json" in words:
        return typed.exit_code, json.dumps(typed.answer)
    return typed.exit_code, " ".join([typed.message, *typed.answer.get("warnings", [])])


def forked_from(running: Runner) -> Type:
    """Type commands in processes of their own: an engine that a damaged file crashes takes nothing else with it."""

    def typed(branch: Branch, *words: str) -> tuple[int, str]:
        ended = running.forked(branch.settings, *words)
        return ended.status, ended.out if "--json" in words else ended.out + ended.errors

    return typed


def strike(home: Home, damages: Sequence[tuple[str, str]], type_: Type) -> Struck:
    """Damage a copy of the home, (path in the home, name of the damage) each; deliver, run, and look."""
    what = ", ".join(f"{path} {damage}" for path, damage in damages)
    struck = home.branch.home.parent / "struck"
    shutil.rmtree(struck, ignore_errors=True)
    branch = home.branch.copy_to(struck)
    try:
        for path, damage in damages:
            if (branch.home / path).exists():  # the other damage may have taken it
                DAMAGES[damage](branch.home / path)
        left = {path: _look(branch.home / path) for path, _ in damages}
        if home.has_more:
            deliver_more(branch)
        code, said = type_(branch, "run")
        assert code in (0, 1), f"{home.name}: {what}: exit {code}: {said}"
        if code == 0:
            check_equal(home, branch, what)
        else:
            check_message(f"{home.name}: {what}", [branch.home / path for path, _ in damages], said)
        remaining = [path for path, found in left.items() if _look(branch.home / path) == found]
        wells = [path for path in remaining if not _is_of_no_account(branch.home, path)]
        if wells or code == 1:
            deep_code, deep_said = type_(branch, *DEEP, "--json")
            findings = json.loads(deep_said)["findings"]
            ill = [one for one in findings if one["level"] != "ok" and one["check"] not in ("rights", "last run")]
            assert ill, f"{home.name}: {what}: doctor says all is well (exit {deep_code})"
        return Struck(what, "equal" if code == 0 else "refused", said)
    finally:
        shutil.rmtree(branch.home)


def victims(home: Path, is_full: bool) -> list[tuple[str, str]]:
    """Every (path, damage) that a home is struck with; else than in the full form, of files that are alike only the first."""
    state = [path for path in sorted(home.rglob("*")) if _first_of(home, path) not in _NOT_STATE]
    if not is_full:  # what a run printed: one run for each is not worth its seconds
        state = [path for path in state if not path.is_relative_to(home / "dagster" / "storage")]
    chosen: list[tuple[str, str]] = []
    seen: Counter[str] = Counter()
    for path in state:
        inside = path.relative_to(home).as_posix()
        if path.is_dir():
            if inside.count("/") <= 1:
                chosen.append((inside, "deleted"))
            continue
        alike = _alike(inside)
        seen[alike] += 1
        if seen[alike] == 1 or is_full:
            chosen += [(inside, damage) for damage in DAMAGES]
    return chosen


def pairs(home: Path, number: int, random: Random) -> Iterator[list[tuple[str, str]]]:
    """Two damages at a time."""
    singles = victims(home, is_full=False)
    for _ in range(number):
        yield random.sample(singles, 2)


def told(struck: Sequence[Struck]) -> list[str]:
    """What came of the damages, in figures."""
    counts = Counter(one.result for one in struck)
    return [f"{len(struck)} damages: {counts['equal']} runs published the same, {counts['refused']} named what is lost"]


def check_equal(home: Home, branch: Branch, what: str) -> None:
    """The branch has published what the undisturbed home did."""
    got = _marts(branch)
    moved = [mart for mart in home.expected if mart not in _OF_THE_RUNS and got[mart] != home.expected[mart]]
    assert not moved, f"{home.name}: {what}: published with other rows of {', '.join(moved)}"


def check_message(where: str, paths: Sequence[Path], said: str) -> None:
    """The message names what is lost and says what to type, in words that are no engine's."""
    assert "unexpected" not in said and "Traceback" not in said, f"{where}: not translated: {said}"
    assert any(str(path) in said for path in paths), f"{where}: does not name what is lost: {said}"
    assert "`tollhouse " in said or "remove current.json" in said, f"{where}: does not say what to type: {said}"


def deliver_more(branch: Branch) -> None:
    """New files come: the second of April, and a bank file."""
    branch.deliver_day(2, 4)
    branch.deliver("bank/ICBC", "ICBC_20260303_0002.txt", bank_file("B2"))


def _marts(branch: Branch) -> Marts:
    return {mart: branch.mart(mart) for mart in branch.manifest["marts"]}


def _done(ended: tuple[int, str]) -> None:
    assert ended[0] == 0, ended[1]


def _look(path: Path) -> object:
    """What is there, to be compared."""
    if path.is_dir():
        return sorted(str(inner) for inner in path.rglob("*"))
    return path.read_bytes() if path.is_file() else None


def _first_of(home: Path, path: Path) -> str:
    return path.relative_to(home).parts[0]


def _alike(inside: str) -> str:
    """What files of one kind have in common: their folder but for names of files, editions and runs."""
    parts = inside.split("/")
    if parts[0] in ("landing", "raw"):
        return "/".join(parts[:2])
    if inside.startswith("published/editions/"):
        edition, *rest = parts[2:]
        kind = rest[0] if rest[0] in ("manifest.json", "site", "rated_calls") else "other marts"
        return f"{edition}/{kind}"
    if inside.startswith(("dagster/storage", "dagster/history/runs/")):
        return "/".join(parts[:3]) if parts[-1] == "index.db" else "/".join(parts[:2])
    return inside


def _is_of_no_account(home: Path, path: str) -> bool:
    """Whether what is damaged still does not matter: nobody depends on it, or the damage struck nothing that is in use."""
    if any(path == name or path.startswith(f"{name}/") for name in _OF_NO_ACCOUNT):
        return True
    whole = home / path
    if path.startswith("dagster/") and not whole.exists():
        return True  # a new history is begun
    if path.startswith("dagster/") and whole.is_file():
        return _is_sound_database(whole)  # a word of a run's log
    # A block that holds nothing: every table can still be read, and doctor has read them.
    return path == "warehouse.duckdb" and whole.exists()


def _is_sound_database(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as db:
            return bool(path.stat().st_size) and db.execute("pragma quick_check(1)").fetchone() == ("ok",)
    except sqlite3.Error:
        return False
