"""MT940: collected and returned debits in a statement by hand; folded details; reversals; balances that do not agree."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

from orchestration.ingestion.bank.formats.declared import load_bank_format
from orchestration.ingestion.bank.formats.reading import DEBIT, OTHER, ReadBatch, find_reference
from tests.ingestion.bank.formats.readers import read_mt940

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
        "statement 1: opening (60) or closing balance (62) is missing or cannot be read"
    ]
    assert read("nothing of the kind").differences == ["it has no statement (field 20)"]


def test_a_booking_that_cannot_be_used_is_set_aside_alone() -> None:
    batch = read(STATEMENT.replace("ACCT A1", "NOBODY").replace("RSN AM04 ", ""))
    assert [(x.line_number, x.field) for x in batch.set_aside] == [(1, "account_id"), (2, "result_code")]
    assert [x.line_kind for x in batch.lines] == [OTHER]
    batch = read(STATEMENT.replace("DR5,50NRTI", "CR5,50NRTI").replace("1115,30", "1126,30"))
    assert [(x.line_number, x.field) for x in batch.set_aside] == [(2, "amount")]


def test_bookings_before_the_first_statement_are_not_lost() -> None:
    """The head of a file was cut off: what is left of its first statement holds the file."""
    batch = read(":25:X\n:61:260119C10,00NDDTR\n:86:ACCT A9 collected\n:62F:C260119CNY1000,00\n-\n" + STATEMENT)
    assert [line.account_id for line in batch.lines] == ["A9", "A1", "A3", ""]
    assert batch.differences == ["statement 1: opening (60) or closing balance (62) is missing or cannot be read"]


def test_a_return_is_of_the_day_on_which_it_was_entered() -> None:
    """Banks value a return back to the day of the debit: field 61 is value date, entry date (without year), mark."""

    def day(entered: str) -> date | None:
        return read(STATEMENT.replace("2601200120DR", f"260120{entered}DR")).lines[1].debited_on

    assert [day(entered) for entered in ("0123", "0120", "", "    ", "0119", "1231")] == [
        date(2026, 1, 23), *[date(2026, 1, 20)] * 5
    ]  # fmt: skip
    over_new_year = STATEMENT.replace("2601200120DR", "2512310102DR")
    assert read(over_new_year).lines[1].debited_on == date(2026, 1, 2)
    assert read(STATEMENT.replace("2601200120CR", "2601200123CR")).lines[0].debited_on == date(2026, 1, 20)


def page(sequence: str, opening: str, closing: str, *bookings: str, account: str = "1") -> str:
    """A message of a statement of 10 April: its number/page, the balances with their tags, the bookings."""
    return "\n".join([":20:S1", f":25:{account}", f":28C:{sequence}", f":{opening}", *bookings, f":{closing}", "-", ""])


def collected(account: str, amount: str) -> str:
    return f":61:260410C{amount}NDDTNONREF\n:86:ACCT {account}"


FIRST_PAGE = page("9/1", "60F:C260410CNY100,00", "62M:C260410CNY120,00", collected("A1", "20,00"))
SECOND_PAGE = page("9/2", "60M:C260410CNY120,00", "62M:C260410CNY150,00", collected("A2", "30,00"))
LAST_PAGE = page("9/3", "60M:C260410CNY150,00", "62F:C260410CNY155,00", collected("A3", "5,00"))


def test_the_pages_of_a_statement_go_on_where_the_one_before_ended() -> None:
    """A page that is missing has its bookings with it: 20.00 and 5.00 alone look sound."""
    assert accounts(read(FIRST_PAGE + SECOND_PAGE + LAST_PAGE)) == ["A1", "A2", "A3"]
    assert read(FIRST_PAGE + LAST_PAGE).differences == ["statement 2: opening balance of the page 150.00, found 120.00"]
    other = page("1/1", "60F:C260410CNY1,00", "62F:C260410CNY1,00", account="2")
    assert accounts(read(FIRST_PAGE + other + SECOND_PAGE)) == ["A1", "A2"]
    following = page("10/1", "60F:C260411CNY155,00", "62F:C260411CNY156,00", collected("A4", "1,00"))
    assert accounts(read(LAST_PAGE + following)) == ["A3", "A4"]
    assert read(FIRST_PAGE + following).differences == [
        "statement 2: the page before it ends in an intermediate balance and is not continued"
    ]


def test_a_statement_that_stands_twice_in_a_file_is_named() -> None:
    statement = page("9/1", "60F:C260410CNY100,00", "62F:C260410CNY120,00", collected("A1", "20,00"))
    assert read(statement + statement).differences == ["statement 9/1 of account 1 stands twice in the file"]


FULL = "COLLECTION TELEPHONE MARCH MANDATE 0000000000000000000012 ACCT A1"  # 65 characters
FIRST_WITH_TAG = "COLLECTION TELEPHONE MARCH MANDATE 000000000000000012 ACCT A1"  # 61, with :86: in front 65 + 1


def one_booking(
    details: str, mark: str = "C", kind: str = "NDDT", encoding: str = "utf-8", balance: str = ""
) -> ReadBatch:
    """A statement of one booking of 20.33: 100.00 before, 120.33 after, or 79.67 where it takes money off."""
    after = balance or ("79,67" if mark in ("D", "RC") else "120,33")
    text = (
        f":20:S1\n:25:1\n:28C:1/1\n:60F:C260410CNY100,00\n:61:2604120412{mark}20,33{kind}REF7//B1\n:86:{details}\n"
        f":62F:C260412CNY{after}\n-\n"
    )
    return read_mt940(text.encode(encoding), load_bank_format("mt940"))


def accounts(batch: ReadBatch) -> list[str]:
    assert (batch.differences, batch.set_aside) == ([], [])
    return [line.account_id for line in batch.lines]


def test_lines_of_65_characters_are_joined_with_nothing_between() -> None:
    assert len(FULL) == 65
    assert accounts(one_booking(FULL + "\n2 NAME BEN EXAMPLE")) == ["A12"]
    assert accounts(one_booking(FULL + "\r\n2 NAME BEN EXAMPLE")) == ["A12"]
    assert accounts(one_booking(FULL + "   \n2 NAME BEN EXAMPLE")) == ["A12"]
    assert accounts(one_booking(FULL[:-2] + "  \nA12 NAME BEN")) == ["A12"]
    assert accounts(one_booking(FULL[:-5] + "ACCT\n A12 NAME")) == ["A12"]


def test_a_shorter_line_ends_where_it_ends() -> None:
    assert accounts(one_booking("TELEPHONE BILL ACCT A1\n2 MONTHS")) == ["A1"]
    assert accounts(one_booking("TELEPHONE BILL ACCT\nA12\nNAME")) == ["A12"]


def test_lines_that_are_all_cut_at_another_width_are_joined_too() -> None:
    lines = ["TELEPHONE BILL OF MARCH 2026 ACCT A", "12 NAME BEN EXAMPLE OF HIGHSTREET 5", "IN TOWN"]
    assert {len(line) for line in lines[:-1]} == {35}
    assert accounts(one_booking("\n".join(lines))) == ["A12"]


def test_a_first_line_that_is_full_only_with_its_tag_is_not_guessed() -> None:
    assert len(FIRST_WITH_TAG) == 61
    batch = one_booking(FIRST_WITH_TAG + "\n2 NAME BEN EXAMPLE")
    assert [(x.field, x.reason) for x in batch.set_aside] == [
        ("account_id", "is not found in the details (field 86): 'A1' ends where its line does and may be cut")
    ]
    assert accounts(one_booking(FIRST_WITH_TAG + "\n/NAME BEN EXAMPLE")) == ["A1"]


def test_subfields_of_27_characters_are_joined_with_nothing_between() -> None:
    cut = "TELEPHONE MARCH 26 ACCT A10"
    assert len(cut) == 27
    details = f"105?00DIRECT DEBIT?109310?20{cut}?2177 THANK YOU?30BANKCODE?32BEN EXAM\nPLE?34000"
    assert accounts(one_booking(details)) == ["A1077"]
    assert accounts(one_booking("105?00DIRECT DEBIT?20TELEPHONE MARCH 26 ACCT A10?2177 THANKS".replace("26 ", ""))) == [
        "A10"
    ]
    folded = details.replace("\n", "")
    assert accounts(one_booking(folded[:65] + "\n" + folded[65:])) == ["A1077"]


def test_a_reference_counts_only_where_it_ends_at_a_boundary() -> None:
    declared = replace(load_bank_format("mt940"), account_id=re.compile(r"(?P<value>A\d)"))

    def found(details: str) -> str | None:
        return find_reference(declared.account_id or re.compile(""), details).value

    assert [found(text) for text in ("A1", "BILL A1.", "A12", "XA1", "A1-2", "XA1 A2", "账号A1号", "A1/26")] == [
        "A1", "A1", None, None, None, "A2", "A1", "A1"
    ]  # fmt: skip
    assert find_reference(re.compile("ACCT(?P<value>[0-9]+)"), "ACCT77 ").value == "77"
    assert find_reference(re.compile(r"EREF\+(?P<value>.+?)MREF"), "EREF+A1MREF+M").value == "A1"
    assert find_reference(re.compile(r"EREF\+(?P<value>A\d).*MREF"), "EREF+A12MREF+M").value is None


def test_reversals_are_returns_and_the_reversal_of_a_return_collects() -> None:
    def result(mark: str, kind: str, details: str) -> list[tuple[str, bool]]:
        batch = one_booking(details, mark, kind)
        assert (batch.differences, batch.set_aside) == ([], [])
        return [(line.result_code, line.is_return) for line in batch.lines]

    assert result("C", "NDDT", "ACCT A1") == [("BOOK", False)]
    assert result("RC", "NDDT", "ACCT A1 REVERSED") == [("RVSL", True)]
    assert result("RC", "NDDT", "ACCT A1 RSN MD06") == [("MD06", True)]
    assert result("D", "NRTI", "ACCT A1 RSN AM04") == [("AM04", True)]
    assert result("RC", "NRTI", "ACCT A1 RSN AM04") == [("AM04", True)]
    assert result("RD", "NRTI", "ACCT A1 RSN AM04") == [("BOOK", False)]
    batch = one_booking("ACCT A1", "RD", "NDDT")
    assert [(x.field, x.reason) for x in batch.set_aside] == [
        ("amount", "is the reversal of a debit, which NDDT cannot be by the format")
    ]
    both = replace(load_bank_format("mt940"), returned_types=("NDDT",))
    marks = ("C", "D", "RC", "RD")
    texts = [
        STATEMENT.replace("CR20,80NDDT", f"{mark}20,80NDDT").replace("A1 coll", "A1 RSN MD06 coll") for mark in marks
    ]
    lines = [read_mt940(text.encode(), both).lines[0] for text in texts]
    assert [(line.result_code, line.is_return) for line in lines] == [
        ("BOOK", False),
        ("MD06", True),
        ("MD06", True),
        ("BOOK", False),
    ]
    assert one_booking("ACCT A1", "RC").lines[0].reference == "REF7"
    assert one_booking("ACCT A1", "RC", "NDDTNONREF/OCMT/CNY20,33//CHGS/CNY0,00/").lines[0].reference is None


def charged(mark: str, kind: str, booked: str, behind: str, details: str) -> list[tuple[str, str]]:
    """Debit and charge of one booking behind an opening balance of 100.00, or field and reason why it is set aside."""
    after = Decimal(100) + Decimal(booked.replace(",", ".")) * (-1 if mark in ("D", "RC") else 1)
    text = (
        f":20:S1\n:25:1\n:28C:1/1\n:60F:C260410CNY100,00\n:61:2604120412{mark}{booked}{kind}{behind}\n:86:{details}\n"
        f":62F:C260412CNY{str(after).replace('.', ',')}\n-\n"
    )
    batch = read(text)
    assert batch.differences == []
    return [(str(x.amount), str(x.charge_amount)) for x in batch.lines] + [(x.field, x.reason) for x in batch.set_aside]


def test_charges_in_a_booking_are_no_part_of_the_debit() -> None:
    """20.00 comes back and 3.00 are charged: 23.00 are booked. 20.00 is collected less 0.50: 19.50 are booked."""
    back = "ACCT A1 RSN AM04"
    for behind in ("NONREF//B1\n/OCMT/CNY20,00//CHGS/CNY3,00/", "NONREF/OCMT/CNY20,00//CHGS/CNY3,00/",
                   "NONREF//OCMT/CNY20,00/CHGS/CNY3,00/", "REF7\n/OCMT/CNY20,/", "NONREF\n/CHGS/CNY1,00/\n/CHGS/CNY2,00/",
                   "NONREF\n/OCMT/CNY20,00//CHGS/C\nNY3,00/"):  # fmt: skip
        assert charged("D", "NRTI", "23,00", behind, back) == [("20.00", "3.00")], behind
    structured = "109?00RETURN?20ACCT A1?21RSN AM04?22OAMT+     20,00?23COAM+     3,00?24SVWZ+RETURNED"
    assert charged("D", "NRTI", "23,00", "NONREF", structured) == [("20.00", "3.00")]
    assert charged("D", "NRTI", "23,00", "NONREF", f"{back} /OCMT/CNY20,00/CHGS/CNY3,00/") == [("20.00", "3.00")]
    assert charged("C", "NDDT", "19,50", "NONREF\n/OCMT/CNY20,00//CHGS/CNY0,50/", "ACCT A1") == [("20.00", "0.50")]
    assert charged("RC", "NDDT", "23,00", "NONREF\n/OCMT/CNY20,00/", "ACCT A1") == [("20.00", "3.00")]
    # Charges that are booked by themselves; nothing charged; the amount in a currency of its own, which is no charge.
    assert charged("D", "NRTI", "20,00", "NONREF\n/OCMT/CNY20,00//CHGS/CNY3,00/", back) == [("20.00", "3.00")]
    assert charged("D", "NRTI", "20,00", "NONREF\n/OCMT/CNY20,//CHGS/   0,/", back) == [("20.00", "0.00")]
    assert charged("D", "NRTI", "20,00", "NONREF\n/OCMT/USD2,85/", back) == [("20.00", "0.00")]
    # A booking that is no direct debit says what it likes.
    assert charged("D", "NTRF", "20,00", "NONREF\n/OCMT/USD?/", "RENT") == [("20.00", "0.00")]


def test_charges_that_do_not_explain_the_booking_set_it_aside() -> None:
    back = "ACCT A1 RSN AM04"
    ((field, reason),) = charged("D", "NRTI", "23,00", "NONREF\n/OCMT/CNY20,00//CHGS/CNY2,00/", back)
    assert (field, reason) == ("amount", "is 23.00, which is not the 20.00 that was asked for with charges of 2.00")
    ((field, reason),) = charged("D", "NRTI", "19,00", "NONREF\n/OCMT/CNY20,00/", back)
    assert (field, reason) == ("amount", "is 19.00, which is not the 20.00 that was asked for with charges of 0")
    ((field, reason),) = charged("D", "NRTI", "3,00", "NONREF\n/CHGS/CNY3,00/", back)
    assert (field, reason) == ("amount", "is 3.00, and charges of 3.00 leave nothing of it")
    ((field, reason),) = charged("D", "NRTI", "23,00", "NONREF\n/OCMT/CNY20,005/", back)
    assert (field, reason) == ("amount", "has no amount with a comma and at most two decimals in '/OCMT/CNY20,005/'")
    # The 61 characters of a first line that may be cut end within the amount.
    cut = "ACCT A1 RSN AM04 TELEPHONE OF MARCH 0000000000000 /OCMT/CNY20"
    assert len(cut) == 61
    ((field, reason),) = charged("D", "NRTI", "23,00", "NONREF", cut + "\n,00/")
    assert (field, reason) == ("amount", "ends in '/OCMT/CNY20' where its line does and may be cut")


def test_names_in_any_encoding_cost_no_booking() -> None:
    for encoding in ("utf-8", "latin-1", "gb18030"):
        name = "王小明" if encoding == "gb18030" else "JÜRGEN MÜLLER"
        assert accounts(one_booking(f"ACCT A12 NAME {name}", encoding=encoding)) == ["A12"]
    # 65 characters, which are 65 bytes in Latin-1 and 66 in UTF-8.
    line = FULL[:53] + "MÜLL ACCT A1"
    assert len(line) == 65
    for encoding in ("utf-8", "latin-1"):
        assert accounts(one_booking(line + "\n2 NAME", encoding=encoding)) == ["A12"]
    assert one_booking("ACCT A1", encoding="utf-8-sig").differences == []


def test_an_amount_has_a_comma_and_at_most_two_decimals() -> None:
    text = STATEMENT.replace("CR20,80", "CR20.80")
    assert [(x.line_number, x.field) for x in read(text).set_aside] == [(1, "line")]
    assert [x.line_number for x in read(STATEMENT.replace("CR20,80", "CR20,805")).set_aside] == [1]
    assert read(STATEMENT.replace("CR100,00", "CR100,")).differences == []


def test_damage_around_the_statement_costs_nothing() -> None:
    wrapped = "{1:F01BANKCNBJ}{2:O940}{4:\r\n" + STATEMENT.replace("\n", "\r\n") + "-}\r\n\x1a"
    batch = read(wrapped)
    assert (batch.differences, batch.set_aside, len(batch.lines)) == ([], [], 3)
    in_one_line = wrapped.replace("{4:\r\n", "{4:")
    assert (read(in_one_line).differences, len(read(in_one_line * 2).lines)) == ([], 6)
    cut = STATEMENT[: STATEMENT.index(":61:2601200120CR100")] + ":61:26012001"
    assert read(cut).differences == ["statement 1: opening (60) or closing balance (62) is missing or cannot be read"]
    assert read("").differences == ["it has no statement (field 20)"]


def test_details_of_the_statement_belong_to_no_booking() -> None:
    """A field 86 behind the closing balance is about the statement."""
    assert read(STATEMENT + ":86:ACCT A9 SUMMARY\n").differences == []
    assert [x.account_id for x in read(STATEMENT + ":86:ACCT A9 SUMMARY\n").lines] == ["A1", "A3", ""]


def test_a_credit_for_all_needs_no_account_where_the_bank_lists_failures_only() -> None:
    """20.80 + 100.00 are credited for several, 5.50 come back of A3."""
    text = STATEMENT.replace("ACCT A1 collected", "DIRECT DEBITS 17").encode()
    assert [x.field for x in read_mt940(text, load_bank_format("mt940")).set_aside] == ["account_id"]
    by_exception = replace(load_bank_format("mt940"), collected_unless_returned=5)
    batch = read_mt940(text, by_exception)
    assert (batch.set_aside, batch.differences) == ([], [])
    assert [(x.account_id, x.amount, x.line_kind) for x in batch.lines] == [
        ("", Decimal("20.80"), OTHER),
        ("A3", Decimal("5.50"), DEBIT),
        ("", Decimal("100.00"), OTHER),
    ]
    no_account = STATEMENT.replace("ACCT A3 ", "").encode()
    assert [x.field for x in read_mt940(no_account, by_exception).set_aside] == ["account_id"]


def test_a_booking_that_names_two_accounts_is_set_aside() -> None:
    assert [(x.field, x.reason) for x in one_booking("ACCT A1 MARCH\nACCT A2").set_aside] == [
        ("account_id", "is not found in the details (field 86): there are several: A1, A2")
    ]
    assert accounts(one_booking("ACCT A1 MARCH\nTELEPHONE ACCT A1")) == ["A1"]


def test_balances_in_two_currencies_are_named() -> None:
    assert read(STATEMENT.replace("C260120CNY1115,30", "C260120USD1115,30")).differences == [
        "statement 1: opening balance is in CNY, closing balance in USD"
    ]
