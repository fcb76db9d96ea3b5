"""Returned items of Australian direct entry by hand: every kind of record, totals that disagree, damage."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from orchestration.ingestion.bank.formats.reading import DEBIT, OTHER
from tests.ingestion.bank.formats.readers import read_becs


def item(
    code: str,
    cents: int,
    reference: str,
    kind: str = "2",
    transaction: str = "13",
    day: str = "09",
    name: str = "A NAME",
) -> str:
    """A record by its positions: 1, 2-8, 9-17, 18, 19-20, 21-30, 31-62, 63-80, 81-87, 88-96, 97-112, 113-114, 115-120."""
    line = (
        f"{kind}062-000{'12345678':>9}{code}{transaction}{cents:010d}{name:<32}{reference:<18}"
        f"083-047{'4455667':>9}{'PHONE COMPANY':<16}{day}301500"
    )
    assert len(line) == 120
    return line


def total(net: int, credit: int, debit: int, items: int) -> str:
    """The total record: 1, 2-8 999-999, 21-30 net, 31-40 credits, 41-50 debits, 75-80 items."""
    return f"7999-999{'':<12}{net:010d}{credit:010d}{debit:010d}{'':<24}{items:06d}{'':<40}"


HEADER = f"0{'':<17}01WBC{'':<7}{'PHONE COMPANY':<26}301500{'RETURNS':<12}110626{'':<40}"
# Returned debits of 20.80 and 5.50 (26.30) and a returned credit of 1.00: net 25.30.
ITEMS = [item("6", 2080, "A1"), item("3", 550, "A3"), item("1", 100, "REFUND", transaction="50")]
SOUND = [HEADER, *ITEMS, total(2530, 100, 2630, 3)]


def content(lines: list[str], end: str = "\r\n") -> bytes:
    return (end.join(lines) + end).encode()


def test_every_debit_that_comes_back_is_a_return_with_its_code() -> None:
    assert {len(line) for line in SOUND} == {120}
    read = read_becs(content(SOUND))
    assert (read.differences, read.set_aside) == ([], [])
    assert (read.debited_on, read.original_day, read.billing_period) == (date(2026, 6, 11), date(2026, 6, 9), None)
    assert [(x.line, x.account_id, x.amount, x.result_code, x.line_kind, x.is_return) for x in read.lines] == [
        (2, "A1", Decimal("20.80"), "6", DEBIT, True),
        (3, "A3", Decimal("5.50"), "3", DEBIT, True),
        (4, "REFUND", Decimal("1.00"), "1", OTHER, False),
    ]
    assert read.lines[0].bank_account == "083-047 4455667"


def test_the_original_day_is_the_last_such_day_up_to_the_return() -> None:
    lines = [HEADER, item("6", 2080, "A1", day="29"), total(2080, 0, 2080, 1)]
    assert read_becs(content(lines)).original_day == date(2026, 5, 29)
    lines[1] = item("6", 2080, "A1", day="00")
    assert read_becs(content(lines)).original_day is None


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        (total(2530, 100, 2630, 3), total(2530, 100, 2630, 4), "total record in line 5: items 4, found 3"),
        (total(2530, 100, 2630, 3), total(2530, 100, 2631, 3), "total record in line 5: total of debits 26.31, found 26.30"),
        (total(2530, 100, 2630, 3), total(2530, 101, 2630, 3), "total record in line 5: total of credits 1.01, found 1.00"),
        (total(2530, 100, 2630, 3), total(2531, 100, 2630, 3), "total record in line 5: net total 25.31, found 25.30"),
    ],
)  # fmt: skip
def test_a_total_that_disagrees_is_named_with_both_figures(old: str, new: str, difference: str) -> None:
    assert read_becs(content([new if line == old else line for line in SOUND])).differences == [difference]


def test_returned_debits_may_stand_in_the_total_of_credits() -> None:
    assert read_becs(content([*SOUND[:-1], total(2530, 2630, 100, 3)])).differences == []


def test_a_file_cut_short_or_without_header_says_so() -> None:
    assert read_becs(content(SOUND[:3])).differences == ["there is no total record (type 7)"]
    assert "there is no descriptive record (type 0)" in read_becs(content(SOUND[1:])).differences
    cut = read_becs(content(SOUND)[:-60])
    assert [(x.line_number, x.field) for x in cut.set_aside] == [(5, "line")]
    assert len(read_becs(b"").differences) == 2


def test_line_ends_blanks_and_an_end_of_file_mark_cost_nothing() -> None:
    for data in (
        content(SOUND, "\n"),
        content([line.rstrip() for line in SOUND]),
        content(SOUND) + b"\x1a",
        b"\xef\xbb\xbf" + content(SOUND),
    ):
        read = read_becs(data)
        assert (read.differences, read.set_aside, len(read.lines)) == ([], [], 3)


def test_a_name_in_any_encoding_moves_no_field() -> None:
    name = item("6", 2080, "A1", name="JOSÉ MUÑOZ")
    for data in (name.encode("latin-1"), name.encode()):
        read = read_becs(HEADER.encode() + b"\n" + data + b"\n" + total(2080, 0, 2080, 1).encode())
        assert (read.differences, read.set_aside) == ([], [])
        assert [(x.account_id, x.amount) for x in read.lines] == [("A1", Decimal("20.80"))]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (item("6", 2080, "A1").replace("0000002080", "00000020X0"), "amount"),
        (item("6", 2080, ""), "account_id"),
        (item(" ", 2080, "A1"), "result_code"),
        (item("6", 2080, "A1", transaction="1X"), "transaction_code"),
        (item("0", 2080, "A1", kind="1"), "line"),
        (item("0", 2080, "A1", kind="3"), "line"),
        (item("0", 2080, "A1") + "X", "line"),
        ("X" * 120, "line"),
    ],
)
def test_a_record_that_cannot_be_used_is_set_aside_alone(line: str, field: str) -> None:
    read = read_becs(content([HEADER, line, *ITEMS[1:], SOUND[-1]]))
    assert [(x.line_number, x.field) for x in read.set_aside] == [(2, field)]
    assert [x.account_id for x in read.lines] == ["A3", "REFUND"]
    after = read_becs(content([*SOUND, ITEMS[0]]))
    assert [(x.line_number, x.reason) for x in after.set_aside] == [(6, "stands after the total record")]
