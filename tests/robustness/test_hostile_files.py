"""Files that were made to stop the branch, beside sound ones, through whole runs: each is named, the others are published."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import pytest
import zstandard

from tests.robustness.branch import CDR_HEADER, EXPORTS, SWITCH, USUAL_STATES, Branch, cdr, new_branch
from tests.robustness.commands import Typed

SOUND = f"{SWITCH}_20260302_003002.csv"
FOLDER = f"cdr/{SWITCH}"
HUGE = "9999999999999999.99"
LARGEST = "999999999999.99"
PAYMENTS = "payment_id,account_id,paid_at,amount,channel,outlet_id\n"
# Each by name with the beginning of its reason.
HOSTILE = {
    "ICBC_20260302_1.txt": ("rejected", "unreadable: its amounts sum to 9999999999999999.99"),
    "ICBC_20260302_2.txt": ("held", "header total_amount 5.00, details 0.00; header success_amount 5.00, details 0.00; 1 lines do not"),
    "payments_20260303.csv": ("held", "2 of 2 rows cannot be read (100 %)"),
    "payments_20260304.csv.gz": ("rejected", "unreadable: it unpacks to more than 200 times"),
    f"{SWITCH}_20260302_003010.csv.zst": ("rejected", "unreadable: line 2 is longer than 1 MiB"),
    f"{SWITCH}_20260302_003011.csv.zst": ("rejected", "unreadable: it unpacks to more than 200 times"),
    f"{SWITCH}_20260302_003012.csv": ("rejected", "unreadable: line 2 is longer than 1 MiB"),
    f"{SWITCH}_20991231_003013.csv": ("rejected", "unreadable: no header"),
    f"{SWITCH}_19000101_003014.csv": ("held", "its date 1900-01-01 lies more than 62 days"),
}  # fmt: skip


def zeros(head: bytes, line: bytes, megabytes: int) -> bytes:
    """A zstd file of a head and so many MiB of one line over and over."""
    pack = zstandard.ZstdCompressor(level=1).compressobj()
    block = line * ((1 << 20) // len(line))
    return b"".join([pack.compress(head), *(pack.compress(block) for _ in range(megabytes)), pack.flush()])


def deliver_hostile(branch: Branch) -> None:
    """The files of the attack, as large as they have to be."""
    head = "H|ICBC|{batch}|2026-02|2026-03-02|{count}|{total}|{count}|{total}\n"
    details = "".join(f"D|{line}|A2|6222|{HUGE}|00\n" for line in (1, 2))
    branch.deliver("bank/ICBC", "ICBC_20260302_1.txt", head.format(batch=1, count=2, total=HUGE) + details + "T|2\n")
    detail = f"D|1|A2|6222|{HUGE}|00\n"
    branch.deliver("bank/ICBC", "ICBC_20260302_2.txt", head.format(batch=2, count=0, total="5.00") + detail + "T|0\n")
    poison = f"P8,A1,2026-03-02 09:00:00,{HUGE},counter,OU1\nP9,A1,2026-03-02 09:00:00,-{HUGE},counter,OU1\n"
    branch.deliver("customers", "payments_20260303.csv", PAYMENTS + poison)
    branch.deliver("customers", "payments_20260304.csv.gz", gzip.compress(PAYMENTS.encode() + b"\n" * (100 << 20)))
    cdr_head = f"{CDR_HEADER}\n".encode()
    branch.deliver(FOLDER, f"{SWITCH}_20260302_003010.csv.zst", zeros(cdr_head, b"x", 300))
    branch.deliver(FOLDER, f"{SWITCH}_20260302_003011.csv.zst", zeros(cdr_head, b"1,2,3,,,,60,16\n", 300))
    branch.deliver(FOLDER, f"{SWITCH}_20260302_003012.csv", cdr_head + b"x" * (40 << 20))
    branch.deliver(FOLDER, f"{SWITCH}_20991231_003013.csv", b"")
    branch.deliver(FOLDER, f"{SWITCH}_19000101_003014.csv", f"{CDR_HEADER}\n")


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Branch, Typed]:
    """The branch after the run over sound and hostile files with 1 GB of memory, and what the command said."""
    branch = new_branch(tmp_path_factory.mktemp("attacked") / "home")
    branch.deliver_day(2)
    branch.deliver_exports()
    deliver_hostile(branch)
    return branch, branch.tollhouse("run", TOLLHOUSE_MEMORY_LIMIT="1GB")


def test_each_hostile_file_is_named_and_the_run_publishes(attacked: tuple[Branch, Typed]) -> None:
    branch, typed = attacked
    assert typed.exit_code == 0, typed.message
    files = branch.files()
    for name, (status, reason) in HOSTILE.items():
        found, why = files[name]
        assert (found, str(why)[: len(reason)]) == (status, reason), name
        assert any(name in warning for warning in typed.answer["warnings"]), f"{name} is not named"
    bulletin = {details for kind, details in branch.mart("problem_bulletin", "kind, detail") if "file_" in kind}
    for name in HOSTILE:
        assert any(name in str(details) for details in bulletin), name


def test_what_is_published_is_what_the_sound_files_hold(attacked: tuple[Branch, Typed]) -> None:
    branch, _ = attacked
    assert branch.files()[SOUND] == ("loaded", None)
    assert branch.states()[SOUND] == USUAL_STATES
    assert branch.manifest["as_of"] == "2026-03-02", "no file that is set aside moves it"


def test_the_largest_values_that_are_let_in_break_no_sum(tmp_path: Path) -> None:
    """Amounts of all but 10^12, the first and the last times, the longest calls, the most channels: all of them in one run."""
    branch = new_branch(tmp_path / "home")
    rows = "".join(f"P1{at:02d},A1,2026-03-02 09:00:00,{LARGEST},counter,OU1\n" for at in range(90))
    rows += f"P2,A2,9999-12-31 23:59:59,{LARGEST},counter,OU1\nP3,A2,0001-01-01 00:00:00,{LARGEST},counter,OU1\n"
    rows += f"P4,A2,2026-03-02 09:00:00,-{LARGEST},counter,OU1\n"
    branch.deliver_exports(
        payments=PAYMENTS + rows,
        service_numbers=(
            "service_number,account_id,exchange_id,tariff_plan_id,valid_from,valid_to,channels\n"
            "2200001,A1,EX1,,0001-01-01 00:00:00,9999-12-31 23:59:59,2147483647\n2200002,A2,EX1,,2025-01-01 00:00:00,,1\n"
        ),
        complaints=EXPORTS["complaints"] + "K1,A1,OU1,0001-01-01 00:00:00,9999-12-31 00:00:00,bill,true\n",
    )
    lines = "".join(f"D|{line}|A2|6222|{LARGEST}|00\n" for line in range(1, 91))
    total = str(90 * Decimal(LARGEST))
    head = f"H|ICBC|1|2026-02|2026-03-02|90|{total}|90|{total}\n"
    branch.deliver("bank/ICBC", "ICBC_20260302_1.txt", f"{head}{lines}T|90\n")
    longest = [f"2200001,01012345678,,TG1,2026-03-02 10:0{at}:00,604800,2147483647" for at in range(9)]
    first = ["2200001,2200002,,,0001-01-01 00:00:00,604800,16", "2200001,2200002,,,9999-12-31 00:00:00,60,16"]
    branch.deliver(FOLDER, SOUND, cdr([*longest, *first]))
    typed = branch.tollhouse("run")
    assert typed.exit_code == 0, typed.message
    assert {status for status, _ in branch.files().values()} == {"loaded"}
    assert branch.states()[SOUND] == {"malformed": 1, "other_day": 1, "rated": 9}


def test_a_file_that_a_person_sets_aside_counts_no_longer(attacked: tuple[Branch, Typed]) -> None:
    """Its calls go; released, they are what they were."""
    branch, _ = attacked
    before = branch.mart("rated_calls")
    file_id = next(
        file_id for name, file_id in branch.mart("file_reconciliation", "file_name, file_id") if name == SOUND
    )
    assert before and branch.tollhouse("files", "reject", file_id, "--why", "a test of the switch").exit_code == 0
    assert branch.tollhouse("run").exit_code == 0
    assert not branch.manifest["marts"]["rated_calls"]["files"]
    assert branch.files()[SOUND] == ("rejected", "rejected by a person: a test of the switch; was loaded")
    assert branch.tollhouse("files", "release", file_id, "--why", "no test").exit_code == 0
    assert branch.tollhouse("run").exit_code == 0
    assert branch.mart("rated_calls") == before
