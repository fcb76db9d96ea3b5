"""What engines say of a damaged file is said with the file's name and what to type; of everything else nothing is made up."""

from __future__ import annotations

import sqlite3

import duckdb
import pyarrow as pa

from orchestration.errors import GatesBlocked, TollhouseError
from orchestration.settings import Settings
from orchestration.state.engine_errors import explained
from orchestration.warehouse.connection import open_warehouse

THRIFT = pa.ArrowInvalid("Couldn't deserialize thrift")


def test_damaged_raw_rows_are_found_and_named(home: Settings) -> None:
    path = sorted((home.raw / "calls").iterdir())[0]
    path.write_bytes(path.read_bytes()[:-4] + b"PAR0")
    for error in (THRIFT, TollhouseError("2 of 9 dbt nodes failed: stg_calls: IO Error: No magic bytes found")):
        found = explained(home, error)
        assert str(path) in str(found) and "`tollhouse rebuild --raw`" in str(found)


def test_a_damaged_warehouse_is_found_and_named(home: Settings) -> None:
    path, error = home.warehouse_path, duckdb.IOException("Corrupt database file: computed checksum 1")
    content = bytearray(path.read_bytes())
    for start in range(12288 + 64, len(content), 1 << 18):  # in each block of 256 KiB
        content[start : start + 8] = bytes(byte ^ 0xFF for byte in content[start : start + 8])
    path.write_bytes(content)
    found = str(explained(home, error))
    assert found.startswith(f"{path}: ") and "`tollhouse rebuild --warehouse`" in found
    path.write_bytes(content[: len(content) // 2])
    assert str(explained(home, error)).startswith(f"{path}: ")


def test_a_damaged_ledger_is_found_and_named(home: Settings) -> None:
    content = home.ledger_path.read_bytes()
    home.ledger_path.write_bytes(content[: len(content) // 2])
    found = str(explained(home, sqlite3.DatabaseError("database disk image is malformed")))
    assert (
        found.startswith(f"{home.ledger_path}: the file ledger is damaged")
        and "`tollhouse restore DIR --replace`" in found
    )


def test_what_is_named_already_is_told_once(home: Settings) -> None:
    path = sorted((home.raw / "calls").iterdir())[0]
    path.unlink()
    named = TollhouseError(f"{path} is gone: `tollhouse rebuild --raw` decodes the landed files again")
    wrapped = RuntimeError("Error executing resource_fn")
    wrapped.__cause__ = named
    assert explained(home, wrapped) is named
    assert explained(home, named) is None, "it stands as it is"


def test_an_error_that_is_no_damage_stays_what_it_is(home: Settings) -> None:
    others = (
        THRIFT,  # of a file that is no part of the state
        GatesBlocked("IO Error"),
        TollhouseError("the landed file is gone"),
        sqlite3.OperationalError("database is locked"),
        FileNotFoundError(2, "No such file", "x"),
        ZeroDivisionError(),
    )
    with open_warehouse(home):  # as in the middle of a run
        assert [explained(home, error) for error in others] == [None] * len(others)
