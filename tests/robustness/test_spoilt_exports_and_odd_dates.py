"""Spoilt exports, wrong clocks, batches counted again, and what people decide of them (SPEC 4): one branch in two runs, by hand.

Everything is delivered at once on 20 May; the exports' source declares GB18030. 24 residential customers, accounts and numbers; A1 to
A4 pay 20.00 rent, a local minute costs 0.10.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from tests.robustness.branch import EXPORTS, SWITCH, Branch, cdr, new_branch
from tests.robustness.commands import Typed

SOURCES = """sources:
  - {name: cdr, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/cdr/SW1", format: canonical,
     pattern: "{switch_id}_{date:YYYYMMDD}_{sequence:6}.csv"}
  - {name: bank, kind: bank, url: "file:${TOLLHOUSE_HOME}/inbox/bank/ICBC", format: canonical,
     pattern: "{bank_code}_{date:YYYYMMDD}_{batch}.txt"}
  - {name: customers, kind: customers, url: "file:${TOLLHOUSE_HOME}/inbox/customers", format: canonical,
     pattern: "{table}_{date:YYYYMMDD}.csv", encoding: gb18030}
"""
ALL = range(1, 25)


def export(table: str, rows: Iterable[str]) -> str:
    return "\n".join([EXPORTS[table].split("\n")[0], *rows]) + "\n"


def customers(numbers: Iterable[int]) -> str:
    return export("customers", [f"C{n},客户{n},residential,FALSE,BU1,OU1,,2025/1/1,2099/12/31 0:00" for n in numbers])


def accounts(numbers: Iterable[int], unreadable: int = 0) -> str:
    """A1 and A2 pay by debit; the bank account of A1 went through a spreadsheet."""
    banks = {1: "debit,ICBC,6.222E+15", 2: "debit,ICBC,62220002"}
    rows = [f"A{n},C{n},{banks.get(n, 'counter,,')},2025/1/1," for n in numbers]
    return export(
        "accounts",
        [row.replace("2025/1/1", "13/2/2025") if n < unreadable else row for n, row in enumerate(reversed(rows))],
    )


def numbers(listed: Iterable[int], destroyed: int = 0, unreadable: int = 0) -> str:
    rows = []
    for n in listed:
        text = "2.200024E+06" if n == destroyed else f"220-{n:04d}"
        rows.append(f"{text},A{n},EX1,,2025/1/1 0:00,{'31/12/2026' if n == unreadable else ''}")
    return export("service_numbers", rows)


def bank(batch: str, day: str, total: str, *lines: str) -> str:
    header = f"H|ICBC|{batch}|2026-04|{day}|{len(lines)}|{total}|{len(lines)}|{total}"
    return "\n".join([header, *(f"D|{n}|{line}" for n, line in enumerate(lines, start=1)), f"T|{len(lines)}"]) + "\n"


def calls(day: str, *listed: int) -> str:
    return cdr([f"220{n:04d},2299999,,,{day} 10:00:00,60,16" for n in listed])


SECOND_OF_MAY_12 = bank("0001", "2026-05-12", "3.00", "A2|62220002|3.00|00")
DELIVERED: dict[str, dict[str, str | bytes]] = {
    "customers": {
        "customers_20260501.csv": customers(ALL).encode("gb18030"),
        "customers_20260502.csv": customers(range(1, 13)).encode("utf-8-sig"),  # exactly half
        "customers_20260503.csv": customers(range(1, 3)),  # of 12, which say nothing
        "accounts_20260501.csv": accounts(ALL),
        "accounts_20260502.csv": accounts(ALL).encode("utf-16"),
        "accounts_20260503.csv": accounts(range(1, 21), unreadable=1),  # 1 of 20
        "accounts_20260504.csv": accounts(range(1, 20), unreadable=1),  # 1 of 19
        "service_numbers_20260501.csv": numbers(ALL),
        "service_numbers_20260502.csv": numbers(range(1, 12)),  # 11 of 24
        "service_numbers_20260504.csv": numbers(ALL, destroyed=24, unreadable=23),
        "subscriptions_20260501.csv": export(
            "subscriptions", [f"S{n},A{n},+220000{n},LINE,,2025/1/1 0:00,".replace("+", "") for n in range(1, 5)]
        ),
        "payments_20260501.csv": export(
            "payments", ['PX,A3,2026/5/1 9:00,"1,020.50",counter,OU1', "PY, A4 ,2026/5/1 9:00:30,10.770,counter,OU1"]
        ),
        **{f"{table}_20260501.csv": EXPORTS[table] for table in ("account_merges", "number_orders", "complaints")},
    },
    f"cdr/{SWITCH}": {
        f"{SWITCH}_20260405_000001.csv": calls("2026-04-05", 1, 2, 3, 4, 13),
        f"{SWITCH}_20260506_000002.csv": calls("2026-05-06", 1, 23, 24),
        f"{SWITCH}_19700101_000003.csv": calls("1970-01-01", 1),
        f"{SWITCH}_20620412_000004.csv": calls("2062-04-12", 1),
        f"{SWITCH}_20260522_000005.csv": calls("2026-05-22", 1),  # the day after tomorrow
        f"{SWITCH}_20260521_000006.csv": calls("2026-05-21", 1),
        f"{SWITCH}_20251201_000007.csv": calls("2025-12-01", 1),
    },
    "bank/ICBC": {
        "ICBC_20260504_0001.txt": bank("0001", "2026-05-04", "20.00", "A1|6222|20.00|00"),
        "ICBC_20260512_0001.txt": bank("0001", "2026-05-12", "20.00", "A2|62220002|20.00|00"),
        "ICBC_20260513_0001.txt": bank("0001", "2026-05-12", "20.00", "A2|62220002|20.00|00"),
        "ICBC_20260514_0001.txt": SECOND_OF_MAY_12,
        "ICBC_20260515_0002.txt": bank("0002", "2026-05-15", "30.00", "A3|62|5.00|00", "A4|62|6.00|00"),
        "ICBC_20260516_0003.txt": bank("0003", "2026-05-16", "9.00", "A5|62|9.00|77").replace("|1|9.00\n", "|0|0.00\n", 1),
        "ICBC_20260517_0004.txt": bank("0004", "2062-05-17", "1.00", "A1|62|1.00|00"),
    },
}  # fmt: skip


def tollhouse(branch: Branch, *words: str, today: str = "2026-05-20") -> Typed:
    return branch.tollhouse(*words, TOLLHOUSE_TODAY=today, TOLLHOUSE_SOURCES=str(branch.home / "sources.yml"))


def run(branch: Branch, today: str) -> dict[str, Any]:
    typed = tollhouse(branch, "run", today=today)
    assert typed.exit_code == 0, typed.message
    return typed.answer


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    branch = new_branch(tmp_path_factory.mktemp("spoilt") / "home")
    (branch.home / "sources.yml").write_text(SOURCES, encoding="utf-8")
    for folder, files in DELIVERED.items():
        for name, content in files.items():
            branch.deliver(folder, name, content)
    run(branch, "2026-05-20")
    return branch


RATES = "cast(receivable as varchar), cast(received as varchar)"


def received(branch: Branch) -> list[tuple[str, str]]:
    return [
        row[2:] for row in branch.mart("collection_rates", f"billing_period, dimension, {RATES}") if row[1] == "branch"
    ]


def test_what_is_spoilt_or_of_an_odd_date_is_held_with_its_reason(delivered: Branch) -> None:
    waiting = {name: row for name, row in delivered.files().items() if row[0] != "loaded"}
    words = {
        "accounts_20260502.csv": "neither as UTF-8 nor as gb18030",
        "accounts_20260504.csv": "1 of 19 rows cannot be read",
        "service_numbers_20260502.csv": "11 rows, service_numbers_20260501.csv has 24",
        "service_numbers_20260504.csv": "2 of 24 rows cannot be read",
        f"{SWITCH}_19700101_000003.csv": "1970-01-01 lies more than 62 days (date_gap)",
        f"{SWITCH}_20620412_000004.csv": "2062-04-12 lies after the machine's day",
        f"{SWITCH}_20260522_000005.csv": "2026-05-22 lies after the machine's day",
        f"{SWITCH}_20251201_000007.csv": "2025-12-01 lies more than 62 days (date_gap)",
        "ICBC_20260513_0001.txt": "same content as ICBC_20260512_0001.txt",
        "ICBC_20260514_0001.txt": "batch 0001 of 2026-05-12 is already loaded",
        "ICBC_20260515_0002.txt": "total_amount 30.00, details 11.00",
        "ICBC_20260516_0003.txt": "77",
        "ICBC_20260517_0004.txt": "it is debited on 2062-05-17",
    }
    assert set(waiting) == set(words)
    for name, text in words.items():
        assert text in str(waiting[name][1])
    told = [
        subject for kind, subject in delivered.mart("problem_bulletin", "kind, subject") if kind.startswith("file_")
    ]
    assert all(any(name in subject for subject in told) for name in words)


def test_odd_dates_move_nothing_and_the_sound_exports_count(delivered: Branch) -> None:
    assert delivered.manifest["as_of"] == "2026-05-21"
    bills = delivered.mart("bills", "billing_period, account_id, cast(amount as varchar), customer_id, customer_class")
    assert [row for row in bills if row[0] < "2026-05"] == [
        ("2026-04", "A1", "20.10", "C1", "residential"),
        ("2026-04", "A13", "0.10", "C13", "residential"),
        ("2026-04", "A2", "20.10", "C2", "residential"),
        ("2026-04", "A3", "20.10", "C3", "residential"),
        ("2026-04", "A4", "20.10", "C4", "residential"),
    ]
    # PX pays all of A3's, PY 10.77 of A4's, the bank 20.00 each of A1's and A2's.
    assert received(delivered) == [("80.50", "70.87")]
    assert delivered.mart("suspended_calls", "calling_number") == []
    faults = delivered.mart("customer_records_incomplete", "export_table, record_id, field")
    assert ("accounts", "A1", "bank_account") in faults and ("accounts", "A2", "bank_account") not in faults


def test_people_let_in_what_was_judged(delivered: Branch) -> None:
    """On 30 September: the file of 22 May is let in by itself; one of 1 August lies alone, 71 days later."""
    branch = delivered
    ids = dict(branch.mart("file_reconciliation", "file_name, file_id"))

    def release(name: str, *words: str) -> int:
        return tollhouse(branch, "files", "release", ids[name], "--why", "asked the sender", *words).exit_code

    assert release("accounts_20260502.csv") == 1  # nothing of it can be read
    assert release("ICBC_20260515_0002.txt") == 1  # the difference has to be accepted
    assert release("ICBC_20260515_0002.txt", "--accept-totals") == 0
    for name in (
        "accounts_20260504.csv", "service_numbers_20260504.csv", "ICBC_20260514_0001.txt", "ICBC_20260513_0001.txt",
        "ICBC_20260516_0003.txt", "ICBC_20260517_0004.txt",
    ):  # fmt: skip
        assert release(name) == 0, name
    assert tollhouse(branch, "files", "retry", ids["service_numbers_20260502.csv"], "--why", "again").exit_code == 0
    branch.deliver(f"cdr/{SWITCH}", f"{SWITCH}_20260801_000008.csv", calls("2026-08-01", 1))
    run(branch, "2026-09-30")
    assert branch.manifest["as_of"] == "2026-05-22"
    assert sorted(name for name, (status, _) in branch.files().items() if status != "loaded") == [
        f"{SWITCH}_19700101_000003.csv",
        f"{SWITCH}_20251201_000007.csv",
        f"{SWITCH}_20260801_000008.csv",
        f"{SWITCH}_20620412_000004.csv",
        "accounts_20260502.csv",
        "service_numbers_20260502.csv",
    ]
    # A2's 20.10 are paid whole, what it paid above is prepaid; 6.00 of 0002 goes to A4.
    assert received(branch) == [("80.50", "76.97")]
    columns = (
        "batch_id, cast(debited_on as varchar), cast(total_amount as varchar), cast(detail_total_amount as varchar)"
    )
    batches = branch.mart("debit_batches", f"{columns}, totals_agree, is_difference_accepted, is_accepted")
    assert sorted(batches) == [
        ("0001", "2026-05-04", "20.00", "20.00", True, False, True),
        ("0001", "2026-05-12", "20.00", "20.00", True, False, True),
        ("0001#2", "2026-05-12", "3.00", "3.00", True, False, True),
        ("0001#3", "2026-05-12", "20.00", "20.00", True, False, True),
        ("0002", "2026-05-15", "30.00", "11.00", False, True, True),
        ("0003", "2026-05-16", "9.00", "9.00", True, False, True),
        ("0004", "2062-05-17", "1.00", "1.00", True, False, True),
    ]
    # Payments of one moment pay in the order of their ids, in which `#` comes before `:`.
    assert branch.mart("payment_applications", "payment_id, account_id, cast(amount as varchar)") == [
        ("ICBC:0001#2:2026-05-12:1", "A2", "3.00"),
        ("ICBC:0001#3:2026-05-12:1", "A2", "17.10"),
        ("ICBC:0001:2026-05-04:1", "A1", "20.00"),
        ("ICBC:0002:2026-05-15:2", "A4", "6.00"),
        ("PX", "A3", "20.10"),
        ("PY", "A4", "10.77"),
    ]
    assert branch.mart("debit_failures", "batch_id, account_id, result_code, cause") == [("0003", "A5", "77", "other")]
    # The export of 4 May counts now: 2200024 is gone from it, 2200023 is there, though not all of its row can be read.
    assert branch.mart("suspended_calls", "calling_number, state") == [("2200024", "undocumented")]
    rated = branch.mart("rated_calls", "cast(call_date as varchar), account_id, amount")
    assert [row for row in rated if row[0] > "2026-04-05"] == [
        ("2026-05-06", "A1", Decimal("0.10")),
        ("2026-05-06", "A23", Decimal("0.10")),
        ("2026-05-21", "A1", Decimal("0.10")),
        ("2026-05-22", "A1", Decimal("0.10")),
    ]
    kinds = ("number_vanished", "debit_code_unknown", "debit_total_mismatch")
    told = [(kind, subject) for kind, subject in branch.mart("problem_bulletin", "kind, subject") if kind in kinds]
    assert ("number_vanished", "2200024") in told and {kind for kind, _ in told} == set(kinds)
    asked = tollhouse(branch, "export", "debit-requests", today="2026-09-30")
    assert asked.exit_code == 0 and asked.answer["batches"] == []
    assert [(row["account_id"], "bank" in row["reason"]) for row in asked.answer["left_out"]] == [("A1", True)]
    assert not any(b"6.222E" in path.read_bytes() for path in (branch.home / "exports").rglob("*") if path.is_file())
    assert run(branch, "2026-09-30")["status"] == "nothing_new"


def test_a_release_of_an_odd_date_lifts_that_alone(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two files of 1 December lie alone. Released, one is held for two of its three records, the other is loaded."""
    branch = new_branch(tmp_path_factory.mktemp("accepted") / "home")
    (branch.home / "sources.yml").write_text(SOURCES, encoding="utf-8")
    branch.deliver_exports()
    branch.deliver_day(2)
    spoilt = f"{SWITCH}_20251201_000001.csv"
    sound = f"{SWITCH}_20251201_000002.csv"
    line = "2200001,2299999,,,2025-12-01 10:00:00,60,16"
    branch.deliver(f"cdr/{SWITCH}", spoilt, cdr([line, line.replace(",60,", ",-1,"), line.replace(",60,", ",x,")]))
    branch.deliver(f"cdr/{SWITCH}", sound, cdr([line.replace("10:00", "11:00")]))
    run(branch, "2026-03-03")
    assert {branch.files()[name][0] for name in (spoilt, sound)} == {"held"}
    ids = dict(branch.mart("file_reconciliation", "file_name, file_id"))

    def release(name: str) -> None:
        assert tollhouse(branch, "files", "release", ids[name], "--why", "it came late").exit_code == 0

    release(spoilt)
    release(sound)
    run(branch, "2026-03-03")
    assert branch.files()[sound][0] == "loaded"
    status, reason = branch.files()[spoilt]
    assert status == "held" and str(reason).startswith("2 of 3 records are malformed")
    of_december = "cast(started_at as varchar), amount"
    rows = branch.mart("rated_calls", of_december)
    assert [row for row in rows if row[0] < "2026"] == [("2025-12-01 11:00:00", Decimal("0.10"))]
    release(spoilt)
    run(branch, "2026-03-03")
    assert branch.files()[spoilt][0] == "loaded"
    rows = branch.mart("rated_calls", of_december)
    assert sorted(row for row in rows if row[0] < "2026") == [
        ("2025-12-01 10:00:00", Decimal("0.10")),
        ("2025-12-01 11:00:00", Decimal("0.10")),
    ]
