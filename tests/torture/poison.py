"""Poisoned files through the intake, in a process whose memory the system limits: none ends it, and none harms another.

A poisoned file is sound in its structure and extreme in something: a value, a size, how deep it is nested, how well it is
packed. What must hold is not what becomes of it (it may be read, held or rejected) but that pull, decode and judge come to
their end, that the sound files beside it are what they are without it, and that the next run finds nothing to do.
"""

from __future__ import annotations

import gzip
import logging
import os
import re
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import zstandard
from hypothesis import given
from hypothesis import strategies as st

from orchestration.ingestion.bank.results import check_bank_files
from orchestration.ledger.schema import FileEntry
from orchestration.warehouse.file_verdicts.call_files import check_cdr_files
from tests.ingestion.intake import RESULT_CODES, Intake
from tests.robustness.branch import cdr, new_branch
from tests.robustness.commands import PROJECT
from tests.torture.commands import Runner
from tests.torture.corpus import SEEDS, Seed, sources
from tests.torture.deliveries import DELIVERIES, Delivery, bank_file
from tests.torture.fuzzing import HOLD_ABOVE, delivery_name, drawn, fresh_intake
from tests.torture.soundness import after_a_run

#: What the process may have of address space beyond what it has when it begins; and the setting that goes with it.
ADDRESS_SPACE_BYTES, MEMORY_LIMIT = 3 << 30, "512MB"
FILES_AT_ONCE = 6
_SECONDS = 20  # for one file
_LARGEST_BYTES = 16 << 20  # of what one way of making a file extreme adds

BYSTANDERS = (
    Delivery("cdr/SW1", "SW1_20260328_999999.csv", cdr(["2288881,2288882,,,2026-03-28 10:00:00,60,16"]).encode()),
    Delivery("bank/ICBC", "ICBC_20260328_B999999.txt", bank_file().replace(b"|B1|", b"|B999999|")),
    Delivery("customers", "account_merges_19990101.csv", b"merge_id,from_account_id,into_account_id,merged_at,outlet_id\n"),
)  # fmt: skip

_NUMBERS = [
    "0",
    "00",
    "1",
    "-1",
    "9" * 9,
    "9" * 10,
    "9" * 12,
    "9" * 15,
    "9" * 16,
    "9" * 18,
    "9" * 19,
    "9" * 25,
    "9" * 40,
    "9" * 5_000,
]
_NUMBERS += [
    "2147483647",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "1e308",
    "999999999999.99",
    "9999999999999999.99",
]
_NUMBERS += ["604800", "604801", "1000000000000", "1000000000000.00", "٣"]
_DAYS = [
    "0000-00-00",
    "0001-01-01",
    "1582-10-10",
    "1677-09-21",
    "1900-02-29",
    "1969-12-31",
    "2262-04-12",
    "9999-12-31",
    "290000-01-01",
]
_DATE = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}|(?<![0-9])20[0-9]{6}(?![0-9])|(?<![0-9])2[0-9]{5}(?![0-9])")
_DIGITS = re.compile(rb"[0-9]+")
_FIELD = re.compile(rb"[^,|;\t\n<>]+")


def _in_place(pattern: re.Pattern[bytes], content: bytes, random: Random, new: Callable[[bytes], bytes]) -> bytes:
    found = list(pattern.finditer(content))
    if not found:
        return content
    chosen = random.sample(found, min(len(found), random.choice([1, 1, 2, 5])))
    for match in sorted(chosen, key=lambda match: -match.start()):
        content = content[: match.start()] + new(match[0]) + content[match.end() :]
    return content


def _number(content: bytes, random: Random) -> bytes:
    def extreme(old: bytes) -> bytes:
        new = random.choice(_NUMBERS).encode()
        return new[: len(old)].rjust(len(old), b"0") if random.random() < 0.4 else new  # as wide as before, or not

    return _in_place(_DIGITS, content, random, extreme)


def _day(content: bytes, random: Random) -> bytes:
    def extreme(old: bytes) -> bytes:
        new = random.choice(_DAYS)
        return (new if b"-" in old else new.replace("-", "")[-len(old) :]).encode()

    return _in_place(_DATE, content, random, extreme)


def _long_field(content: bytes, random: Random) -> bytes:
    size = random.choice([1 << 12, 1 << 16, (1 << 20) - 200, 1 << 20, 3 << 20])
    return _in_place(_FIELD, content, random, lambda old: old[:1] * size)


