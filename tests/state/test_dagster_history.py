"""A damaged history of Dagster is moved aside and begun again; one that is only in use or too full a disk is left alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError, OperationalError

from orchestration.settings import Settings
from orchestration.state.dagster_history import damaged_databases, is_of_history, set_aside, set_damaged_aside


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose history is made of four sound databases."""
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path)})
    for name in ("history/runs.db", "history/runs/index.db", "history/runs/0-1.db", "schedules/schedules.db"):
        path = settings.dagster_home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with sqlite3.connect(path) as db:
            db.execute("create table runs (body text)")
            db.executemany("insert into runs values (?)", [["x" * 500]] * 100)
        db.close()
    return settings


def test_a_sound_history_stays(settings: Settings) -> None:
    assert set_damaged_aside(settings) == []
    assert list(damaged_databases(settings, is_deep=True)) == []


@pytest.mark.parametrize("damage", ["emptied", "cut", "header"])
@pytest.mark.parametrize("name", ["history/runs.db", "history/runs/index.db", "schedules/schedules.db"])
def test_a_damaged_one_is_moved_aside(settings: Settings, name: str, damage: str) -> None:
    path = settings.dagster_home / name
    content = path.read_bytes()
    path.write_bytes({"emptied": b"", "cut": content[: len(content) // 2], "header": bytes(64) + content[64:]}[damage])
    assert str(path) in next(damaged_databases(settings, is_deep=False))
    (aside,) = set_damaged_aside(settings)
    folder = name.split("/")[0]
    assert aside.name.startswith(f"{folder}.damaged-") and not (settings.dagster_home / folder).exists()
    assert (aside / Path(name).relative_to(folder)).exists()


def test_the_log_of_one_run_is_for_the_doctor(settings: Settings) -> None:
    (settings.dagster_home / "history" / "runs" / "0-1.db").write_bytes(b"")
    assert set_damaged_aside(settings) == []
    assert [found.endswith("0-1.db: it is empty") for found in damaged_databases(settings, is_deep=True)] == [True]


def test_only_damage_is_a_reason(settings: Settings) -> None:
    damaged = DatabaseError("select", None, sqlite3.DatabaseError("database disk image is malformed"))
    locked = OperationalError("select", None, sqlite3.OperationalError("database is locked"))
    full = OperationalError("insert", None, sqlite3.OperationalError("database or disk is full"))
    cut = OperationalError("select", None, sqlite3.OperationalError("no such table: runs"))
    assert [is_of_history(one) for one in (damaged, cut, locked, full, ValueError())] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert len(set_aside(settings)) == 2 and set_aside(settings) == []
