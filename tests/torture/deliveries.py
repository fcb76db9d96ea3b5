"""What is delivered to the small branch that is tortured: every kind of file, with repeats, faults and late comers.

Each file is made so that its fate does not hang on the order in which files come (but for which of two equal records counts
as the first): no share of a file comes near a limit that would hold it, unless it is held in any order.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import zstandard

from tests.robustness.branch import EXPORTS, SWITCH, Branch, calls_of_day, cdr


@dataclass(frozen=True)
class Delivery:
    """A file as it lies in the inbox."""

    folder: str
    name: str
    content: bytes

    def to(self, branch: Branch) -> None:
        """Put it there."""
        branch.deliver(self.folder, self.name, self.content)


def bank_file(batch: str = "B1", lines: int = 6, unknown: bool = False, bank: str = "ICBC") -> bytes:
    """A sound result file: every third debit fails; 1.00 for line 1, 2.00 for line 2 … of account A2."""
    codes = {line: "51" if line % 3 == 0 else "00" for line in range(1, lines + 1)}
    good = [line for line, code in codes.items() if code == "00"]
    if unknown:
        codes[lines] = "77"
        good = [line for line in good if line != lines]
    head = f"H|{bank}|{batch}|2026-02|2026-03-02|{lines}|{sum(codes)}.00|{len(good)}|{sum(good)}.00"
    details = [f"D|{line}|A2|6222{line:04d}|{line}.00|{code}" for line, code in codes.items()]
    return "\n".join([head, *details, f"T|{lines}", ""]).encode()


def _calls(day: str, sequence: int, records: list[str], packing: str = "") -> Delivery:
    name = f"{SWITCH}_{day.replace('-', '')}_{sequence:06d}.csv{packing}"
    return Delivery(f"cdr/{SWITCH}", name, _packed(cdr(records).encode(), packing))


def _packed(content: bytes, packing: str) -> bytes:
    if packing == ".gz":
        return gzip.compress(content, mtime=0)
    return zstandard.ZstdCompressor().compress(content) if packing == ".zst" else content


def repacked(file: Delivery, change: Callable[[bytes], bytes]) -> Delivery:
    """The file with its content changed, packed as before. One whose packing is damaged stays as it is."""
    packing = Path(file.name).suffix
    try:
        plain = gzip.decompress(file.content) if packing == ".gz" else file.content
    except EOFError:
        return file
    if packing == ".zst":
        plain = zstandard.ZstdDecompressor().decompress(file.content)
    return replace(file, content=_packed(change(plain), packing))


def _companion(of: Delivery, records: int, seconds: int) -> Delivery:
    return Delivery(of.folder, f"{of.name}.ctl", f"records={records}\nseconds={seconds}\n".encode())


def _exports(day: str, **changed: str) -> tuple[Delivery, ...]:
    tables = {**EXPORTS, **changed}
    return tuple(Delivery("customers", f"{table}_{day}.csv", text.encode()) for table, text in tables.items())


# The seven calls of a day last 540 seconds; the repeats below are three of twelve, a quarter: under every limit.
SECOND = _calls("2026-03-02", 1, calls_of_day("2026-03-02"))
THIRD = _calls("2026-03-03", 2, calls_of_day("2026-03-03"), ".gz")
OWN = [f"2200002,220000{n},,,2026-03-03 1{n}:00:00,6{n},16" for n in range(1, 8)]
REPEATS = _calls("2026-03-03", 3, [*calls_of_day("2026-03-03")[:3], *OWN, OWN[0], "2200001,2200002,,,tomorrow,60,16"])
LATE = _calls(
    "2026-03-02", 4, [*calls_of_day("2026-03-02")[3:5], *[record.replace("-03 1", "-02 1") for record in OWN]]
)
FOURTH = _calls("2026-03-04", 5, [*calls_of_day("2026-03-04"), "2200001,2200002,,,2026-03-02 23:00:00,60,16"], ".zst")
MISCOUNTED = _calls("2026-03-04", 6, [record.replace(" 10:", " 12:") for record in calls_of_day("2026-03-04")])
NIGHT = _calls("2026-03-05", 8, ["2200001,2200002,,,2026-03-04 23:59:00,120,16", *calls_of_day("2026-03-05")])
APRIL = _calls("2026-04-02", 9, [*calls_of_day("2026-04-02"), *calls_of_day("2026-04-01")[:2]])
MALFORMED = _calls("2026-04-02", 10, ["x,y", *calls_of_day("2026-04-02")[:1]])

DOCUMENTED = EXPORTS["service_numbers"] + "2200009,A1,EX1,,2026-03-01 00:00:00,\n"
PAID = EXPORTS["payments"] + "P2,A1,2026-04-01 10:00:00,30.00,counter,OU1\n"

SECOND_COMPANION, MISCOUNTED_COMPANION = _companion(SECOND, 7, 540), _companion(MISCOUNTED, 9, 540)
REJECTED = (
    Delivery(f"cdr/{SWITCH}", "calls of today.csv", b"?\n"),
    Delivery(f"cdr/{SWITCH}", f"{SWITCH}_20260305_000011.csv", SECOND.content),
    Delivery(f"cdr/{SWITCH}", f"{SWITCH}_20260305_000012.csv.gz", THIRD.content[:40]),
)
DEBITS = Delivery("bank/ICBC", "ICBC_20260302_B1.txt", bank_file())
UNKNOWN_CODE = Delivery("bank/ICBC", "ICBC_20260303_B2.txt", bank_file("B2", 4, unknown=True))

#: Delivery by delivery, as a careful branch would have them.
DELIVERIES: tuple[tuple[Delivery, ...], ...] = (
    (SECOND, SECOND_COMPANION, THIRD, DEBITS, *_exports("20260301")),
    (REPEATS, FOURTH, MISCOUNTED, MISCOUNTED_COMPANION, REJECTED[0]),
    (LATE, UNKNOWN_CODE, *_exports("20260304", service_numbers=DOCUMENTED)),
    (NIGHT, *REJECTED[1:]),
    (APRIL, MALFORMED, *_exports("20260402", service_numbers=DOCUMENTED, payments=PAID)),
)

#: Every snapshot of every table.
SNAPSHOTS = tuple(file for files in DELIVERIES for file in files if file.folder == "customers")
