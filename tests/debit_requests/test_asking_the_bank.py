"""From open bills to request file, the bank's answer and what is asked for next: the whole way on a small branch, by hand.

March 2026, bills of 20.00 rental each; A2's is 2.00 of calls. A5 has paid 5.00 and A8 all at the counter; A9 was merged into
A3 on 1 April; A7 has no bank account. So ICBC is asked for A2 2.00, A3 20.00 + 20.00, A4 20.00, A5 15.00, A6 20.00: 97.00.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.ledger.debit_requests import debit_requests
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import NewFile
from tests.robustness.branch import EXPORTS, Branch, run_over_two_days

REQUEST = """\
Q|ICBC|20260401-01|2026-03|2026-04-25|5|97.00
D|1|A2|62220001|2.00
D|2|A3|62200003|40.00
D|3|A4|62200004|20.00
D|4|A5|62200005|15.00
D|5|A6|62200006|20.00
T|5
"""
# A2 and A3 collected, A4 refused, A5 collected with 10.00 for 15.00, A6 missing, A1 never asked for.
RESULT = """\
H|ICBC|20260401-01|2026-03|2026-04-25|5|79.00|3|52.00
D|1|A2|62220001|2.00|00
D|2|A3|62200003|40.00|00
D|3|A4|62200004|20.00|51
D|4|A5|62200005|10.00|00
D|9|A1|62200001|7.00|51
T|5
"""
NO_BANK_ACCOUNT = "the account pays by debit but has no bank account"
WAITING = "requested in batch 20260401-01 of bank ICBC, line 5 and not answered yet"

_ACCOUNTS = EXPORTS["accounts"] + "".join(
    f"A{number},C2,debit,ICBC,{'' if number == 7 else 62200000 + number},2025-01-01,\n" for number in range(3, 10)
)
_SUBSCRIPTIONS = EXPORTS["subscriptions"] + "".join(
    f"S{number},A{number},,LINE,,2025-01-01,2026-04-01\n" for number in range(3, 10)
)
_PAYMENTS = (
    EXPORTS["payments"]
    + "P5,A5,2026-04-01 09:00:00,5.00,counter,OU1\n"
    + "P8,A8,2026-04-01 09:00:00,20.00,counter,OU1\n"
)
_MERGES = EXPORTS["account_merges"] + "M1,A9,A3,2026-04-01 08:00:00,OU1\n"


def _deliver(branch: Branch, day: str) -> None:
    branch.deliver_exports(
        day, accounts=_ACCOUNTS, subscriptions=_SUBSCRIPTIONS, payments=_PAYMENTS, account_merges=_MERGES
    )


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Branch, dict[str, Any]]:
    """The branch as of 1 April, after the banks were asked; and what the export said. Not to be changed: copy it."""
    branch = run_over_two_days(tmp_path_factory.getbasetemp()).copy_to(tmp_path_factory.mktemp("asked") / "home")
    branch.deliver_day(1, month=4)
    _deliver(branch, "20260401")
    assert branch.tollhouse("run").exit_code == 0
    typed = branch.tollhouse("export", "debit-requests")
    assert typed.exit_code == 0, typed.message
    return branch, typed.answer


@pytest.fixture(scope="module")
def answered(asked: tuple[Branch, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """The branch as of 26 April, after the bank answered on the 25th. Not to be changed: copy it."""
    branch = asked[0].copy_to(tmp_path_factory.mktemp("answered") / "home")
    branch.deliver("bank/ICBC", "ICBC_20260425_20260401-01.txt", RESULT)
    _deliver(branch, "20260426")
    typed = branch.tollhouse("run")
    assert (typed.exit_code, typed.answer["status"]) == (0, "published"), typed.message
    return branch


def _moved(branch: Branch, place: Path) -> Branch:
    shutil.copytree(branch.home, place, ignore=shutil.ignore_patterns("dagster", "warehouse.duckdb", "landing"))
    return Branch(place)


def test_the_request_asks_for_what_is_open_of_whom_it_settles(asked: tuple[Branch, dict[str, Any]]) -> None:
    branch, answer = asked
    (batch,) = answer["batches"]
    path = Path(batch.pop("file"))
    assert path == branch.home / "exports" / "debit_requests" / "ICBC_20260401-01.txt"
    assert path.read_text(encoding="utf-8") == REQUEST
    assert batch == {
        "bank_code": "ICBC",
        "batch_id": "20260401-01",
        "billing_period": "2026-03",
        "format": "canonical",
        "debit_on": "2026-04-25",
        "records": 5,
        "total_amount": "97.00",
        "sha256": hashlib.sha256(REQUEST.encode()).hexdigest(),
    }
    assert [(left["account_id"], left["amount"], left["reason"]) for left in answer["left_out"]] == [
        ("A7", "20.00", NO_BANK_ACCOUNT)
    ]
    (kept,) = debit_requests(branch.home / "ledger.sqlite")
    assert (kept.sha256, kept.total_amount, kept.edition) == (batch["sha256"], Decimal("97.00"), answer["edition"])
    assert [bill.bill_account_id for bill in kept.lines[1].bills] == ["A3", "A9"]


def test_nothing_is_asked_for_twice(asked: tuple[Branch, dict[str, Any]], tmp_path: Path) -> None:
    branch = _moved(asked[0], tmp_path / "home")
    typed = branch.tollhouse("export", "debit-requests")
    assert (typed.exit_code, typed.answer["batches"]) == (0, [])
    reasons = {(left["bill_account_id"], left["reason"]) for left in typed.answer["left_out"]}
    assert ("A6", WAITING) in reasons
    assert ("A9", "requested in batch 20260401-01 of bank ICBC, line 2 and not answered yet") in reasons
    assert len(reasons) == 7  # A2, A3, A4, A5, A6, A9 wait; A7 has no bank account
    again = branch.tollhouse("export", "debit-requests", "--again", "--debit-on", "2026-04-20").answer["batches"]
    assert [(batch["batch_id"], batch["total_amount"], batch["debit_on"]) for batch in again] == [
        ("20260401-02", "97.00", "2026-04-20")
    ]


def test_each_request_is_matched_with_its_result(answered: Branch) -> None:
    columns = "line, account_id, amount, collected_amount, result, result_line, days_waiting, is_overdue"
    assert answered.mart("debit_requests", columns) == [
        (1, "A2", Decimal("2.00"), Decimal("2.00"), "answered_success", 1, None, False),
        (2, "A3", Decimal("40.00"), Decimal("40.00"), "answered_success", 2, None, False),
        (3, "A4", Decimal("20.00"), Decimal("0.00"), "answered_failed", 3, None, False),
        (4, "A5", Decimal("15.00"), Decimal("10.00"), "partially_collected", 4, None, False),
        (5, "A6", Decimal("20.00"), Decimal("0.00"), "unanswered", None, 25, True),
    ]
    assert answered.mart("debit_result_mismatches", "line, kind, account_id, amount, requested_amount") == [
        (4, "other_amount", "A5", Decimal("10.00"), Decimal("15.00")),
        (9, "unexpected", "A1", Decimal("7.00"), None),
    ]
    problems = answered.mart("problem_bulletin", "kind, subject, count")
    assert [row for row in problems if row[0] in ("debit_unanswered", "debit_unexpected")] == [
        ("debit_unanswered", "ICBC 20260401-01", 1),
        ("debit_unexpected", "ICBC 20260401-01 2026-04-25 other_amount", 1),
        ("debit_unexpected", "ICBC 20260401-01 2026-04-25 unexpected", 1),
    ]
    gates = {gate["gate"]: gate["failed_rows"] for gate in answered.manifest["gates"]}
    assert (gates["requests_are_answered_in_time"], gates["results_are_as_requested"]) == (1, 2)


def test_who_has_paid_is_not_asked_again(answered: Branch, tmp_path: Path) -> None:
    """A4 was refused: 20.00 again. A5 owes 20.00 − 5.00 − 10.00 = 5.00. A2, A3 and A9 have paid, A6 is not answered."""
    branch = _moved(answered, tmp_path / "home")
    typed = branch.tollhouse("export", "debit-requests", "--period", "2026-03", "--out", str(tmp_path / "out"))
    assert typed.exit_code == 0, typed.message
    assert (tmp_path / "out" / "ICBC_20260426-01.txt").read_text(encoding="utf-8") == (
        "Q|ICBC|20260426-01|2026-03|2026-04-27|2|25.00\nD|1|A4|62200004|20.00\nD|2|A5|62200005|5.00\nT|2\n"
    )
    left_out = [(left["account_id"], left["reason"]) for left in typed.answer["left_out"]]
    assert left_out == [("A6", WAITING), ("A7", NO_BANK_ACCOUNT)]


def test_a_branch_that_never_asked_has_no_mismatch(ran: Branch) -> None:
    assert ran.mart("debit_requests") == ran.mart("debit_result_mismatches") == []
    gates = {gate["gate"]: gate["success"] for gate in ran.manifest["gates"]}
    assert gates["requests_are_answered_in_time"] and gates["results_are_as_requested"]


def test_an_edition_that_may_not_know_the_newest_payments_asks_nobody(
    asked: tuple[Branch, dict[str, Any]], tmp_path: Path
) -> None:
    branch = _moved(asked[0], tmp_path / "home")
    record = branch.home / "last_run.json"
    run = json.loads(record.read_text(encoding="utf-8"))
    for status in ("blocked", "running"):
        record.write_text(json.dumps(run | {"status": status}), encoding="utf-8")
        typed = branch.tollhouse("export", "debit-requests", "--again")
        assert typed.exit_code == 1
        assert f"the last run ended with '{status}'" in typed.message
    record.write_text(json.dumps(run), encoding="utf-8")
    with FileLedger(branch.home / "ledger.sqlite") as ledger:
        ledger.add_decision("retry_file", "fixed")
    typed = branch.tollhouse("export", "debit-requests", "--again")
    assert (typed.exit_code, "files came in or were decided on after edition" in typed.message) == (1, True)
    with FileLedger(branch.home / "ledger.sqlite") as ledger:
        name = "payments_20260402.csv"
        ledger.register(
            NewFile("f1", "customers", "customers", "canonical", name, name, 1, "s", "l", file_date=date(2026, 4, 2))
        )
    typed = branch.tollhouse("export", "debit-requests", "--again")
    assert (typed.exit_code, "stands for 2026-04-01, and files up to 2026-04-02 are there" in typed.message) == (
        1,
        True,
    )
    assert len(debit_requests(branch.home / "ledger.sqlite")) == 1


def test_a_file_that_cannot_be_written_leaves_no_request(asked: tuple[Branch, dict[str, Any]], tmp_path: Path) -> None:
    branch = _moved(asked[0], tmp_path / "home")
    out = tmp_path / "out"
    out.mkdir()
    (out / "ICBC_20260401-02.txt").write_text("sent long ago", encoding="utf-8")
    typed = branch.tollhouse("export", "debit-requests", "--again", "--out", str(out))
    assert (typed.exit_code, "exists already, and the ledger does not know it" in typed.message) == (1, True)
    assert [path.name for path in out.iterdir()] == ["ICBC_20260401-02.txt"]
    assert (out / "ICBC_20260401-02.txt").read_text(encoding="utf-8") == "sent long ago"
    (tmp_path / "file").touch()
    typed = branch.tollhouse("export", "debit-requests", "--again", "--out", str(tmp_path / "file"))
    assert (typed.exit_code, "nothing was requested" in typed.message) == (1, True)
    assert len(debit_requests(branch.home / "ledger.sqlite")) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--bank", "ABC"], "--bank: 'ABC' is not a known bank; use one of ICBC"),
        (["--debit-on", "2026-03-31"], "--debit-on 2026-03-31 is before 2026-04-01"),
        (["--debit-on", "soon"], "'soon' is not a valid date"),
        (["--period", "2026-13"], "'2026-13' is not a valid billing period"),
        (["--format", "pain.008"], "--format pain.008 needs --creditors FILE"),
        (["--creditors", "who.yml"], "--creditors is for --format pain.008 alone"),
    ],
)
def test_wrong_usage_asks_nobody(
    asked: tuple[Branch, dict[str, Any]], tmp_path: Path, words: list[str], told: str
) -> None:
    branch, _ = asked
    typed = branch.tollhouse("export", "debit-requests", *words)
    assert (typed.exit_code, told in typed.message) == (2, True), typed.message
    assert len(debit_requests(branch.home / "ledger.sqlite")) == 1
