"""Damaged files through the intake (pull, register, decode, check), and what must hold of each, whatever was done to it.

What holds is worked out from the file's bytes and from the written Parquet; no rule of a format is used but where its
lines end. For canonical call files the tests' oracle says besides which lines are records, and with which values.
"""

from __future__ import annotations

import gzip
import re
import shutil
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from random import Random

import duckdb
import pyarrow.parquet as pq
import zstandard
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from orchestration.ingestion.bank.results import check_bank_files
from orchestration.ingestion.cdr.formats.registry import load_cdr_format
from orchestration.ingestion.customers.tables import EXPORT_TABLES
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import FileEntry
from orchestration.settings import Settings
from orchestration.warehouse.file_verdicts.call_files import check_cdr_files
from tests.ingestion.intake import RESULT_CODES, Intake
from tests.oracle.files import InboxFile
from tests.oracle.records import COLUMNS, read_records
from tests.robustness.branch import new_branch
from tests.torture.commands import Runner
from tests.torture.corpus import FOREIGN_SEEDS, SEEDS, Seed, sources
from tests.torture.damage import damaged, packed
from tests.torture.deliveries import DELIVERIES, Delivery
from tests.torture.soundness import after_a_run

FILES_AT_ONCE = 20
_FORGIVEN = re.compile(rb"(^|,)[ +]| (,|$)")
HOLD_ABOVE = {"malformed": Decimal("0.5"), "duplicate": Decimal("0.5"), "other_day": Decimal("0.5")}


def drawn(batches: int, random_seed: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Has a test of hypothesis draw so many batches, the same ones for the same seed."""
    bounds = settings(
        max_examples=batches,
        deadline=None,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    return lambda test: seed(random_seed)(bounds(test))


def fuzz(kind: str, batches: int, random_seed: int) -> int:
    """Take in that many batches of damaged files; how many files that were. A failure names the file."""
    files = 0
    chosen = st.tuples(st.sampled_from(SEEDS[kind]), st.randoms(use_true_random=False))

    @drawn(batches, random_seed)
    @given(st.lists(chosen, min_size=FILES_AT_ONCE // 2, max_size=FILES_AT_ONCE).map(delivered))
    def damaged_files_are_accounted_for(deliveries: list[Delivery]) -> None:
        nonlocal files
        files += len(deliveries)
        try:
            _take_in_and_check(deliveries)
        except BaseException:
            for file in deliveries:  # name the guilty one, if it is guilty by itself
                _take_in_and_check([file])
            raise

    damaged_files_are_accounted_for()
    return files


def _take_in_and_check(deliveries: Sequence[Delivery]) -> None:
    with fresh_intake() as intake:
        try:
            entries = take_in(intake, deliveries)
            for file in deliveries:
                check(intake, file, entries[f"{file.folder}/{file.name}"])
        except BaseException as error:
            error.add_note(f"of {len(deliveries)} files, the first: {deliveries[0]}")
            raise


def through_a_whole_run(runner: Runner, home: Path, files: int, random_seed: int) -> dict[str, int]:
    """Damaged files of every kind among sound ones through `tollhouse run`, which must publish; how many ended how."""
    branch, random = new_branch(home), Random(random_seed)
    (home / "sources.yml").write_text(sources(), encoding="utf-8")
    for file in DELIVERIES[0]:
        file.to(branch)
    seeds = [seed for kind in SEEDS for seed in SEEDS[kind]]
    for number in range(files):
        delivery(random.choice(seeds), 100 + number, random).to(branch)
    ended = runner.forked({**branch.settings, "TOLLHOUSE_SOURCES": str(home / "sources.yml")}, "run")
    assert ended.status == 0, ended.errors
    after_a_run(home)
    return dict(Counter(status for (status,) in branch.mart("file_reconciliation", "file_status")))


def delivered(chosen: list[tuple[Seed, Random]]) -> list[Delivery]:
    """The chosen seeds damaged, each under a name of its own."""
    return [delivery(seed, number, random) for number, (seed, random) in enumerate(chosen)]


def delivery(seed: Seed, number: int, random: Random) -> Delivery:
    """The seed damaged, and packed at times, under a name of its own."""
    content, suffix = packed(damaged(seed.content, random), random)
    return Delivery(seed.folder, delivery_name(seed, number) + suffix, content)


def delivery_name(seed: Seed, number: int) -> str:
    """The name of the seed's file of a number."""
    # The name of an export has no number but its date: one day later for each.
    serial = (
        10_000 * (10 + number // 336) + 100 * (1 + number // 28 % 12) + 1 + number % 28
        if seed.folder == "customers"
        else number
    )
    return seed.name.format(serial)


@contextmanager
def fresh_intake() -> Iterator[Intake]:
    """An intake on an empty home in memory where the machine has such a place; one DuckDB thread, as the files are small."""
    memory = Path("/dev/shm")
    home = Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None))
    (home / "sources.yml").write_text(sources(), encoding="utf-8")
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(home), "TOLLHOUSE_SOURCES": str(home / "sources.yml")})
    try:
        with FileLedger(settings.ledger_path) as ledger, duckdb.connect(config={"threads": 1}) as con:
            yield Intake(settings, ledger, con)
    finally:
        shutil.rmtree(home)


