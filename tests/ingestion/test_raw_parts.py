"""What a decode leaves in the raw zone is kept in the ledger, and a part that is not that any more is found before it is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.errors import TollhouseError
from orchestration.ingestion import decoding
from orchestration.ingestion.raw_parts import END_BYTES, CheckedRawZone, part_path, quick_fault, whole_fault
from orchestration.state.raw_zone import damaged_rows, refuse_lost_rows
from tests.ingestion.intake import Intake
from tests.robustness.branch import calls_of_day, cdr
from tests.torture.deliveries import bank_file

CALLS = ("cdr/SW1", "SW1_20260302_000001.csv", cdr([*calls_of_day("2026-03-02"), "?"]))
MORE_CALLS = ("cdr/SW1", "SW1_20260303_000002.csv", cdr([*calls_of_day("2026-03-03"), "?"]))
DEBITS = ("bank/ICBC", "ICBC_20260302_0001.txt", bank_file("B1").decode())


@pytest.fixture
def decoded(intake: Intake) -> Intake:
    """A home with a decoded file of calls, another of the next day, and one of debits; all are loaded."""
    for folder, name, content in (CALLS, MORE_CALLS, DEBITS):
        intake.deliver(folder, name, content)
    intake.pull()
    intake.decode()
    for entry in intake.ledger.files():
        intake.ledger.set_status(entry.file_id, "loaded", None)
    return intake


def parts_of(intake: Intake, name: str) -> dict[str, Path]:
    """Folder → path of the parts of a file."""
    (file_id,) = (entry.file_id for entry in intake.ledger.files() if entry.file_name == name)
    parts = intake.ledger.raw_parts()[file_id]
    return {part.folder: part_path(intake.settings.raw, file_id, part.folder) for part in parts}


def refused(intake: Intake) -> str:
    """The words with which a run ends before it computes anything."""
    with pytest.raises(TollhouseError) as error:
        refuse_lost_rows(intake.settings, intake.ledger)
    assert "`tollhouse rebuild --raw`" in str(error.value)
    return str(error.value)


def test_the_ledger_keeps_the_parts_with_their_rows(decoded: Intake) -> None:
    kept = {(part.folder, part.rows) for parts in decoded.ledger.raw_parts().values() for part in parts}
    assert kept == {("calls", 7), ("malformed", 1), ("debits", 6), ("debit_batches", 1)}
    for parts in decoded.ledger.raw_parts().values():
        for part in parts:
            path = part_path(decoded.settings.raw, part.file_id, part.folder)
            assert (pq.read_metadata(path).num_rows, path.stat().st_size) == (part.rows, part.size_bytes)
    refuse_lost_rows(decoded.settings, decoded.ledger)
    assert list(damaged_rows(decoded.settings, decoded.ledger, is_deep=True)) == []


@pytest.mark.parametrize("folder", ["calls", "malformed", "debits", "debit_batches"])
def test_a_part_that_is_gone_cut_or_changed_ends_the_run(decoded: Intake, folder: str) -> None:
    path = parts_of(decoded, DEBITS[1] if folder.startswith("debit") else CALLS[1])[folder]
    content = path.read_bytes()
    for damage in (None, b"", content[: len(content) // 2], content[:-40] + bytes(8) + content[-32:]):
        path.unlink(missing_ok=True)
        if damage is not None:
            path.write_bytes(damage)
        assert str(path) in refused(decoded)
    path.write_bytes(content)
    refuse_lost_rows(decoded.settings, decoded.ledger)


def test_another_files_rows_in_the_place_of_its_own(decoded: Intake) -> None:
    """Of the same shape, and of a size that may be the same."""
    path = parts_of(decoded, CALLS[1])["calls"]
    shutil.copy(parts_of(decoded, MORE_CALLS[1])["calls"], path)
    assert str(path) in refused(decoded)


def test_rows_of_a_rejected_file_are_nobodys(decoded: Intake) -> None:
    path = parts_of(decoded, CALLS[1])["calls"]
    path.unlink()
    decoded.ledger.reject_file(path.stem, "the switch was in test")
    refuse_lost_rows(decoded.settings, decoded.ledger)


def test_a_large_part_that_is_flipped_in_the_middle_is_found_before_it_is_read(decoded: Intake) -> None:
    path = parts_of(decoded, CALLS[1])["calls"]
    rows = pa.table({"file_id": [path.stem] * 40_000, "call": [f"{number * number}" for number in range(40_000)]})
    pq.write_table(rows, path, compression="none", use_dictionary=False)
    assert path.stat().st_size > 10 * END_BYTES
    ledger, raw = decoded.ledger, decoded.settings.raw
    ledger.record_raw_parts([path.stem], decoding.written_parts(raw, ledger.file(path.stem)))
    (part,) = (part for part in ledger.raw_parts()[path.stem] if part.folder == "calls")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    assert quick_fault(raw, part) is None
    assert "its SHA-256 differs" in str(whole_fault(raw, part))
    zone = CheckedRawZone(raw, ledger.raw_parts())
    with pytest.raises(TollhouseError, match=r"its SHA-256 differs.*`tollhouse rebuild --raw`"):
        zone.check([path])


def test_what_an_earlier_version_decoded_is_counted_and_kept(decoded: Intake) -> None:
    before, path = decoded.ledger.raw_parts(), parts_of(decoded, CALLS[1])["calls"]
    ids = list(before)
    decoded.ledger.record_raw_parts(ids, [])
    refuse_lost_rows(decoded.settings, decoded.ledger)
    assert decoded.ledger.raw_parts() == before
    decoded.ledger.record_raw_parts(ids, [])
    rows = pq.read_table(path)
    pq.write_table(rows.slice(0, 3), path)
    assert "has 3 rows and was decoded to 7" in refused(decoded)
    path.unlink()
    assert "is gone" in refused(decoded)


def test_a_kill_while_a_file_is_decoded_again_costs_nothing(decoded: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules have changed, the new rows stand in the raw zone, and the ledger was not told."""
    ledger, settings = decoded.ledger, decoded.settings
    with ledger.transaction():
        ledger._db.execute("update files set decoded_with = 'the rules of before'")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(decoding, "_keep_parts", killed)
        decoded.decode()
    (begun,) = (entry for entry in ledger.files() if entry.decoded_with is None)
    part_path(settings.raw, begun.file_id, "calls").write_bytes(b"written by the other rules")
    refuse_lost_rows(settings, ledger)
    decoded.decode()
    assert list(damaged_rows(settings, ledger, is_deep=True)) == []
    assert {entry.status for entry in ledger.files()} == {"loaded"}


def test_a_landed_file_that_was_changed_is_not_decoded_again(decoded: Intake) -> None:
    ledger, settings = decoded.ledger, decoded.settings
    entry = next(entry for entry in ledger.files() if entry.file_name == CALLS[1])
    landed = settings.home / entry.landing_path
    landed.write_bytes(landed.read_bytes().replace(b"2200001", b"2200003"))
    ledger.begin_decode([entry.file_id])
    with pytest.raises(TollhouseError) as error:
        decoded.decode()
    assert str(landed) in str(error.value) and f"`tollhouse files reject {entry.file_id}" in str(error.value)