def _many_fields(content: bytes, random: Random) -> bytes:
    mark = random.choice([b",", b"|", b";", b"\t", b'"', b'","', b"(", b" "])
    lines = content.split(b"\n")
    at = random.randrange(len(lines))
    lines[at] += mark * random.choice([10, 999, 1_001, 30_000, 400_000])
    return b"\n".join(lines)


def _many_lines(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    at = random.randrange(len(lines))
    line = random.choice([lines[at], lines[at], b"", b'"', b" ", b"\r", b"\x1a", b"\0"])
    times = min(random.choice([100, 5_000, 50_000]), _LARGEST_BYTES // (len(line) + 1))
    return b"\n".join([*lines[:at], *[line] * times, *lines[at:]])


def _nested(content: bytes, random: Random) -> bytes:
    """In XML an element in an element, in BER a value of no definite length in another; brackets elsewhere."""
    depth = random.choice([10, 60, 70, 250, 300, 20_000])
    if content.lstrip().startswith(b"<"):
        at = content.rfind(b"</", 0, max(content.rfind(b"</"), 1))
        return (
            content[:at]
            + b"<a>" * depth
            + b"x" * random.choice([0, 1 << 20, 11 << 20])
            + b"</a>" * depth
            + content[at:]
        )
    inner = random.choice([b"\xa0\x80", b"\x30\x80", b"\xa0\x84\x7f\xff\xff\xff", b"\x1f\xff", b"[", b'"'])
    at = random.choice([0, len(content)])
    return content[:at] + inner * depth + content[at:]


def _as_it_is(content: bytes, random: Random) -> bytes:
    return content


_WAYS = [_number, _number, _number, _day, _day, _long_field, _many_fields, _many_lines, _nested, _as_it_is]


def poisoned(chosen: Seed, random: Random) -> tuple[bytes, str]:
    """The content made extreme in one to three ways, and the suffix of how it is packed."""
    content = chosen.content
    for way in random.sample(_WAYS, random.choice([1, 1, 2, 3])):
        content = way(content, random)
    packing = random.choice(["", "", "", ".gz", ".zst"])
    if not packing:
        return content, packing
    filling = random.choice([b"", b"", b"\n", b"x", b"\0", content[-200:] or b"0"])
    blown_up = filling * (random.choice([1 << 10, 8 << 20, 70 << 20]) // max(1, len(filling)))
    pack = (lambda data: gzip.compress(data, 1, mtime=0)) if packing == ".gz" else zstandard.compress
    return pack(content) + pack(blown_up), packing


def poison(batches: int, random_seed: int) -> Counter[str]:
    """Take in that many batches of poisoned files between sound ones; how many ended how. A failure names the batch's seeds."""
    ends: Counter[str] = Counter()
    seeds = [one for kind in SEEDS for one in SEEDS[kind]]
    chosen = st.tuples(st.sampled_from(seeds), st.randoms(use_true_random=False))

    @drawn(batches, random_seed)
    @given(st.lists(chosen, min_size=FILES_AT_ONCE // 2, max_size=FILES_AT_ONCE))
    def none_harms_another(chosen_files: list[tuple[Seed, Random]]) -> None:
        deliveries = []
        for number, (one, random) in enumerate(chosen_files):
            content, suffix = poisoned(one, random)
            deliveries.append(Delivery(one.folder, delivery_name(one, number) + suffix, content))
        try:
            ends.update(_take_in(deliveries))
        except BaseException as error:
            error.add_note(f"of {[(file.folder, file.name, len(file.content)) for file in deliveries]}")
            raise

    none_harms_another()
    return ends


def _take_in(deliveries: Sequence[Delivery]) -> list[str]:
    with fresh_intake() as fresh:
        intake = Intake(replace(fresh.settings, memory_limit=MEMORY_LIMIT, threads=1), fresh.ledger, fresh.con)
        (intake.settings.home / "sources.yml").write_text(_impatient_sources(), encoding="utf-8")
        for file in (*BYSTANDERS, *deliveries):
            intake.deliver(file.folder, file.name, file.content)
        pulled = intake.pull(settle_seconds=0)
        assert not pulled.unreachable and not pulled.growing, pulled
        intake.decode()
        _judge(intake)
        first = _ledger(intake)
        assert not intake.decode(), "the next run has nothing to decode"
        _judge(intake)
        assert _ledger(intake) == first, "nor does it judge anything otherwise"
        for file in BYSTANDERS:
            _check_bystander(intake, file)
        names = {file.name for file in BYSTANDERS}
        entries = [entry for entry in intake.ledger.files() if entry.file_name not in names]
        assert len(entries) == len(deliveries), "each has its verdict"
        assert {entry.status for entry in entries} <= {"loaded", "held", "rejected"}
        for entry in entries:
            assert entry.status == "loaded" or entry.status_reason, entry
        return [_how(entry) for entry in entries]


def _impatient_sources() -> str:
    return re.sub(r"format: (\w+)}", rf"format: \1, bounds: {{seconds: {_SECONDS}}}}}", sources())


def _judge(intake: Intake) -> None:
    intake.check_exports()
    check_bank_files(intake.ledger, RESULT_CODES)
    check_cdr_files(intake.ledger, intake.con, intake.settings.raw, HOLD_ABOVE, None)


def _ledger(intake: Intake) -> list[tuple[str, str, str | None]]:
    return [(entry.file_id, entry.status, entry.status_reason) for entry in intake.ledger.files()]


def _check_bystander(intake: Intake, file: Delivery) -> None:
    (entry,) = [entry for entry in intake.ledger.files() if entry.file_name == file.name]
    assert (entry.status, entry.status_reason) == ("loaded", None), entry
    if entry.file_kind == "cdr":
        assert intake.rows("calls", entry.file_id, "calling_number, duration_seconds") == [("2288881", 60)]
    elif entry.file_kind == "bank":
        lines = file.content.decode().splitlines()
        assert len(intake.rows("debits", entry.file_id)) == entry.data_rows == len(lines) - 2
    else:
        assert (entry.data_rows, entry.set_aside_rows) == (0, 0)


def _how(entry: FileEntry) -> str:
    """The status, and of what is rejected the bound or error."""
    reason = entry.status_reason or ""
    if entry.status != "rejected":
        return entry.status
    bound = re.search(r"bounds: \{(\w+)", reason) or re.search(r"be decoded: (\w+)|(memory)|(sum to)", reason)
    return f"rejected: {next(filter(None, bound.groups())) if bound else ' '.join(reason.split()[:3])}"


def in_limited_memory(batches: int, random_seed: int) -> tuple[list[str], float]:
    """As `poison`, in a process of its own under a limit of the system; how many ended how, and its most memory in MB."""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.torture.poison", str(batches), str(random_seed)],
        cwd=PROJECT,
        # glibc reserves 64 MiB of address space for each thread's own arena, which is no memory.
        env={**os.environ, "MALLOC_ARENA_MAX": "2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, f"ended with {ended.returncode}:\n{ended.stdout[-4000:]}\n{ended.stderr[-8000:]}"
    *lines, most = ended.stdout.strip().splitlines()
    return lines, float(most)


def through_a_whole_run(runner: Runner, home: Path, files: int, random_seed: int) -> dict[str, int]:
    """Poisoned files of every kind among sound ones through `tollhouse run`, which must publish, and through the next one, which
    finds nothing new; how many ended how."""
    branch, random = new_branch(home), Random(random_seed)
    (home / "sources.yml").write_text(_impatient_sources(), encoding="utf-8")
    for file in DELIVERIES[0]:
        file.to(branch)
    seeds = [one for kind in SEEDS for one in SEEDS[kind]]
    for number in range(files):
        one = random.choice(seeds)
        content, suffix = poisoned(one, random)
        Delivery(one.folder, delivery_name(one, 100 + number) + suffix, content).to(branch)
    environment = {
        **branch.settings,
        "TOLLHOUSE_SOURCES": str(home / "sources.yml"),
        "TOLLHOUSE_MEMORY_LIMIT": MEMORY_LIMIT,
    }
    ended = runner.forked(environment, "run")
    assert ended.status == 0, ended.errors
    after_a_run(home)
    again = runner.forked(environment, "run")
    assert again.status == 0, again.errors
    after_a_run(home)
    return dict(Counter(status for (status,) in branch.mart("file_reconciliation", "file_status")))


def main() -> None:
    """Limit the memory of this process, then poison it."""
    logging.disable(logging.CRITICAL)
    vm_bytes = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (vm_bytes + ADDRESS_SPACE_BYTES,) * 2)
    ends = poison(int(sys.argv[1]), int(sys.argv[2]))
    for how, files in ends.most_common():
        print(f"{files} {how}")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
