"""Every kind of bad file in one inbox, and one run over it: each is named with its fault, the good ones are published."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from tests.robustness.branch import CDR_HEADER, EXPORTS, SWITCH, USUAL_STATES, Branch, calls_of_day, cdr, new_branch
from tests.robustness.commands import Typed

GOOD = f"{SWITCH}_20260302_003002.csv"


def name_of(day: int, suffix: str = "") -> str:
    """The switch's file of a day of March."""
    return f"{SWITCH}_202603{day:02d}_{3000 + day:06d}.csv{suffix}"


def day_of(day: int) -> list[str]:
    """The seven calls of a day of March."""
    return calls_of_day(f"2026-03-{day:02d}")


@dataclass
class BadInbox:
    """The branch after the run, and what the command said."""

    branch: Branch
    typed: Typed


@contextmanager
def growing(path: Path) -> Iterator[None]:
    """A switch that is still writing this file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CDR_HEADER + "\n", encoding="utf-8")
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with path.open("a", encoding="utf-8") as file:
                file.write("1,2200001,2200002\n")
            time.sleep(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> BadInbox:
    """One run over everything that can be wrong with a delivered file."""
    branch = new_branch(tmp_path_factory.mktemp("bad") / "home")
    branch.add("gate_thresholds", "export_rows,,")  # one row of four: what it becomes is looked at here, not the export
    folder = f"cdr/{SWITCH}"
    branch.deliver_day(2)
    packed = gzip.compress(cdr(day_of(3)).encode())
    branch.deliver(folder, name_of(3, ".gz"), packed[: len(packed) // 2])
    branch.deliver(folder, name_of(4, ".gz"), b"no gzip at all")
    branch.deliver(folder, name_of(5), cdr(day_of(5), CDR_HEADER.replace("started_at", "start_time")))
    branch.deliver(folder, name_of(6), b"")
    two_bad = [
        *day_of(6)[:4],
        "2200001,22x0002,,,2026-03-07 10:00:00,60,16",
        "2200001,2200002,,,2026-03-07 10:00,60,16",
    ]
    branch.deliver(folder, name_of(7), cdr(line.replace("2026-03-06", "2026-03-07") for line in two_bad))
    branch.deliver(folder, name_of(8), cdr([*day_of(8)[:1], "nothing", "but", "noise"]))
    branch.deliver(folder, name_of(9), cdr(day_of(9)))
    branch.deliver(folder, name_of(9, ".ctl"), "records=8\nseconds=540\n")
    branch.deliver(
        folder, name_of(10), cdr(day_of(10)).encode() + b"8,22\xff0001,2200002,,,2026-03-10 12:00:00,60,16\n"
    )
    branch.deliver(folder, "readme.txt", "not a call file\n")
    branch.deliver(folder, f".{name_of(11)}", cdr(day_of(11)))
    branch.deliver(folder, name_of(12, ".part"), cdr(day_of(12)))
    branch.deliver("cdr/SW9", "SW9_20260301_000001.csv", cdr(day_of(1)))
    head = "H|ICBC|{batch}|2026-02|2026-03-02|1|{total}|1|{total}\nD|1|A2|6222|5.00|{code}\nT|1\n"
    branch.deliver("bank/ICBC", "ICBC_20260302_1.txt", head.format(batch=1, total="6.00", code="00"))
    branch.deliver("bank/ICBC", "ICBC_20260302_2.txt", head.format(batch=2, total="5.00", code="77"))
    branch.deliver("bank/ICBC", "ICBC_20260302_3.txt", "no header\n")
    branch.deliver_exports(
        customers=EXPORTS["customers"] + "C3,Wang,pensioner,false,BU7,OU9,,2025-01-01,\n",
        accounts=EXPORTS["accounts"] + "A3,C9,counter,,,2025-01-01,\nA4,C1,counter,,,2025-02-30,\n",
        payments=EXPORTS["payments"].replace("paid_at", "paid_on"),
        complaints=EXPORTS["complaints"] + "K1,A404,OU1,2026-03-02 09:00:00,,bill,true\n",
    )
    with growing(branch.home / "inbox" / folder / name_of(13)):
        typed = branch.tollhouse("run")
    return BadInbox(branch, typed)


def test_the_run_goes_on_and_publishes(bad: BadInbox) -> None:
    """Bad files stop nothing but themselves."""
    assert bad.typed.exit_code == 0, bad.typed.message
    assert bad.branch.files()[GOOD] == ("loaded", None)


def test_states_sum_and_only_the_bad_records_are_set_aside(bad: BadInbox) -> None:
    """Per file, checked against what was written; a rejected file is not read and counts 0."""
    assert bad.branch.states() == {
        GOOD: USUAL_STATES,
        name_of(3, ".gz"): {},
        name_of(4, ".gz"): {},
        name_of(5): {},
        name_of(6): {},
        name_of(7): {"malformed": 2, "rated": 4},
        name_of(8): {"malformed": 3, "held": 1},
        name_of(9): {"held": 7},
        name_of(10): {"malformed": 1, **USUAL_STATES},
        "readme.txt": {},
        "SW9_20260301_000001.csv": {"malformed": 7},
    }


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        (name_of(3, ".gz"), "rejected", "unreadable: truncated gzip"),
        (name_of(4, ".gz"), "rejected", "unreadable: damaged gzip"),
        (name_of(5), "rejected", "column 6 should be started_at but is 'start_time'"),
        (name_of(6), "rejected", "the file is empty"),
        (name_of(8), "held", "3 of 4 records are malformed"),
        (name_of(9), "held", ".ctl disagrees: it says records=8, the file has 7"),
        ("readme.txt", "rejected", "name not of its source's pattern"),
        ("SW9_20260301_000001.csv", "held", "7 of 7 records are malformed"),
        ("ICBC_20260302_1.txt", "held", "6.00"),
        ("ICBC_20260302_2.txt", "held", "77"),
        ("ICBC_20260302_3.txt", "rejected", "header"),
        ("payments_20260301.csv", "rejected", "column paid_at is missing"),
    ],
)
def test_a_bad_file_is_told_with_its_fault(bad: BadInbox, name: str, status: str, words: str) -> None:
    """In the reconciliation, in the bulletin, and by the command that ran."""
    found, reason = bad.branch.files()[name]
    assert found == status and reason is not None and words in reason
    kind = {"rejected": "file_rejected", "held": "file_held"}[status]
    subjects = [subject for of_kind, subject in bad.branch.mart("problem_bulletin", "kind, subject") if of_kind == kind]
    assert any(name in subject for subject in subjects)
    assert any(name in warning and words in warning for warning in bad.typed.answer["warnings"])


def test_a_growing_file_is_left_and_said_so(bad: BadInbox) -> None:
    """Not registered, not read; companions, hidden and unfinished files are no deliveries at all."""
    assert (
        f"cdr/{SWITCH}/{name_of(13)}: still growing or replaced meanwhile, left for the next run"
        in bad.typed.answer["problems"]
    )
    assert not {name_of(13), name_of(12, ".part"), f".{name_of(11)}", name_of(9, ".ctl")} & set(bad.branch.files())


def test_malformed_lines_are_kept_with_line_field_and_reason(bad: BadInbox) -> None:
    """As text, beside the file's name."""
    raw = bad.branch.home / "raw" / "malformed" / "*.parquet"
    kept = duckdb.sql(f"select record_text, line_number, field, reason from read_parquet('{raw}')").fetchall()
    lines = {text: (line, field) for text, line, field, _ in kept}
    assert lines["5,2200001,22x0002,,,2026-03-07 10:00:00,60,16"] == (6, "called_number")
    assert lines["6,2200001,2200002,,,2026-03-07 10:00,60,16"] == (7, "started_at")
    assert lines["2,nothing"] == (3, "line")
    assert any("SW9 is not in the reference book" in reason for *_, reason in kept)
    assert any(line == 9 and "not UTF-8" in reason for _, line, _, reason in kept)


def test_unknown_ids_in_exports_are_named(bad: BadInbox) -> None:
    """Each by export, record and field; a line that does not parse by its number."""
    problems = bad.branch.mart("problem_bulletin", "kind, subject, detail")
    told = {subject: detail for kind, subject, detail in problems if kind == "customer_record_incomplete"}
    assert "class pensioner has no tariff plan in the reference book" in told["customers C3 customer_class"]
    assert "BU7" in told["customers C3 business_unit_id"]
    assert "OU9" in told["customers C3 outlet_id"]
    assert "C9" in told["accounts A3 customer_id"]
    assert "is not a valid date" in told["accounts accounts_20260301.csv line 5 opened_on"]