def take_in(intake: Intake, deliveries: Sequence[Delivery]) -> dict[str, FileEntry]:
    """Pull, register, decode and check; the ledger's entries by source and name, each delivered file once."""
    for file in deliveries:
        intake.deliver(file.folder, file.name, file.content)
    pulled = intake.pull(settle_seconds=0)
    assert not pulled.unreachable and not pulled.growing, pulled
    intake.decode()
    intake.check_exports()
    check_bank_files(intake.ledger, RESULT_CODES)
    check_cdr_files(intake.ledger, intake.con, intake.settings.raw, HOLD_ABOVE, None)
    entries = intake.ledger.files()
    by_place = {f"{entry.source}/{entry.file_name}": entry for entry in entries}
    assert len(by_place) == len(entries)
    assert by_place.keys() == {f"{file.folder}/{file.name}" for file in deliveries}
    return by_place


def check(intake: Intake, file: Delivery, entry: FileEntry) -> None:
    """A file has one status, and every line of one that is read stands in one place."""
    assert entry.status in ("loaded", "held", "rejected"), entry
    assert (entry.status == "loaded") == (entry.status_reason is None), entry
    landed = intake.settings.home / entry.landing_path
    assert landed.read_bytes() == file.content, "the landed file is what was delivered, byte for byte"
    if entry.status == "rejected":
        counts = (
            entry.read_records,
            entry.malformed_records,
            entry.read_seconds,
            entry.data_rows,
            entry.set_aside_rows,
        )
        assert counts == (0, 0, 0, 0, 0), entry
        return
    lines = unpacked(file)
    assert lines is not None, f"{file.name}: what cannot be unpacked is rejected, it is {entry.status}"
    foreign = next((seed for seed in FOREIGN_SEEDS if seed.folder == file.folder), None)
    if foreign is not None:
        _check_foreign(intake, entry, lines, foreign)
    elif entry.file_kind == "bank" and entry.format != "canonical":
        _check_foreign_bank(intake, entry, lines)
    else:
        {"cdr": _check_cdr, "bank": _check_bank, "customers": _check_export}[entry.file_kind](intake, entry, lines)


def unpacked(file: Delivery) -> bytes | None:
    """The content of a delivered file, None where its packing is damaged; by other functions than the product's."""
    try:
        if file.name.endswith(".gz"):
            return gzip.decompress(file.content)
        if file.name.endswith(".zst"):
            with zstandard.ZstdDecompressor().stream_reader(file.content, read_across_frames=True) as reader:
                return reader.read()
    except (OSError, EOFError, zlib.error, zstandard.ZstdError):
        return None
    return file.content


def _set_aside(intake: Intake, entry: FileEntry) -> dict[int, str]:
    """Line number → text of what was set aside, each with a field and a reason."""
    rows = intake.rows("malformed", entry.file_id, "line_number, record_text, field, reason")
    assert all(field and reason for _, _, field, reason in rows), rows
    found = {number: text for number, text, _, _ in rows}
    assert len(found) == len(rows), f"a line is set aside once: {sorted(rows)}"
    return found


def _numbered(content: bytes) -> dict[int, bytes]:
    """The lines after the first by their number, without their ends; empty ones at the end are none."""
    lines = [line.removesuffix(b"\r") for line in content.split(b"\n")]
    while lines and not lines[-1]:
        lines.pop()
    return dict(enumerate(lines[1:], start=2))


