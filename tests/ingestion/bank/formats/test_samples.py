"""Other people's NACHA and ISO 20022 files: what each is was found by reading it by eye, figures worked out by hand."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.ingestion.bank.formats.declared import BankFormat
from orchestration.ingestion.bank.formats.reading import DEBIT, OTHER, ReadBatch
from tests.ingestion.bank.formats.readers import read_iso20022, read_nacha

SAMPLES = os.environ.get("TOLLHOUSE_SAMPLES")
pytestmark = pytest.mark.skipif(SAMPLES is None, reason="TOLLHOUSE_SAMPLES is not set: other people's bank files")


def nacha(name: str) -> ReadBatch:
    return read_nacha((Path(SAMPLES or "") / "bank_nacha" / name).read_bytes())


def camt(name: str, currency: str) -> ReadBatch:
    declared = BankFormat("iso20022", "iso20022", currency=currency)
    return read_iso20022((Path(SAMPLES or "") / "bank_iso20022" / name).read_bytes(), declared)


def test_a_debit_without_an_individual_id_is_set_aside_and_its_controls_agree() -> None:
    for name in ("ppd-debit.ach", "short-line.ach"):  # the second has lost the blanks at the end of a line
        read = nacha(name)
        assert read.differences == read.lines == []
        assert [(x.line_number, x.field) for x in read.set_aside] == [(3, "account_id")]


def test_a_file_of_credits_and_one_debit() -> None:
    """Six credits, 268.20 together; one debit of 150.00 (line 12)."""
    read = nacha("web-debit.ach")
    assert read.differences == read.set_aside == []
    assert [(x.line, x.account_id, x.bank_account, x.amount) for x in read.lines if x.line_kind == DEBIT] == [
        (12, "RAj##765432hj", "923698412584", Decimal("150.00"))
    ]
    assert sum(x.amount for x in read.lines if x.line_kind == OTHER) == Decimal("268.20")


def test_a_return_of_a_debit_and_one_of_a_credit() -> None:
    read = nacha("return-WEB.ach")
    assert read.differences == read.set_aside == []
    assert [(x.line, x.amount, x.result_code, x.line_kind) for x in read.lines] == [
        (3, Decimal("123.54"), "R01", DEBIT),
        (7, Decimal("45.65"), "R03", OTHER),
    ]


def test_files_without_header_or_control_say_so() -> None:
    read = nacha("return-no-batch-header.ach")
    assert read.differences == ["there is no file header (record type 1)", "there is no file control (record type 9)"]
    assert [x.line_number for x in read.set_aside] == [1, 2, 3, 4]
    assert nacha("no_control.txt").differences == ["there is no file control (record type 9)"]


def test_a_file_control_that_counts_a_batch_too_many() -> None:
    """The file has four batch headers and four batch controls, and its file control says five."""
    assert nacha("20110805A.ach").differences == ["file control in line 93: batch count 5, found 4"]


def test_notifications_without_direct_debits_have_no_debit_lines() -> None:
    """Version 2 tells the amounts of none of its three transactions; version 8 says two transactions and lists three."""
    assert camt("camt054.v2.xml", "SEK").differences == []
    assert camt("camt054.v8.xml", "CHF").differences == ["entry 1: NbOfTxs 2, found 3"]
    for name in ("camt054.v2.xml", "camt054.v8.xml"):
        assert {x.line_kind for x in camt(name, "CHF").lines} == {OTHER}


def test_a_file_of_two_statements_with_their_balances() -> None:
    """Two statements, each 18.15 + 8.85 = 27.00; no direct debits."""
    read = camt("camt053.v2.multi.statement.xml", "EUR")
    assert read.differences == read.set_aside == []
    assert {x.line_kind for x in read.lines} == {OTHER}
