"""The damages that once went unseen, or ended a run in an engine's words: what a run and the doctor make of each today.

`python -m tests.torture.known_damages` prints the table of docs/reliability.md.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.torture import lost_state
from tests.torture.commands import in_memory, runner
from tests.torture.lost_state import Home, Type

_HEADERS, _BLOCK = 3 * 4096, 256 << 10  # of a DuckDB file, bytes

Damage = Callable[[Path], list[Path]]  # of a home; the paths that it struck


@dataclass(frozen=True)
class Known:
    """A damage in words, to which home it is done, and how it is done in one or several ways."""

    words: str
    home: str
    ways: tuple[Damage, ...]


def damages() -> list[Known]:
    """All of them."""
    return [
        Known("ledger: 64 bytes flipped; header overwritten; cut in half", "published", (
            _to("ledger.sqlite", lost_state.flip_middle), _to("ledger.sqlite", lost_state.flip_header),
            _to("ledger.sqlite", lost_state.cut),
        )),
        Known("ledger deleted, a file released", "released", (_to("ledger.sqlite", lost_state.delete),)),
        Known("ledger of 0 bytes", "published", (_to("ledger.sqlite", lost_state.empty),)),
        Known("warehouse: 4 KB flipped in the middle", "closed", (_to("warehouse.duckdb", _flip_4_kb),)),
        Known("warehouse: header overwritten; cut in half", "closed", (
            _to("warehouse.duckdb", lost_state.flip_header), _to("warehouse.duckdb", lost_state.cut),
        )),
        Known("warehouse deleted, nothing closed", "published", (_to("warehouse.duckdb", lost_state.delete),)),
        Known("warehouse deleted, a period closed", "closed", (_to("warehouse.duckdb", lost_state.delete),)),
        Known("warehouse and `closed/` deleted, a period closed", "closed", (
            _both(_to("warehouse.duckdb", lost_state.delete), _to("closed", lost_state.delete)),
        )),
        Known("raw calls of one file flipped; deleted; replaced by another file's", "published", (
            _to("raw/calls/*", lost_state.flip_middle), _to("raw/calls/*", lost_state.delete),
            _to("raw/calls/*", _replaced_by_the_next),
        )),
        Known("raw customers, newest payments deleted", "published", (
            _to("raw/customers/payments/*", lost_state.delete),
        )),
        Known("raw debits of a loaded bank file deleted", "published", (_to("raw/debits/*", lost_state.delete),)),
        Known("raw debits flipped", "published", (_to("raw/debits/*", lost_state.flip_middle),)),
        Known("the whole raw folder deleted", "published", (_to("raw", lost_state.delete),)),
        Known("landed file changed; deleted", "published", (
            _to("landing/cdr/*/*/*.csv", lost_state.flip_middle), _to("landing/cdr/*/*/*.csv", lost_state.delete),
        )),
        Known("manifest, `current.json` damaged", "published", (
            _to("published/editions/*/manifest.json", lost_state.flip_middle),
            _to("published/current.json", lost_state.flip_middle),
        )),
        Known("`current.json` deleted", "published", (_to("published/current.json", lost_state.delete),)),
        Known("a file of the edition flipped", "published", (
            _to("published/editions/*/rated_calls/*", lost_state.flip_middle),
        )),
        Known("Dagster's history flipped", "published", (_to("dagster/history/runs.db", lost_state.flip_header),)),
    ]  # fmt: skip


def table(homes: dict[str, Home], type_: Type) -> Iterator[str]:
    """A row for each damage: what it is, what the doctor says, what a run over new files does."""
    yield "| lost or damaged | `tollhouse doctor --deep` | a run over new files |"
    yield "| --- | --- | --- |"
    for known in damages():
        doctors, runs = [], []
        for way in known.ways:
            said, did = _struck(homes[known.home], way, type_, known.words)
            doctors.append(said)
            runs.append(did)
        yield f"| {known.words} | {'; '.join(dict.fromkeys(doctors))} | {'; '.join(dict.fromkeys(runs))} |"


def _struck(home: Home, way: Damage, type_: Type, words: str) -> tuple[str, str]:
    struck = home.branch.home.parent / "struck"
    shutil.rmtree(struck, ignore_errors=True)
    branch = home.branch.copy_to(struck)
    try:
        paths = way(branch.home)
        findings = json.loads(type_(branch, *lost_state.DEEP, "--json")[1])["findings"]
        levels = {one["level"] for one in findings if one["check"] not in ("rights", "last run")} - {"ok"}
        assert levels, f"{words}: the doctor says that all is well"
        doctor = "error" if "error" in levels else "warning"
        lost_state.deliver_more(branch)
        code, said = type_(branch, "run")
        if code == 0:
            lost_state.check_equal(home, branch, words)
            named = any(str(path) in said or str(path.parent) in said for path in paths)
            return doctor, "all equal, with a warning" if named else "all equal"
        lost_state.check_message(words, paths, said)
    finally:
        shutil.rmtree(struck)
    typed = [command for command in ("restore DIR", "rebuild --raw", "rebuild --warehouse") if command in said]
    what = f"says `tollhouse {typed[0]}`" if typed else "says to remove `current.json` and run again"
    return doctor, f"exit {code}, names it, {what}"


def _to(pattern: str, damage: Callable[[Path], None]) -> Damage:
    """Do it to the first file of the pattern."""

    def struck(home: Path) -> list[Path]:
        path = sorted(home.glob(pattern))[0]
        damage(path)
        return [path]

    return struck


def _both(*ways: Damage) -> Damage:
    return lambda home: [path for way in ways for path in way(home)]


def _flip_4_kb(path: Path) -> None:
    """Where calls are kept: half of a small warehouse's blocks hold nothing, and the others not much."""
    with duckdb.connect(str(path), read_only=True) as con:
        row = con.execute(
            "select min(block_id) from pragma_storage_info('intermediate.int_calls_judged') where block_id >= 0"
        ).fetchone()
    assert row is not None
    content = bytearray(path.read_bytes())
    start = _HEADERS + row[0] * _BLOCK
    content[start : start + 4096] = bytes(byte ^ 0xFF for byte in content[start : start + 4096])
    path.write_bytes(content)


def _replaced_by_the_next(path: Path) -> None:
    following = sorted(path.parent.iterdir())[1]
    shutil.copyfile(following, path)


def main() -> int:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="torture-", dir=in_memory()) as folder, runner() as running:
        type_ = lost_state.forked_from(running)
        for line in table(lost_state.homes(Path(folder), type_), type_):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