def _check_cdr(intake: Intake, entry: FileEntry, content: bytes) -> None:
    lines, aside = _numbered(content), _set_aside(intake, entry)
    places = Counter(_loaded(intake, entry, aside)) + Counter(list(aside))
    full = {
        number: line.strip(b"\x1a\r") for number, line in lines.items() if line.strip(b"\x1a\r") or b"\x1a" not in line
    }
    assert set(places.values()) <= {1} and set(places) <= set(full), "each record stands in one place"
    _no_line_is_lost(full, set(places), entry.format)
    for number, text in aside.items():
        first = text.split("\n")[0]
        assert first in (full[number].decode(errors="replace"), full[number].decode(errors="backslashreplace"))
    _check_by_the_oracle(intake, entry, content, set(aside), set(places))


def _no_line_is_lost(lines: dict[int, bytes], places: set[int], form: str) -> None:
    """Each line begins a record or goes on with one: with that of the nearest place before it, which has a quote open."""
    quote = load_cdr_format(form).quote.encode()
    for number in sorted(set(lines) - places):
        begun = max((place for place in places if place < number), default=None)
        assert begun is not None and quote in lines[begun], f"line {number} is lost: {lines[number]!r}"


def _check_by_the_oracle(intake: Intake, entry: FileEntry, content: bytes, aside: set[int], places: set[int]) -> None:
    """The oracle reads the same records out of the lines, but that it forgives a sign or blanks around a number, and takes
    each line of a record with a line break in it for one of its own."""
    file = InboxFile(
        Path(entry.file_name), entry.source, "cdr", entry.file_name, "SW1", file_date=entry.file_date, content=content
    )
    assert read_records(file, known_switch=True), "the header is one that the oracle knows"
    read = {row[0]: row[1:] for row in intake.rows("calls", entry.file_id, f"line_number, {', '.join(COLUMNS)}")}
    lines = content.split(b"\n")
    for record in file.records:
        if record.line_number not in places or b'"' in lines[record.line_number - 1]:
            continue
        if record.state == "malformed":
            assert record.line_number not in read, f"{record.reason}: {lines[record.line_number - 1]!r}"
        elif record.line_number in aside:
            assert _FORGIVEN.search(lines[record.line_number - 1].rstrip(b"\r")), lines[record.line_number - 1]
        else:
            values = record.fields()
            assert read[record.line_number] == tuple(values[column] for column in COLUMNS), lines[
                record.line_number - 1
            ]


def _check_foreign(intake: Intake, entry: FileEntry, content: bytes, seed: Seed) -> None:
    aside = _set_aside(intake, entry)
    ignored = [number for (number,) in intake.rows("ignored", entry.file_id, "line_number")]
    places = Counter(_loaded(intake, entry, aside, len(ignored))) + Counter(list(aside)) + Counter(ignored)
    assert set(places.values()) <= {1}, "each record stands in one place"
    if seed.is_text:
        # Lines that are empty, headers and (at the end) trailers are no records; every other line is of one.
        lines = {number: line.strip(b"\x1a\r") for number, line in enumerate(content.split(b"\n"), start=1)}
        records = [number for number, line in lines.items() if line and number > seed.headers]
        kept = records[: len(records) - seed.trailers]
        _no_line_is_lost(
            {number: lines[number] for number in kept} | {n: lines[n] for n in places}, set(places), entry.format
        )
        assert all(seed.headers < number <= len(lines) for number in places)
    else:
        assert sorted(places) == list(range(1, len(places) + 1)), "records are numbered without gaps"
        assert bool(places) == bool(content.strip(b"\x00\xff")), "bytes that are no padding are a record or set aside"
        if seed.folder == "cdr/huawei_igwb":
            assert len(places) == -(-len(content) // 80), (
                "each 80 bytes, and what is left at the end, stand in one place"
            )


