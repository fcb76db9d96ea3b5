"""A folder in place of a file, a link that leads nowhere, missing rights: named as what they are, with what to type; no damage is
made up, and nothing is rebuilt for it."""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.errors import GatesBlocked, TollhouseError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.settings import Settings
from orchestration.state.engine_errors import explained
from orchestration.state.places import place_fault_behind, place_faults, refuse_unfit_places
from orchestration.upkeep import rebuild as upkeep_rebuild
from tests.robustness.commands import tollhouse

NOBODY = 65534


def a_file(path: Path) -> None:
    path.write_text("a file")


def dangling(path: Path) -> None:
    path.symlink_to("/nowhere/at all")


WRONG: list[tuple[str, Callable[[Path], None], str]] = [
    *(
        (name, Path.mkdir, "is a folder and should be a file")
        for name in ("last_run.json", "run.lock", "being_decoded", "ledger.sqlite", "warehouse.duckdb")
    ),
    *(
        (name, a_file, "is a file and should be a folder")
        for name in ("published", "dagster", "raw", "closed", "landing")
    ),
    ("warehouse.duckdb", dangling, "is a link to /nowhere/at all, which cannot be followed"),
    ("landing", dangling, "bring back what it leads to"),
]


@pytest.mark.parametrize(("name", "put", "words"), WRONG, ids=[f"{name} {words[:11]}" for name, _, words in WRONG])
def test_what_is_not_the_kind_it_should_be_is_named(
    tmp_path: Path, name: str, put: Callable[[Path], None], words: str
) -> None:
    home = tmp_path / "it's home"
    home.mkdir()
    put(home / name)
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(home)})
    with pytest.raises(TollhouseError) as refused:
        refuse_unfit_places(settings)
    said = str(refused.value)
    quoted = shlex.quote(str(home / name))
    assert words in said and f"`mv {quoted} " in said and "then `tollhouse " in said
    typed = tollhouse({"TOLLHOUSE_HOME": str(home)}, "run")
    assert (typed.exit_code, "details are in" in typed.message) == (1, False) and said in typed.message
    findings = tollhouse({"TOLLHOUSE_HOME": str(home)}, "doctor").answer["findings"]
    named = [one for one in findings if one["level"] == "error" and str(home / name) in one["found"]]
    assert [one["check"] for one in named] == ["places"]


def test_what_a_run_does_without_stops_none(home: Settings) -> None:
    (home.home / "alerts.sqlite").mkdir()
    a_file(home.home / "logs")
    shutil.rmtree(home.inbox)
    dangling(home.inbox)
    refuse_unfit_places(home)
    findings = tollhouse({"TOLLHOUSE_HOME": str(home.home)}, "doctor").answer["findings"]
    assert [one["found"].split(" ")[0] for one in findings if one["check"] == "places"] == [
        str(home.home / "alerts.sqlite"),
        str(home.home / "logs"),
    ]


def test_links_to_what_is_right_are_right(home: Settings, tmp_path: Path) -> None:
    home.raw.rename(tmp_path / "elsewhere")
    home.raw.symlink_to(tmp_path / "elsewhere")
    assert place_faults(home) == []


def test_what_is_in_the_way_further_in_is_named(home: Settings) -> None:
    shutil.rmtree(home.raw / "calls")
    a_file(home.raw / "calls")
    error = NotADirectoryError(20, "Not a directory", str(home.raw / "calls" / "x.parquet"))
    assert f"{home.raw / 'calls'} is a file where a folder should be" in str(place_fault_behind(home, error))
    shutil.rmtree(home.home / "raw", ignore_errors=True)
    a_file(home.home / "raw")
    assert f"{home.raw} is a file and should be a folder" in str(place_fault_behind(home, error))


@pytest.mark.parametrize("put", [Path.mkdir, dangling])
def test_rebuild_sets_aside_what_is_no_warehouse(
    home: Settings, monkeypatch: pytest.MonkeyPatch, put: Callable[[Path], None]
) -> None:
    home.warehouse_path.unlink()
    put(home.warehouse_path)

    def rebuild(*_: object, **__: object) -> None:
        assert not os.path.lexists(home.warehouse_path), "set aside before anything is built"
        raise TollhouseError("as far as the rebuild")

    monkeypatch.setattr(upkeep_rebuild, "rebuild", rebuild)
    typed = tollhouse({"TOLLHOUSE_HOME": str(home.home)}, "rebuild", "--warehouse")
    assert (typed.exit_code, "as far as the rebuild" in typed.message) == (1, True), typed.message
    aside = home.home / "warehouse.duckdb.aside"
    assert os.path.lexists(aside)
    assert not list(home.home.glob(".building*"))


@pytest.fixture
def of_nobody(home: Settings) -> Iterator[Settings]:
    """The home where another user can reach it and owns all but what a test takes away; tests that are root become that user."""
    with tempfile.TemporaryDirectory() as place:
        moved = Path(place) / "home"
        home.home.rename(moved) if home.home.stat().st_dev == Path(place).stat().st_dev else shutil.move(
            home.home, moved
        )
        is_root = os.geteuid() == 0
        if is_root:
            os.chmod(place, 0o755)
            (Path(place) / "other" / "run.lock").mkdir(parents=True)
            # What they import, nobody may not be able to read.
            tollhouse({"TOLLHOUSE_HOME": str(Path(place) / "other")}, "run")
            tollhouse({"TOLLHOUSE_HOME": str(moved)}, "doctor")
            for path in (moved, *moved.rglob("*")):
                os.chown(path, NOBODY, -1)
            os.seteuid(NOBODY)
        try:
            yield Settings.from_environment({"TOLLHOUSE_HOME": str(moved)})
        finally:
            if is_root:
                os.seteuid(0)
            moved.chmod(0o700)


@pytest.mark.parametrize(
    "name",
    ["ledger.sqlite", "warehouse.duckdb", "raw", "landing", "last_run.json", "published/current.json", "run.lock", "."],
)
def test_missing_rights_are_named_as_themselves_and_once(of_nobody: Settings, name: str) -> None:
    path = of_nobody.home / name
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        a_file(path)
    path.chmod(0)
    home = {"TOLLHOUSE_HOME": str(of_nobody.home)}
    typed = tollhouse(home, "run")
    assert typed.exit_code in (1, 2) and f"{path}: permission denied to the user" in typed.message, typed.message
    assert f"`chmod -R u+rwX {path}`" in typed.message
    assert not any(words in typed.message for words in ("details are in", "rebuild", "restore", "remove"))
    findings = tollhouse(home, "doctor").answer["findings"]
    errors = [one for one in findings if one["level"] == "error" and one["check"] not in ("packages", "home")]
    assert [(one["check"], str(path) in one["found"]) for one in errors] == [("places", True)], errors


def test_missing_rights_on_a_file_far_in(of_nobody: Settings) -> None:
    part = sorted((of_nobody.raw / "calls").iterdir())[0]
    part.chmod(0)
    with FileLedger(of_nobody.ledger_path, read_only=True) as ledger:
        assert len(ledger.files()) == 2
    for error in (
        PermissionError(13, "Permission denied", str(part)),
        TollhouseError("dbt: IO Error: Permission denied"),
    ):
        assert f"{part}: permission denied" in str(explained(of_nobody, error))
    assert explained(of_nobody, GatesBlocked("Permission denied")) is None
    assert place_fault_behind(of_nobody, sqlite3.OperationalError("database is locked")) is None
