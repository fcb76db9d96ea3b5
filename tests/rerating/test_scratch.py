"""The scratch copy: it is whole, it is gone at the end, and what a killed process left goes with it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.rerating.scratch import FOLDER, scratch_warehouse
from orchestration.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose warehouse was left by a killed process, with what it had not yet written into the file in the log."""
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path)})
    writer = duckdb.connect(str(settings.warehouse_path))
    writer.execute("pragma disable_checkpoint_on_shutdown")
    writer.execute("set checkpoint_threshold = '1TB'")
    writer.execute("create table kept as select 7 as figure")
    writer.close()
    assert settings.warehouse_path.with_name("warehouse.duckdb.wal").is_file()
    return settings


def test_the_copy_has_what_the_log_holds_and_is_gone_at_the_end(settings: Settings) -> None:
    left = settings.home / FOLDER / "left.duckdb"
    left.parent.mkdir()
    left.write_bytes(b"of a killed process")
    before = settings.warehouse_path.read_bytes()
    with scratch_warehouse(settings) as scratch:
        assert not left.exists()
        with duckdb.connect(str(scratch.warehouse_path)) as con:
            assert con.execute("select figure from kept").fetchall() == [(7,)]
            con.execute("drop table kept")
    assert not (settings.home / FOLDER).exists()
    assert settings.warehouse_path.read_bytes() == before


def test_the_copy_is_gone_after_a_failure(settings: Settings) -> None:
    with pytest.raises(ZeroDivisionError), scratch_warehouse(settings):
        raise ZeroDivisionError
    assert not (settings.home / FOLDER).exists()