def _loaded(intake: Intake, entry: FileEntry, aside: dict[int, str], ignored: int = 0) -> list[int]:
    """The line numbers of the records that were read, after the ledger's figures were compared with the written rows."""
    calls = intake.rows("calls", entry.file_id, "line_number, record_number, duration_seconds, call_date")
    assert len({record for _, record, *_ in calls}) == len(calls), "record numbers do not repeat"
    assert (entry.read_records, entry.malformed_records) == (len(calls) + len(aside) + ignored, len(aside))
    assert entry.ignored_records == ignored
    assert entry.read_seconds == sum(seconds for _, _, seconds, _ in calls)
    days = {day.call_date: day.records for day in intake.ledger.call_days() if day.file_id == entry.file_id}
    assert days == dict(Counter(day for *_, day in calls))
    return [number for number, *_ in calls]


def _check_bank(intake: Intake, entry: FileEntry, content: bytes) -> None:
    # Padding and the end-of-file mark 0x1A at the end are no line.
    lines, aside = _numbered(content.rstrip(b" \r\n\x00\x1a")), _set_aside(intake, entry)
    ((trailer, records, total),) = intake.rows(
        "debit_batches", entry.file_id, "trailer_records, detail_records, detail_total_amount"
    )
    details = intake.rows("debits", entry.file_id, "line, account_id, amount, result_code")
    assert len(details) + len(aside) + (trailer is not None) == len(lines), (
        "each line is a detail, the trailer or set aside"
    )
    assert (entry.data_rows, entry.set_aside_rows) == (len(details) + len(aside), len(aside))
    assert (records, total) == (len(details), sum((amount for _, _, amount, _ in details), Decimal(0)))
    for number, text in aside.items():
        assert text == lines[number].rstrip(b" \t").decode(errors="backslashreplace")
    if entry.status == "loaded":
        assert not aside and trailer == len(details)


def _check_foreign_bank(intake: Intake, entry: FileEntry, content: bytes) -> None:
    aside = _set_aside(intake, entry)
    ((records, total),) = intake.rows("debit_batches", entry.file_id, "detail_records, detail_total_amount")
    rows = intake.rows("debits", entry.file_id, "line, amount, line_kind")
    assert (entry.data_rows, entry.set_aside_rows) == (len(rows) + len(aside), len(aside))
    debits = [amount or Decimal(0) for _, amount, kind in rows if kind == "debit"]  # a refused one may have none
    assert (records, total) == (len(debits), sum(debits, Decimal(0)))
    assert len({line for line, *_ in rows}) == len(rows), "lines do not repeat"
    if entry.status == "loaded":
        assert not aside
    if entry.format in ("cn_delimited", "cn_fixed_width"):
        lines = len(_numbered(b"\n" + content.rstrip(b" \r\n\x00\x1a")))  # padding at the end is no line
        assert lines - 1 <= len(rows) + len(aside) <= lines, "all but the summary is a detail or set aside"
    if entry.format == "nacha" and b"\n" in content:
        entries = [at for at, line in enumerate(content.split(b"\n"), start=1) if line.startswith(b"6")]
        assert set(entries) <= {line for line, *_ in rows} | aside.keys(), "no entry is lost"


def _check_export(intake: Intake, entry: FileEntry, content: bytes) -> None:
    assert entry.export_table is not None
    table = EXPORT_TABLES[entry.export_table]
    aside = _set_aside(intake, entry)
    path = intake.settings.raw / "customers" / entry.export_table / f"{entry.file_id}.parquet"
    rows = pq.read_table(path).to_pylist()
    # A quoted field may hold line ends: a row covers as many lines as it has ends within, and the rows cover the file.
    covered: Counter[int] = Counter()
    for row in rows:
        ends = sum(value.count("\n") for name in table.columns if isinstance(value := row[name], str))
        covered.update(range(row["line_number"], row["line_number"] + ends + 1))
    for number, text in aside.items():
        covered.update(range(number, number + text.count("\n") + 1))
    lines = content.decode(errors="replace").split("\n")
    # Empty lines and lines of empty fields below the last row are no rows.
    while lines and len(lines) not in covered and not lines[-1].strip(' \t\r\u00a0\u3000,"'):
        lines.pop()
    assert covered == Counter(range(2, max(2, len(lines) + 1))), "each line stands in one place"
    assert (entry.data_rows, entry.set_aside_rows) == (len(rows) + len(aside), len(aside))
    keys = [tuple(row[name] for name in table.key) for row in rows]
    assert len(set(keys)) == len(keys), "keys do not repeat"
