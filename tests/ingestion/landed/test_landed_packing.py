"""A landed file that lies packed is read as it was delivered, in every format, and packing it can be ended at any moment."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from orchestration.errors import TollhouseError
from orchestration.ingestion.landed import landed_packing
from orchestration.ingestion.landed.landed_packing import (
    delivered_sha256,
    is_packed,
    landed_path,
    may_be_packed,
    pack,
    unpack,
)
from orchestration.ingestion.landing.pulling import retry
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import FileEntry
from tests.ingestion.intake import Intake
from tests.torture.corpus import SEEDS
from tests.torture.deliveries import Delivery
from tests.torture.fuzzing import delivery_name, fresh_intake, take_in

RECORD = "2200001,2200002,,,2026-01-05 10:00:{:02d},60,16"
ONE_FILE = "".join(f"{number},{RECORD.format(number % 60)}\n" for number in range(1, 301))
HEADER = "record_number,calling_number,called_number,trunk_group_in,trunk_group_out,started_at,duration_seconds,release_cause\n"


@pytest.fixture
def landed() -> Iterator[tuple[Intake, FileEntry, bytes]]:
    """A loaded call file of 300 records, as it was delivered."""
    content = (HEADER + ONE_FILE).encode()
    with fresh_intake() as intake:
        (entry,) = take_in(intake, [Delivery("cdr/SW1", "SW1_20260105_000001.csv", content)]).values()
        yield intake, entry, content


def raw_rows(raw: Path) -> dict[str, list[tuple[Any, ...]]]:
    return {
        str(path.relative_to(raw)): sorted(
            duckdb.execute("select * from read_parquet(?)", [str(path)]).fetchall(), key=repr
        )
        for path in sorted(raw.rglob("*.parquet"))
    }


def test_every_format_reads_the_same_from_a_packed_file() -> None:
    seeds = [(seed, number) for kind in SEEDS.values() for number, seed in enumerate(kind, start=1)]
    files = [Delivery(seed.folder, delivery_name(seed, number), seed.content) for seed, number in seeds]
    with fresh_intake() as intake:
        before = take_in(intake, files)
        rows = raw_rows(intake.settings.raw)
        assert len(before) > 30 and len(rows) > 30
        home = intake.settings.home
        for entry in before.values():  # by another hand than the product's
            plain = home / entry.landing_path
            plain.with_name(f"{plain.name}.zst").write_bytes(zstandard.ZstdCompressor().compress(plain.read_bytes()))
            plain.unlink()
            assert delivered_sha256(home, entry) == entry.sha256
        shutil.rmtree(intake.settings.raw)
        with closing(sqlite3.connect(intake.ledger.path)) as db:
            db.execute("update files set decoded_with = null where status <> 'rejected'")
            db.commit()
        intake.decode()
        assert raw_rows(intake.settings.raw) == rows
        again = {f"{entry.source}/{entry.file_name}": entry for entry in intake.ledger.files()}
        assert again == before, "figures and statuses of the ledger"


def test_packing_keeps_the_bytes_the_time_and_the_hash(landed: tuple[Intake, FileEntry, bytes]) -> None:
    intake, entry, content = landed
    home, plain = intake.settings.home, intake.settings.home / entry.landing_path
    mtime = plain.stat().st_mtime_ns
    assert may_be_packed(home, entry)
    saved = pack(home, entry)
    path = landed_path(home, entry)
    assert (path.name, is_packed(home, entry), plain.exists()) == (f"{entry.file_name}.zst", True, False)
    assert saved == len(content) - path.stat().st_size > 10_000
    assert path.stat().st_mtime_ns == mtime
    assert zstandard.ZstdDecompressor().decompress(path.read_bytes(), len(content)) == content
    assert delivered_sha256(home, entry) == hashlib.sha256(content).hexdigest()
    assert not may_be_packed(home, entry), "it is packed"
    unpack(home, entry)
    assert (plain.read_bytes(), plain.stat().st_mtime_ns, path.exists()) == (content, mtime, False)
    assert not (home / "landing" / ".incoming").exists()


def test_a_damaged_file_is_not_packed_and_a_damaged_packed_one_is_named(
    landed: tuple[Intake, FileEntry, bytes],
) -> None:
    intake, entry, content = landed
    home, plain = intake.settings.home, intake.settings.home / entry.landing_path
    plain.write_bytes(content.replace(b"2200002", b"2200003", 1))
    with pytest.raises(TollhouseError, match="is not what was delivered"):
        pack(home, entry)
    assert plain.is_file() and not is_packed(home, entry)
    plain.write_bytes(content)
    pack(home, entry)
    packed = bytearray(landed_path(home, entry).read_bytes())
    packed[len(packed) // 2] ^= 8
    landed_path(home, entry).write_bytes(packed)
    assert delivered_sha256(home, entry) != entry.sha256
    with pytest.raises(TollhouseError, match=r"\.zst: the packed landed file .* is damaged"):
        unpack(home, entry)
    assert is_packed(home, entry)


def test_what_would_save_nothing_is_left(landed: tuple[Intake, FileEntry, bytes], tmp_path: Path) -> None:
    intake, _, _ = landed
    noise = b"".join(hashlib.sha512(bytes([number])).digest() for number in range(100))
    (entry,) = [
        entry
        for name, entry in take_in_more(
            intake, Delivery("cdr/SW1", "SW1_20260106_000002.csv", HEADER.encode() + noise)
        ).items()
        if name.endswith("000002.csv")
    ]
    assert may_be_packed(intake.settings.home, entry) and entry.size_bytes > landed_packing.LEAST_BYTES
    assert pack(intake.settings.home, entry) == 0
    assert not is_packed(intake.settings.home, entry)


def take_in_more(intake: Intake, file: Delivery) -> dict[str, FileEntry]:
    intake.deliver(file.folder, file.name, file.content)
    intake.pull(settle_seconds=0)
    return {f"{entry.source}/{entry.file_name}": entry for entry in intake.ledger.files()}


@pytest.mark.parametrize("place", ["before it has its name", "before the plain one goes"])
def test_a_packing_that_is_killed_is_completed_by_the_next(
    landed: tuple[Intake, FileEntry, bytes], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    intake, entry, content = landed
    home = intake.settings.home

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", die) if place.endswith("name") else patch.setattr(landed_packing, "flush", die)
        with pytest.raises(Killed):
            pack(home, entry)
    assert landed_path(home, entry).read_bytes() == content, "the plain one counts while it is there"
    assert pack(home, entry) > 0
    assert delivered_sha256(home, entry) == entry.sha256 and is_packed(home, entry)


def test_a_packed_file_that_a_person_rejected_can_be_tried_again(landed: tuple[Intake, FileEntry, bytes]) -> None:
    intake, entry, content = landed
    home = intake.settings.home
    pack(home, entry)
    intake.ledger.reject_file(entry.file_id, "a test file")
    with FileLedger(intake.ledger.path) as ledger:
        retry(intake.settings, ledger, entry.file_id, "no test after all")
    assert (home / entry.landing_path).read_bytes() == content
    (decoded,) = intake.decode()
    assert (decoded.file_id, decoded.read_records, decoded.malformed) == (entry.file_id, 300, 0)
