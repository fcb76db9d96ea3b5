"""Where dbt's parsed models are kept: in the checkout, else in a cache folder that nobody but its user can change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestration.errors import UsageError
from orchestration.settings import DBT_PROJECT
from orchestration.warehouse import dbt_target as module
from orchestration.warehouse.dbt_target import dbt_target, make_target


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The cache folder of a wheel that is installed."""
    monkeypatch.setattr(module, "IS_CHECKOUT", False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "tollhouse"


def test_a_checkout_keeps_them_beside_the_models() -> None:
    assert dbt_target() == DBT_PROJECT / "target"


def test_a_checkout_that_cannot_be_written_to_uses_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert dbt_target().parent == tmp_path / "tollhouse"


def test_an_installed_wheel_uses_a_folder_of_its_versions_and_its_place(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = dbt_target()
    assert here.parent == installed and "-dbt-1." in here.name
    monkeypatch.setattr(module, "DBT_PROJECT", Path("/elsewhere/dbt_project"))
    assert dbt_target() != here
    monkeypatch.setattr(module, "version", lambda package: "9.9.9")
    assert dbt_target().name.startswith("9.9.9-dbt-9.9.9-")


def test_a_cache_that_is_not_absolute_does_not_count(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setenv("HOME", str(installed))
    assert dbt_target().parent == installed / ".cache" / "tollhouse"


def test_only_its_user_can_read_it(installed: Path) -> None:
    make_target(dbt_target())
    make_target(dbt_target())  # there already
    assert dbt_target().stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_a_folder_that_others_can_change_is_refused(installed: Path, mode: int) -> None:
    dbt_target().mkdir(parents=True)
    dbt_target().chmod(mode)
    with pytest.raises(UsageError, match=f"other users can change {dbt_target()}; set XDG_CACHE_HOME"):
        make_target(dbt_target())


def test_a_folder_of_another_user_is_refused(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_target(dbt_target())
    monkeypatch.setattr(os, "geteuid", lambda: dbt_target().stat().st_uid + 1)
    with pytest.raises(UsageError, match="other users can change"):
        make_target(dbt_target())


def test_a_cache_that_cannot_be_made_is_named(installed: Path) -> None:
    installed.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(UsageError, match=f"XDG_CACHE_HOME: {dbt_target()} cannot be made .*; set XDG_CACHE_HOME to"):
        make_target(dbt_target())
