"""MT940: collected and returned debits in a statement by hand; balances that do not agree."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from orchestration.ingestion.bank_formats.declared import load_bank_format
from orchestration.ingestion.bank_formats.mt940 import read_mt940
from orchestration.ingestion.bank_formats.reading import DEBIT, OTHER, ReadBatch

# 1 000.00 + 20.80 − 5.50 + 100.00 = 1 115.30
STATEMENT = """:20:STARTUMS
:25:12345678/0001234567
:28C:5/1
:60F:C260119CNY1000,00
:61:2601200120CR20,80NDDT1234567890//B1
:86:ACCT A1 collected
:61:2601200120DR5,50NRTIREF2
:86:ACCT A3 RSN AM04 returned
:61:2601200120CR100,00NTRFREF3
:86:RENT
:62F:C260120CNY1115,30
"""


def read(text: str) -> ReadBatch:
    return read_mt940(text.encode(), load_bank_format("mt940"))


def test_debits_are_told_from_other_bookings() -> None:
    batch = read(STATEMENT)
    assert (batch.differences, batch.set_aside, batch.debited_on) == ([], [], date(2026, 1, 20))
    assert [(x.line, x.account_id, x.amount, x.result_code, x.line_kind) for x in batch.lines] == [
        (1, "A1", Decimal("20.80"), "BOOK", DEBIT),
        (2, "A3", Decimal("5.50"), "AM04", DEBIT),
        (3, "", Decimal("100.00"), "BOOK", OTHER),
    ]


def test_balances_that_do_not_agree_are_named() -> None:
    assert read(STATEMENT.replace("1115,30", "1115,31")).differences == [
        "statement 1: closing balance 1115.31, found 1115.30"
    ]
    assert read(STATEMENT[: STATEMENT.index(":62F:")]).differences == [
        "statement 1: opening (60) or closing balance (62) is missing"
    ]
    assert read("nothing of the kind").differences == ["it has no statement (field 20)"]


def test_a_booking_that_cannot_be_used_is_set_aside_alone() -> None:
    batch = read(STATEMENT.replace("ACCT A1", "NOBODY").replace("RSN AM04 ", ""))
    assert [(x.line_number, x.field) for x in batch.set_aside] == [(1, "account_id"), (2, "result_code")]
    assert [x.line_kind for x in batch.lines] == [OTHER]
    batch = read(STATEMENT.replace("DR5,50NRTI", "CR5,50NRTI").replace("1115,30", "1126,30"))
    assert [(x.line_number, x.field) for x in batch.set_aside] == [(2, "amount")]
