"""The Bacs report of unpaid direct debits by hand: items, totals, return codes in both forms, damage."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from orchestration.ingestion.bank.formats.declared import load_bank_format
from orchestration.ingestion.bank.formats.reading import DEBIT, OTHER, ReadBatch
from tests.ingestion.bank.formats.readers import read_arudd


def item(
    ref: str, amount: str, code: str, day: str = "2026-06-09", transaction: str = "17", currency: str = "GBP"
) -> str:
    return (
        f'<ReturnedDebitItem ref="{ref}" transCode="{transaction}" returnCode="{code}" returnDescription="WHY" '
        f'originalProcessingDate="{day}" valueOf="{amount}" currency="{currency}">'
        '<PayerAccount number="10203040" ref="X" name="A NAME" sortCode="20-00-00" bankName="B" branchName="C"/>'
        "</ReturnedDebitItem>"
    )


def account(items: str, number: int, value: str) -> str:
    return (
        '<OriginatingAccountRecord><OriginatingAccount name="PHONE COMPANY" number="50607080" sortCode="30-00-00" type="0"/>'
        f'{items}<Totals numberOf="{number}" valueOf="{value}" currency="GBP"/></OriginatingAccountRecord>'
    )


def report(*accounts: str) -> str:
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<BACSDocument><Data><ARUDD>'
        '<Header reportType="REFT1019" adviceNumber="001" currentProcessingDate="2026-06-11"/>'
        '<AddresseeInformation name="PHONE COMPANY"/><ServiceLicenseInformation userName="PHONE" userNumber="301500"/>'
        f"<Advice><OriginatingAccountRecords>{''.join(accounts)}</OriginatingAccountRecords></Advice></ARUDD></Data>"
        "<SignatureMethod/><Signature/></BACSDocument>\n"
    )


# 20.80 refused for lack of funds, 5.50 for a cancelled instruction (of day 160, 9 June), and a credit of 1.00: 27.30;
# of the second account 7.00.
SOUND = report(
    account(
        item("A1", "20.80", "0") + item("A3", "5.50", "1160") + item("R", "1.00", "2", transaction="99"), 3, "27.30"
    ),
    account(item("A4", "7.00", "B", day="2026-05-29"), 1, "7.00"),
)


def read(text: str | bytes) -> ReadBatch:
    content = text.encode("latin-1") if isinstance(text, str) else text
    return read_arudd(content, load_bank_format("bacs_arudd"))


def test_every_item_is_a_return_with_its_reason() -> None:
    batch = read(SOUND)
    assert (batch.differences, batch.set_aside) == ([], [])
    assert (batch.debited_on, batch.original_day) == (date(2026, 6, 11), date(2026, 5, 29))
    assert [(x.line, x.account_id, x.amount, x.result_code, x.line_kind, x.is_return) for x in batch.lines] == [
        (1, "A1", Decimal("20.80"), "0", DEBIT, True),
        (2, "A3", Decimal("5.50"), "1", DEBIT, True),
        (3, "R", Decimal("1.00"), "2", OTHER, False),
        (4, "A4", Decimal("7.00"), "B", DEBIT, True),
    ]
    assert (batch.lines[0].bank_account, batch.lines[0].reason_text) == ("20-00-00 10203040", "WHY")


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ('numberOf="3"', 'numberOf="4"', "Totals numberOf 4, found 3"),
        ('valueOf="27.30"', 'valueOf="27.31"', "Totals valueOf 27.31, found 27.30"),
        ('<Totals numberOf="1" valueOf="7.00" currency="GBP"/>', "", "an originating account has no Totals"),
        ("2026-06-11", "11/06/26", "Header currentProcessingDate is missing or no date YYYY-MM-DD"),
    ],
)
def test_what_disagrees_is_named_with_both_figures(old: str, new: str, difference: str) -> None:
    assert old in SOUND
    assert read(SOUND.replace(old, new)).differences == [difference]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('valueOf="20.80"', 'valueOf="20.801"', "valueOf"),
        ('ref="A1"', 'ref=" "', "ref"),
        ('returnCode="0"', 'returnCode=""', "returnCode"),
        ('valueOf="20.80" currency="GBP"', 'valueOf="20.80" currency="EUR"', "currency"),
    ],
)
def test_an_item_that_cannot_be_used_is_set_aside_alone(old: str, new: str, field: str) -> None:
    assert old in SOUND
    batch = read(SOUND.replace(old, new))
    assert [(x.line_number, x.field) for x in batch.set_aside] == [(1, field)]
    assert [x.account_id for x in batch.lines] == ["A3", "R", "A4"]


def test_damaged_and_hostile_xml_is_a_difference() -> None:
    assert read(SOUND[:-40]).differences[0].startswith("the XML cannot be read to its end")
    assert read(b"").differences[0].startswith("the XML cannot be read to its end")
    declared = SOUND.replace("<BACSDocument>", '<!DOCTYPE x [<!ENTITY a "A9">]><BACSDocument>', 1).replace("A1", "&a;")
    assert read(declared).differences == ["it has a document type declaration, which no report of Bacs has"]
    assert read("<BACSDocument/>").differences == [
        "it is not a report of unpaid direct debits: there is no element ARUDD"
    ]


def test_line_ends_an_end_of_file_mark_and_names_cost_nothing() -> None:
    for data in (SOUND.replace("><", ">\r\n<") + "\x1a", SOUND.replace("A NAME", "JOSÉ")):
        batch = read(data)
        assert (batch.differences, batch.set_aside, len(batch.lines)) == ([], [], 4)


def test_reports_of_several_days_in_one_file_have_their_own_day() -> None:
    """Dated by the file's name, a return may lie before its debit."""
    end = SOUND.index("</Data>")
    second = report(account(item("A5", "3.00", "0"), 1, "3.00")).replace("2026-06-11", "2026-06-12")
    second = second[second.index("<ARUDD>") : second.index("</Data>")]
    batch = read(SOUND[:end] + second + SOUND[end:])
    assert (batch.differences, batch.set_aside, batch.debited_on) == ([], [], None)
    eleventh, twelfth = date(2026, 6, 11), date(2026, 6, 12)
    assert [(line.account_id, line.debited_on) for line in batch.lines] == [
        ("A1", eleventh), ("A3", eleventh), ("R", None), ("A4", eleventh), ("A5", twelfth)
    ]  # fmt: skip
