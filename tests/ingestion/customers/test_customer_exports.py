"""Customer exports: types, set-aside rows, real CSV, and headers that are wrong."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.ingestion.intake import Intake

CUSTOMERS = "customer_id,name,customer_class,is_key_account,business_unit_id,outlet_id,agent_id,opened_on,closed_on"
PAYMENTS = "payment_id,account_id,paid_at,amount,channel,outlet_id"
REVERSALS = f"{PAYMENTS},reverses_payment_id"
NUMBERS = "service_number,account_id,exchange_id,tariff_plan_id,valid_from,valid_to"
SUBSCRIPTIONS = "subscription_id,account_id,service_number,product_id,promotion_id,valid_from,valid_to"


def export(intake: Intake, table: str, *lines: str | bytes) -> tuple[list[tuple[Any, ...]], list[tuple[int, str, str]]]:
    """Deliver an export and decode it: its rows (file_id apart) and what was set aside."""
    content = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + b"\n"
    intake.deliver("customers", f"{table}_20260131.csv", content)
    intake.pull()
    intake.decode()
    entry = intake.only_file()
    assert (entry.status, entry.status_reason) == ("registered", None)
    rows = [row[1:] for row in intake.rows(f"customers/{table}", entry.file_id)]
    set_aside = intake.malformed(entry.file_id)
    assert (entry.data_rows, entry.set_aside_rows) == (len(rows) + len(set_aside), len(set_aside))
    return rows, set_aside


def test_names_may_hold_commas_quotes_and_line_ends(intake: Intake) -> None:
    rows, set_aside = export(
        intake,
        "customers",
        CUSTOMERS,
        'C1,"Wang, ""Lao""\nof the mill",residential,true,BU1,OUT1,,2020-02-29,',
        "C2,李雷,staff,false,BU1,,AG1,2020-03-01,2024-01-31",
    )
    assert rows == [
        (2, "C1", 'Wang, "Lao"\nof the mill', "residential", True, "BU1", "OUT1", None, date(2020, 2, 29), None),
        (4, "C2", "李雷", "staff", False, "BU1", None, "AG1", date(2020, 3, 1), date(2024, 1, 31)),
    ]
    assert set_aside == []


def test_a_row_that_does_not_parse_is_set_aside_and_the_rest_loads(intake: Intake) -> None:
    rows, set_aside = export(
        intake,
        "customers",
        CUSTOMERS,
        "C1,a,staff,yes,BU1,,,2020-01-01,",
        "C2,b,staff,,BU1,,,2021-02-29,",
        ",c,staff,,BU1,,,,",
        "C4,d,staff",
        "",
        b"C5,\xff\xfe,staff,true,BU1,,,,",
        'C6,"e,staff,true,BU1,,,,',
        "C7,,,,,,,,",
        "C7,again,,,,,,,",
    )
    assert [row[:3] for row in rows] == [(9, "C7", None)]
    assert set_aside == [
        (2, "is_key_account", "is neither true nor false"),
        (3, "opened_on", "is not a valid date YYYY-MM-DD"),
        (4, "customer_id", "is empty"),
        (5, "line", "has 3 columns instead of 9"),
        (6, "line", "is empty"),
        (7, "line", "is not UTF-8"),
        (8, "line", "is not a valid line of CSV: unexpected end of data"),
        (10, "customer_id", "repeats the key of line 9"),
    ]


def test_payments_are_exact_and_not_zero(intake: Intake) -> None:
    rows, set_aside = export(
        intake,
        "payments",
        PAYMENTS,
        "P1,A1,2026-01-05 09:30:00,20.80,counter,OUT1",
        "P2,A1,2026-01-06,999999999999.99,other,",
        "P3,A1,2026-01-06,1.005,counter,OUT1",
        "P4,A1,2026-01-06,0.00,counter,OUT1",
        "P5,A1,2026-01-06,-5,counter,OUT1",
        "P6,A1,2026-01-06 24:00:00,5,counter,OUT1",
        "P7,A1,2026-01-06,,counter,OUT1",
        "P8,A1,2026-01-06,-1000000000000,counter,OUT1",
    )
    assert rows == [
        (2, "P1", "A1", datetime(2026, 1, 5, 9, 30), Decimal("20.80"), "counter", "OUT1", None),
        (3, "P2", "A1", datetime(2026, 1, 6), Decimal("999999999999.99"), "other", None, None),
        (6, "P5", "A1", datetime(2026, 1, 6), Decimal("-5.00"), "counter", "OUT1", None),
    ]
    assert set_aside == [
        (4, "amount", "is not a valid amount with at most two decimals"),
        (5, "amount", "is 0"),
        (7, "paid_at", "is not a valid time YYYY-MM-DD HH:MM:SS"),
        (8, "amount", "is empty"),
        (9, "amount", "is not below 1000000000000"),
    ]


def test_a_reversal_may_name_the_payment_that_it_takes_back(intake: Intake) -> None:
    rows, set_aside = export(
        intake,
        "payments",
        REVERSALS,
        "P1,A1,2026-01-05 09:30:00,20.80,counter,OUT1,",
        "R1,A1,2026-01-06 10:00:00,-20.80,counter,OUT1,P1",
    )
    assert rows == [
        (2, "P1", "A1", datetime(2026, 1, 5, 9, 30), Decimal("20.80"), "counter", "OUT1", None),
        (3, "R1", "A1", datetime(2026, 1, 6, 10), Decimal("-20.80"), "counter", "OUT1", "P1"),
    ]
    assert set_aside == []


def test_the_key_of_a_service_number_is_number_account_and_start(intake: Intake) -> None:
    rows, set_aside = export(
        intake,
        "service_numbers",
        NUMBERS,
        "2345678,A1,EX1,,2025-01-01 00:00:00,2025-06-01 12:00:00",
        "2345678,A1,EX1,,2025-06-01 12:00:00,",
        "2345678,A1,EX1,,2025-01-01,",
        "2345678,A2,EX1,,,",
    )
    assert [row[0] for row in rows] == [2, 3]
    assert set_aside == [(4, "service_number", "repeats the key of line 2"), (5, "valid_from", "is empty")]


def test_numbers_are_normalised_and_one_written_in_two_ways_is_one(intake: Intake) -> None:
    rows, set_aside = export(
        intake,
        "service_numbers",
        NUMBERS,
        "+86548-220 0001,A1,EX1,,2025-01-01 00:00:00,",
        "(220)-0002,A1,EX1,,2025-01-01 00:00:00,",
        "2200002,A1,EX1,,2025-01-01 00:00:00,",
        "lobby 3,A1,EX1,,2025-01-01 00:00:00,",
    )
    assert [row[1] for row in rows] == ["00865482200001", "2200002", "lobby 3"]
    assert set_aside == [(4, "service_number", "repeats the key of line 3")]


def test_the_key_of_a_row_that_cannot_be_read_is_kept_where_it_can(intake: Intake) -> None:
    export(
        intake,
        "service_numbers",
        NUMBERS,
        "220-0001,A1,EX1,,2025-01-01 00:00:00,some day",
        "2200002,A1,EX1,,2025-01-01 00:00:00,,,",
        "2200003,A1,EX1,,some day,",
        "2200004,A1",
        "2200005,A1,EX1,,2025-01-01 00:00:00,",
    )
    file_id = intake.only_file().file_id
    assert sorted(intake.rows("customers/unreadable_keys", file_id)) == [
        ("2200001", "A1", datetime(2025, 1, 1)),
        ("2200002", "A1", datetime(2025, 1, 1)),
    ]


def test_channels_are_read_where_the_export_has_them(intake: Intake) -> None:
    rows, set_aside = export(
        intake,
        "service_numbers",
        NUMBERS + ",channels",
        "2345678,A1,EX1,,2025-01-01 00:00:00,,30",
        "2345679,A1,EX1,,2025-01-01 00:00:00,,",
        "2345680,A1,EX1,,2025-01-01 00:00:00,,0",
        "2345681,A1,EX1,,2025-01-01 00:00:00,,two",
        "2345682,A1,EX1,,2025-01-01 00:00:00,,99999999999",
    )
    assert [(row[1], row[-1]) for row in rows] == [("2345678", 30), ("2345679", None)]
    assert set_aside == [
        (4, "channels", "is not above 0"),
        (5, "channels", "is not a valid whole number"),
        (6, "channels", "is not a valid whole number"),
    ]


def test_an_export_without_channels_is_read_as_ever(intake: Intake) -> None:
    rows, set_aside = export(intake, "service_numbers", NUMBERS, "2345678,A1,EX1,,2025-01-01 00:00:00,")
    assert (rows, set_aside) == (
        [(2, "2345678", "A1", "EX1", None, datetime(2025, 1, 1), None, None)],
        [],
    )


def test_a_subscription_of_the_whole_account_keeps_an_empty_number(intake: Intake) -> None:
    rows, _ = export(intake, "subscriptions", SUBSCRIPTIONS, "S1,A1,,RENT,,2026-01-01,")
    assert rows == [(2, "S1", "A1", "", "RENT", None, date(2026, 1, 1), None)]


def test_columns_may_stand_in_another_order_with_others_between(intake: Intake) -> None:
    rows, _ = export(
        intake, "number_orders", "status,note,order_id,ordered_at,outlet_id,service_number", "open,x,O1,,OUT1,1"
    )
    assert rows == [(2, "O1", "1", "OUT1", None, "open")]


def test_the_names_of_columns_may_be_written_in_capitals_and_with_blanks(intake: Intake) -> None:
    """Also an optional one: a reversal that lost the name of its payment would take from another."""
    rows, set_aside = export(
        intake,
        "payments",
        'PAYMENT_ID,"Account ID",paid at,Amount,channel,OUTLET-ID,Reverses Payment ID,Note',
        "P2,A1,2026-01-06 00:00:00,-20.00,counter,OU1,P1,x",
    )
    assert ([row[1:3] + row[4:] for row in rows], set_aside) == (
        [("P2", "A1", Decimal("-20.00"), "counter", "OU1", "P1")],
        [],
    )


def test_a_line_end_that_was_converted_twice_is_no_part_of_the_last_column(intake: Intake) -> None:
    rows, set_aside = export(intake, "payments", PAYMENTS + "\r\r", "P1,A1,2026-01-05 00:00:00,1.00,counter,OU1\r\r")
    assert ([row[-2] for row in rows], set_aside) == (["OU1"], [])


def test_an_id_that_is_protected_from_a_spreadsheet_is_the_text_within(intake: Intake) -> None:
    rows, set_aside = export(
        intake, "payments", PAYMENTS, '="0007",="00123",2026-01-05 00:00:00,1.00,counter,OU1', ',="00123",,,,'
    )
    assert [row[1:3] for row in rows] == [("0007", "00123")]
    assert set_aside == [(3, "payment_id", "is empty")]


def test_an_end_in_the_year_9999_is_none(intake: Intake) -> None:
    """An interval that ends then would not end when the number is gone: it would be billed for ever."""
    rows, set_aside = export(
        intake,
        "service_numbers",
        NUMBERS,
        "2200001,A1,EX1,,2025-01-01 00:00:00,9999-12-31 23:59:59",
        "2200002,A1,EX1,,2025-01-01 00:00:00,9999/12/31",
        "2200003,A1,EX1,,2025-01-01 00:00:00,2026-05-01 00:00:00",
        "2200004,A1,EX1,,2025-01-01 00:00:00,9999-99-99",
    )
    assert [row[6] for row in rows] == [None, None, datetime(2026, 5, 1)]
    assert set_aside == [(5, "valid_to", "is not a valid time YYYY-MM-DD HH:MM:SS")]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (
            PAYMENTS.replace("paid_at", "paid"),
            "unreadable: wrong header: column paid_at is missing; payments has payment_id",
        ),
        (PAYMENTS + ",amount", "unreadable: wrong header: column amount stands twice"),
        ("", "unreadable: no header: the file is empty or begins with an empty line"),
    ],
)
def test_a_wrong_header_rejects_the_export(intake: Intake, header: str, reason: str) -> None:
    intake.deliver("customers", "payments_20260131.csv", header + "\n")
    intake.pull()
    assert intake.decode() == []
    entry = intake.only_file()
    assert entry.status == "rejected"
    assert str(entry.status_reason).startswith(reason)


def test_a_table_that_is_not_exported_is_no_name_of_the_pattern(intake: Intake) -> None:
    intake.deliver("customers", "invoices_20260131.csv", "a\n")
    intake.pull()
    assert "name not of its source's pattern" in str(intake.only_file().status_reason)


def test_what_a_spreadsheet_writes_in_one_way_only_is_read(intake: Intake) -> None:
    rows, set_aside = export(
        intake,
        "payments",
        "\N{BYTE ORDER MARK}" + PAYMENTS,
        'P1,A1,2026/5/1 9:00,"1,020.50",counter,OUT1\r',
        "P2 ,A1,2026-5-1 09:00:30,20.770,counter,OUT1\r",
        "P3,A1,2026/05/01,7.5,counter,OUT1\r",
        "P4,A1,01/05/2026,7.50,counter,OUT1\r",
        "P5,A1,2026/5/1,1E+03,counter,OUT1\r",
        'P6,A1,2026/5/1,"1,020",counter,OUT1\r',
        "P7,A1,2026/5/1,20.775,counter,OUT1\r",
        "6.222E+15,A1,2026/5/1,7.50,counter,OUT1\r",
        'P9,"6,222E+15",2026/5/1,7.50,counter,OUT1\r',
        "1E5,A1,2026/5/1,7.50,counter,OUT1\r",
    )
    day = datetime(2026, 5, 1)
    assert [row[1:5] for row in rows] == [
        ("P1", "A1", datetime(2026, 5, 1, 9), Decimal("1020.50")),
        ("P2", "A1", datetime(2026, 5, 1, 9, 0, 30), Decimal("20.77")),
        ("P3", "A1", day, Decimal("7.50")),
        ("1E5", "A1", day, Decimal("7.50")),
    ]
    lost = "is a number in scientific notation, whose last digits are lost"
    assert set_aside == [
        (5, "paid_at", "is ambiguous: day and month can be taken for each other, write YYYY-MM-DD"),
        (6, "amount", lost),
        (7, "amount", "is not a valid amount with at most two decimals"),
        (8, "amount", "is not a valid amount with at most two decimals"),
        (9, "payment_id", lost),
        (10, "account_id", lost),
    ]


def test_a_date_may_have_the_midnight_and_a_flag_the_capitals_of_a_spreadsheet(intake: Intake) -> None:
    rows, set_aside = export(
        intake,
        "customers",
        CUSTOMERS,
        "C1,a,staff,TRUE,BU1,,,2020/1/1 0:00,",
        "C2,b,staff,False,BU1,,,2020-1-1,2024/12/31 0:00:00",
        "C3,c,staff,1,BU1,,,,",
        "C4,d,staff,TRUE,BU1,,,2020/1/1 8:00,",
    )
    assert [(row[1], row[4], row[8], row[9]) for row in rows] == [
        ("C1", True, date(2020, 1, 1), None),
        ("C2", False, date(2020, 1, 1), date(2024, 12, 31)),
    ]
    assert [line[0] for line in set_aside] == [4, 5]


def test_columns_between_semicolons_are_told_by_name(intake: Intake) -> None:
    intake.deliver("customers", "payments_20260131.csv", PAYMENTS.replace(",", ";") + "\n")
    intake.pull()
    assert "its columns are separated by ';'; an export has commas" in str(intake.only_file().status_reason)


def test_a_number_that_a_spreadsheet_wrote_as_a_decimal_is_refused_by_name(intake: Intake) -> None:
    """Its point is not one between the groups of a number: 2200002.0 read as 22000020 would be somebody else's number."""
    rows, set_aside = export(
        intake,
        "service_numbers",
        "service_number,account_id,exchange_id,tariff_plan_id,valid_from,valid_to",
        "2200002.0,A2,E01,,2020-01-01 00:00:00,",
        "220.0003,A3,E01,,2020-01-01 00:00:00,",
    )
    assert [row[1] for row in rows] == ["2200003"]
    assert set_aside == [
        (2, "service_number", "is a decimal number, as a spreadsheet writes it; write its digits alone")
    ]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("9.0,A1,2026-05-01 00:00:00,7.50,counter,OUT1", "payment_id"),
        ("P9,123.0,2026-05-01 00:00:00,7.50,counter,OUT1", "account_id"),
    ],
)
def test_an_id_that_a_spreadsheet_wrote_as_a_decimal_is_refused_by_name(intake: Intake, row: str, field: str) -> None:
    rows, set_aside = export(intake, "payments", PAYMENTS, row, "P1,A1,2026-05-01 00:00:00,7.50,counter,1.0")
    assert [row[1] for row in rows] == ["P1"]
    assert set_aside == [(2, field, "is a decimal number, as a spreadsheet writes it; write its digits alone")]
