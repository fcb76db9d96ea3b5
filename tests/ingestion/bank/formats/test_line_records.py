"""Chinese result files: separated, fixed width in GBK bytes, and a printed report whose texts say how it ended."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from orchestration.ingestion.bank.formats.declared import load_bank_format
from orchestration.ingestion.bank.formats.reading import ReadBatch
from tests.ingestion.bank.formats.readers import read_line_records

# Asked for 20.80 + 12.00 + 5.50 = 38.30; collected 20.80 and 4.00 of the 12.00 = 24.80, one line whole.
DELIMITED = (
    "DK20260120|20260120|3|38.30|1|24.80\n"
    "1|A1|6222001|张三|20.80|20.80|00|\n"
    "2|A2|6222002|李四|12.00|4.00|51|部分扣款\n"
    "3|A3|6222003|王五|5.50|0.00|14|无效卡号\n"
)


def fixed(line: int, account: str, card: str, name: str, fen: int, code: str, text: str) -> bytes:
    """A line by bytes: 1-8, 9-28, 29-47, name 48-67, 68-79, 80-81, 82-101."""
    return (
        f"{line:08d}{account:<20}{card:<19}".encode()
        + name.encode("gb18030").ljust(20)
        + f"{fen:012d}{code:<2}".encode()
        + text.encode("gb18030").ljust(20)
    )


def fixed_file(*lines: bytes) -> bytes:
    # 38.30 asked for in three lines, 20.80 of one collected; positions 2-9, 10-23, 24-31, 32-45.
    return b"\r\n".join([*lines, b"T" + f"{3:08d}{3830:014d}{1:08d}{2080:014d}".encode()]) + b"\r\n"


FIXED = [
    fixed(1, "A1", "6222001", "张三", 2080, "0", "扣款成功"),
    fixed(2, "A2", "6222002", "李四", 1200, "5", "余额不足"),
    fixed(3, "A3", "6222003", "王五", 550, "9", "已销户"),
]

REPORT = """                     代 扣 清 单
----------------------------------------------------
序号  账户      卡号        金额    实扣    结果
1     A1        6222001     20.80           扣款成功
2     A2        6222002  1,012.00    4.00   余额不足
3     A3        6222003      5.50           账户已销户
4     A4        6222004      7.00           扣款不成功
合计 4 笔 1,045.30 元 成功 1 笔 24.80 元
"""


def read(name: str, content: str | bytes) -> ReadBatch:
    return read_line_records(
        content if isinstance(content, bytes) else content.encode("gb18030"), load_bank_format(name)
    )


def rows(batch: ReadBatch) -> list[tuple[object, ...]]:
    return [
        (x.line, x.account_id, x.amount, x.collected_amount, x.result_code, x.is_cause_inferred) for x in batch.lines
    ]


def money(text: str) -> Decimal:
    return Decimal(text)


def test_a_separated_file_is_read_with_its_summary_and_a_partial_collection() -> None:
    batch = read("cn_delimited", DELIMITED)
    assert (batch.batch_id, batch.debited_on, batch.records, batch.total_amount) == (
        "DK20260120", date(2026, 1, 20), 3, money("38.30"))  # fmt: skip
    assert (batch.success_records, batch.success_amount, batch.differences) == (1, money("24.80"), [])
    assert rows(batch) == [
        (1, "A1", money("20.80"), money("20.80"), "00", False),
        (2, "A2", money("12.00"), money("4.00"), "51", False),
        (3, "A3", money("5.50"), money("0.00"), "14", False),
    ]
    assert [x.reason_text for x in batch.lines] == [None, "部分扣款", "无效卡号"]


def test_a_fixed_width_file_counts_bytes_not_characters() -> None:
    batch = read("cn_fixed_width", fixed_file(*FIXED))
    assert (batch.records, batch.total_amount, batch.success_records, batch.success_amount) == (
        3, money("38.30"), 1, money("20.80"))  # fmt: skip
    assert rows(batch) == [
        (1, "A1", money("20.80"), None, "0", False),
        (2, "A2", money("12.00"), None, "5", False),
        (3, "A3", money("5.50"), None, "9", False),
    ]
    assert [x.reason_text for x in batch.lines] == ["扣款成功", "余额不足", "已销户"]


def test_a_character_cut_at_the_border_of_a_field_costs_the_line_only_where_the_field_is_needed() -> None:
    half = "余".encode("gb18030")[:1]
    cut = FIXED[1][:81] + half + b" " * 19
    batch = read("cn_fixed_width", fixed_file(FIXED[0], cut, FIXED[2]))
    assert (batch.set_aside, [x.account_id for x in batch.lines]) == ([], ["A1", "A2", "A3"])
    assert batch.lines[1].reason_text == "\\xd3"
    damaged = FIXED[1][:10] + half + FIXED[1][11:]
    batch = read("cn_fixed_width", fixed_file(FIXED[0], damaged, FIXED[2]))
    ((number, field, reason),) = [(x.line_number, x.field, x.reason) for x in batch.set_aside]
    assert (number, field) == (2, "account_id")
    assert "gb18030" in reason
    assert [x.account_id for x in batch.lines] == ["A1", "A3"]
    text = REPORT.encode("gb18030").replace("账户已销户".encode("gb18030"), "账户已销".encode("gb18030") + half)
    assert [(x.line_number, x.field) for x in read("cn_report", text).set_aside] == [(6, "reason_text")]


def test_a_damaged_name_costs_no_line() -> None:
    damaged = DELIMITED.encode("gb18030").replace("李四".encode("gb18030"), b"\xff\xfeLI")
    assert [x.account_id for x in read("cn_delimited", damaged).lines] == ["A1", "A2", "A3"]


def test_a_field_of_a_report_counts_only_where_it_ends_at_a_boundary() -> None:
    declared = replace(
        load_bank_format("cn_report"),
        detail_pattern=re.compile(r"(?P<account_id>A\d).*?(?P<amount>[\d,]+\.\d{2})\s+(?P<reason_text>\S.*)$"),
    )
    batch = read_line_records(REPORT.replace("A2", "A27").encode("gb18030"), declared)
    assert [(x.line_number, x.field, x.reason) for x in batch.set_aside] == [
        (5, "account_id", "'A2' is a part of 'A27'")
    ]


def test_a_line_that_is_too_short_is_set_aside_alone() -> None:
    batch = read("cn_fixed_width", fixed_file(FIXED[0], FIXED[1][:70], FIXED[2]))
    assert [(x.line_number, x.field) for x in batch.set_aside] == [(2, "amount")]
    assert len(batch.lines) == 2


def test_a_report_tells_its_results_in_words() -> None:
    batch = read("cn_report", REPORT)
    assert (batch.records, batch.total_amount, batch.success_records, batch.success_amount) == (
        4, money("1045.30"), 1, money("24.80"))  # fmt: skip
    assert batch.set_aside == batch.differences == []
    assert rows(batch) == [
        (1, "A1", money("20.80"), None, "成功", True),
        (2, "A2", money("1012.00"), money("4.00"), "余额不足", True),
        (3, "A3", money("5.50"), None, "销户", True),
        (4, "A4", money("7.00"), None, "其他", True),  # 不成功 has 成功 in it, and is none
    ]


def test_a_text_nobody_declared_and_a_line_with_figures_are_set_aside() -> None:
    batch = read("cn_report", REPORT.replace("余额不足", "系统繁忙").replace("5.50 ", "5,5 "))
    assert [(x.line_number, x.field) for x in batch.set_aside] == [(5, "reason_text"), (6, "line")]
    assert "result_texts" in batch.set_aside[0].reason


def test_a_missing_summary_is_a_difference() -> None:
    assert read("cn_report", REPORT[: REPORT.index("合计")]).differences == ["there is no summary line"]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("|20.80|20.80|", "|20.801|20.80|", "amount"),
        ("|20.80|20.80|", "|-20.80|20.80|", "amount"),
        ("|20.80|20.80|", "|20.80|20.81|", "collected_amount"),
        ("1|A1|", "1||", "account_id"),
        ("1|A1|", "0|A1|", "line"),
        ("|20.80|00|", "|20.80||", "result_code"),
        ("张三|20.80|20.80|00|", "张三", "line"),
    ],
)
def test_a_line_that_does_not_parse_is_set_aside_alone(old: str, new: str, field: str) -> None:
    batch = read("cn_delimited", DELIMITED.replace(old, new, 1))
    assert [(x.line_number, x.field) for x in batch.set_aside] == [(2, field)]
    assert [x.account_id for x in batch.lines] == ["A2", "A3"]


def test_a_line_number_that_repeats_is_set_aside() -> None:
    batch = read("cn_delimited", DELIMITED.replace("2|A2", "1|A2"))
    assert [(x.line_number, x.reason) for x in batch.set_aside] == [(3, "repeats that of line 2 of the file")]


def test_a_summary_that_cannot_be_read_is_a_difference() -> None:
    batch = read("cn_delimited", DELIMITED.replace("|38.30|", "|三十八|"))
    assert batch.differences == [
        "the summary in line 1 cannot be read: total_amount is not a valid amount in yuan: '三十八'"
    ]


@pytest.mark.parametrize("text", ["没有成功", "部分成功", "成功率不足"])
def test_a_text_with_success_in_it_is_no_success(text: str) -> None:
    batch = read("cn_report", REPORT.replace("扣款成功", text, 1))
    assert [(x.line_number, x.field) for x in batch.set_aside] == [(4, "reason_text")]


def test_a_part_without_its_amount_is_set_aside() -> None:
    batch = read("cn_report", REPORT.replace("    4.00   余额不足", "           部分扣款"))
    assert [(x.line_number, x.field) for x in batch.set_aside] == [(5, "collected_amount")]


def test_a_comma_stands_between_groups_of_three_figures_or_the_amount_is_none() -> None:
    """20,80 read without its comma would be 2 080 yuan, and totals written alike would agree."""
    decimal_commas = read("cn_delimited", DELIMITED.replace(".", ","))
    assert [(x.line_number, x.field) for x in decimal_commas.set_aside] == [(2, "amount"), (3, "amount"), (4, "amount")]
    assert decimal_commas.differences[0].startswith(
        "the summary in line 1 cannot be read: total_amount is not a valid amount"
    )
    grouped = DELIMITED.replace("12.00", "1,012.00").replace("38.30", "1,038.30")
    assert [str(x.amount) for x in read("cn_delimited", grouped).lines] == ["20.80", "1012.00", "5.50"]
    for text in ("1,012", "10,12.00", "1012,00", "1,0120.00"):
        assert [x.field for x in read("cn_delimited", DELIMITED.replace("12.00", text)).set_aside] == ["amount"], text
