"""Who may read the state: its owner alone, or a group too."""

from __future__ import annotations

import grp
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.storage.file_modes import keep_private, open_to_others


@pytest.fixture(autouse=True)
def umask_as_before() -> Iterator[None]:
    """The process's umask is put back."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def settings_of(home: Path, **values: str) -> Settings:
    """Settings with a home."""
    return Settings.from_environment({"TOLLHOUSE_HOME": str(home), **values})


def mode(path: Path) -> int:
    """The permission bits, setgid too."""
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_is_the_owners_alone(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "home")
    keep_private(settings)
    (settings.home / "landing").mkdir(parents=True)
    (settings.home / "landing" / "x.csv").write_text("1")
    assert [mode(path) for path in (settings.home, settings.landing, settings.landing / "x.csv")] == [
        0o700,
        0o700,
        0o600,
    ]
    assert open_to_others(settings) == []


def test_a_group_may_read_and_nobody_else(tmp_path: Path) -> None:
    group = grp.getgrgid(os.getgid()).gr_name
    settings = settings_of(tmp_path / "home", TOLLHOUSE_GROUP=group)
    keep_private(settings)
    (settings.home / "published").mkdir()
    (settings.home / "published" / "current.json").write_text("{}")
    assert mode(settings.home) == mode(settings.published) == 0o2750
    assert mode(settings.published / "current.json") == 0o640
    assert (settings.published / "current.json").stat().st_gid == os.getgid()
    assert open_to_others(settings) == []


def test_a_group_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="TOLLHOUSE_GROUP: 'nobody-is-in-it' is not a group of this machine"):
        settings_of(tmp_path, TOLLHOUSE_GROUP="nobody-is-in-it")


def test_a_home_of_before_is_named_with_what_others_can_read_in_it(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "home")
    for folder in ("inbox", "landing", "raw"):
        (settings.home / folder).mkdir(parents=True)
    settings.raw.chmod(0o700)
    (settings.home / "ledger.sqlite").write_text("")
    assert open_to_others(settings) == [settings.home, settings.landing, settings.home / "ledger.sqlite"]
    settings.home.chmod(0o711)  # others deliver files through it
    assert open_to_others(settings) == [settings.landing, settings.home / "ledger.sqlite"]
    settings.home.chmod(0o700)
    assert open_to_others(settings) == []
