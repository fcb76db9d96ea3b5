"""NACHA: entries, returns and corrections by hand; every control that disagrees; what is no debit."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from orchestration.ingestion.bank.formats.reading import CORRECTION, DEBIT, OTHER
from tests.ingestion.bank.formats.readers import read_nacha


def entry(code: str, routing: str, account: str, cents: int, who: str, addenda: str = "0", trace: int = 1) -> str:
    """An entry detail record by its positions: 1, 2-3, 4-12, 13-29, 30-39, 40-54, 55-76, 77-78, 79, 80-94."""
    line = f"6{code}{routing}{account:<17}{cents:010d}{who:<15}{'ZHANG SAN':<22}  {addenda}{trace:015d}"
    assert len(line) == 94
    return line


def addenda(kind: str, code: str, info: str) -> str:
    """An addenda record of type 98 or 99: code in 4-6, original trace 7-21, 22-27, original RDFI 28-35, text 36-79."""
    line = f"7{kind}{code}{1:015d}{'':<6}{'09140060'}{info:<44}{1:015d}"
    assert len(line) == 94
    return line


HEADER = "101 091400606 691000134260120" + "0306A094101" + f"{'FIRST BANK':<23}{'TOLLHOUSE':<23}{'':<8}"
BATCH = (
    "5200" + f"{'TOLLHOUSE':<16}{'':<20}{'1234567890'}PPD{'PHONE':<10}{'':<6}260120{'':<3}1" + "09100001" + "0000001"
)

# Debits of 20.80 (went through), 5.50 (returned, R01) and a correction. RDFI 09140060 three times: 27 420 180.
# Records counted: three entries and two addenda. Debits 20.80 + 5.50 = 26.30; the notification of change is of 0.00.
ENTRIES = [
    entry("27", "091400606", "6222001", 2080, "A1"),
    entry("26", "091400606", "6222003", 550, "A3", "1"),
    addenda("99", "R01", "NOT ENOUGH"),
    entry("26", "091400606", "6222004", 0, "A4", "1"),
    addenda("98", "C01", "1918171614"),
]
BATCH_CONTROL = (
    "8200" + "000005" + "0027420180" + "000000002630" + "000000000000" + f"{'1234567890':<35}" + "091000010000001"
)
FILE_CONTROL = "9" + "000001" + "000001" + "00000005" + "0027420180" + "000000002630" + "000000000000" + " " * 39
SOUND = [HEADER, BATCH, *ENTRIES, BATCH_CONTROL, FILE_CONTROL, "9" * 94]


def content(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def test_the_records_made_here_have_their_length() -> None:
    assert {len(line) for line in SOUND} == {94}


def test_a_return_fails_with_its_code_and_a_correction_is_no_result() -> None:
    read = read_nacha(content(SOUND))
    assert (read.differences, read.set_aside, read.debited_on) == ([], [], date(2026, 1, 20))
    assert [(x.line, x.account_id, x.bank_account, x.amount, x.result_code, x.line_kind) for x in read.lines] == [
        (3, "A1", "6222001", Decimal("20.80"), "SETTLED", DEBIT),
        (4, "A3", "6222003", Decimal("5.50"), "R01", DEBIT),
        (6, "A4", "6222004", Decimal("0.00"), "C01", CORRECTION),
    ]
    assert [x.reason_text for x in read.lines] == [None, "NOT ENOUGH", "1918171614"]


def test_a_return_says_so_and_names_the_original_entry() -> None:
    """The trace number of a debit is its own, of a return that of the entry that comes back, not of the return."""
    went = entry("27", "091400606", "6222001", 2080, "A1", trace=91000010000007)
    back = entry("26", "091400606", "6222003", 550, "A3", "1", trace=55000010000001)
    why = ENTRIES[2].replace(f"{1:015d}", f"{91000010000004:015d}", 1)
    read = read_nacha(content([HEADER, BATCH, went, back, why, *ENTRIES[3:], BATCH_CONTROL, FILE_CONTROL]))
    assert [(x.is_return, x.reference) for x in read.lines] == [
        (False, "trace 091000010000007"),
        (True, "trace 091000010000004"),
        (False, "trace 000000000000001"),
    ]


@pytest.mark.parametrize(
    ("effective", "settled", "created", "returned_on"),
    [
        # The batch of the return has the date of the original entry: the day on which the file was made counts.
        ("260410", "   ", "260424", date(2026, 4, 24)),
        ("260410", "100", "260424", date(2026, 4, 24)),  # day 100 is 10 April
        # The ACH operator wrote the day on which the return settled: 114 is 24 April. The file was made a day later.
        ("260410", "114", "260425", date(2026, 4, 24)),
        # The bank wrote the day of the return, which lies ahead of the file.
        ("260427", "   ", "260424", date(2026, 4, 27)),
        # Over the end of the year: day 002 is 2 January 2027; the file was made on 31 December 2026.
        ("261230", "002", "261231", date(2027, 1, 2)),
        ("261230", "366", "270104", date(2027, 1, 4)),  # 2026 has no day 366
        ("      ", "114", "      ", None),
        ("260410", "100", "      ", date(2026, 4, 10)),
    ],
)
def test_a_return_is_of_the_day_on_which_it_came_back(
    effective: str, settled: str, created: str, returned_on: date | None
) -> None:
    """A debit beside it, also in the same batch, stays of the effective entry date."""
    header = HEADER.replace("260120" + "0306", created + "0306")
    batch = BATCH.replace("260120" + " " * 3, effective + settled)
    read = read_nacha(content([header, batch, *ENTRIES, BATCH_CONTROL, FILE_CONTROL]))
    went = None if effective == " " * 6 else datetime.strptime(effective, "%y%m%d").date()
    assert (read.differences, read.set_aside) == ([], [])
    assert [(x.account_id, x.debited_on) for x in read.lines] == [
        ("A1", went),
        ("A3", returned_on),
        ("A4", returned_on),
    ]


def test_a_file_of_returns_alone_says_when_the_debits_were_made() -> None:
    """The debit of 31 March is of February's bill, though it came back in April."""
    header = HEADER.replace("260120" + "0306", "260402" + "0306")
    batch = BATCH.replace("260120", "260331")
    control = BATCH_CONTROL.replace("000005", "000004").replace("0027420180", "0018280120").replace("2630", "0550")
    read = read_nacha(content([header, batch, *ENTRIES[1:], control]))
    assert (read.debited_on, read.original_day) == (date(2026, 4, 2), date(2026, 3, 31))
    assert read_nacha(content(SOUND)).original_day is None


def test_a_prenote_is_no_debit() -> None:
    """Transaction code 28, amount 0.00: it tries an account. Its return is no failure of a debit."""
    tried = entry("28", "091400606", "6222001", 0, "A1")
    back = entry("26", "091400606", "6222003", 0, "A3", "1")
    read = read_nacha(content([HEADER, BATCH, tried, back, ENTRIES[2]]))
    assert [(x.account_id, x.line_kind, x.is_return) for x in read.lines] == [
        ("A1", OTHER, False),
        ("A3", OTHER, False),
    ]


def test_a_name_in_any_encoding_and_an_end_of_file_mark_cost_no_record() -> None:
    text = "\n".join(SOUND).replace("ZHANG SAN  ", "JOSÉ MUÑOZ ") + "\n\x1a"
    for encoding in ("latin-1", "utf-8", "utf-8-sig"):
        read = read_nacha(text.encode(encoding))
        assert (read.differences, read.set_aside) == ([], [])
        assert [x.account_id for x in read.lines] == ["A1", "A3", "A4"]


def test_a_file_without_line_ends_is_read_by_its_blocks() -> None:
    assert len(read_nacha("".join(SOUND).encode()).lines) == 3


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (
            (BATCH_CONTROL, BATCH_CONTROL.replace("000005", "000006")),
            "batch control in line 8: entry/addenda count 6, found 5",
        ),
        (
            (BATCH_CONTROL, BATCH_CONTROL.replace("0027420180", "0027420181")),
            "batch control in line 8: entry hash 27420181, found 27420180",
        ),
        (
            (BATCH_CONTROL, BATCH_CONTROL.replace("000000002630", "000000002631")),
            "batch control in line 8: total debits 26.31, found 26.30",
        ),
        ((FILE_CONTROL, FILE_CONTROL.replace("9000001", "9000002")), "file control in line 9: batch count 2, found 1"),
        (
            (FILE_CONTROL, FILE_CONTROL.replace("000001000001", "000001000002")),
            "file control in line 9: block count 2, found 1",
        ),
        (
            (FILE_CONTROL, FILE_CONTROL.replace("000000002630" + "0" * 12, "000000002630" + "0" * 11 + "7")),
            "file control in line 9: total credits 0.07, found 0.00",
        ),
    ],
)
def test_a_control_that_disagrees_is_named_with_both_figures(change: tuple[str, str], difference: str) -> None:
    assert change[0] != change[1]
    assert read_nacha(content([change[1] if line == change[0] else line for line in SOUND])).differences == [difference]


def test_missing_controls_and_header_are_named() -> None:
    assert read_nacha(content(SOUND[:2])).differences == [
        "batch of line 2: there is no batch control (record type 8), the file ends",
        "there is no file control (record type 9)",
    ]
    assert "there is no file header (record type 1)" in read_nacha(content(SOUND[1:])).differences


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (
            entry("27", "091400606", "6222001", 2080, "A1").replace("0000002080", "00000X2080"),
            "amount",
            "not a valid whole number of cents",
        ),
        (entry("27", "091400606", "6222001", 2080, ""), "account_id", "is empty"),
        (entry("27", "091400606", "6222001", 2080, "A1", "1"), "line", "says that addenda follow"),
        (entry("27", "091400606", "6222001", 2080, "A1") + "X", "line", "has 95 characters"),
        ("X" * 94, "line", "has no record type"),
    ],
)
def test_a_record_that_is_no_debit_is_set_aside_alone(line: str, field: str, reason: str) -> None:
    read = read_nacha(content([HEADER, BATCH, line, *ENTRIES[1:], BATCH_CONTROL, FILE_CONTROL]))
    ((number, name, why),) = [(x.line_number, x.field, x.reason) for x in read.set_aside]
    assert (number, name) == (3, field)
    assert reason in why
    assert [x.account_id for x in read.lines] == ["A3", "A4"]


def test_records_outside_a_batch_are_set_aside() -> None:
    read = read_nacha(content([HEADER, ENTRIES[0], ENTRIES[2], BATCH_CONTROL, FILE_CONTROL, "more"]))
    assert [x.reason for x in read.set_aside] == [
        "is an entry outside any batch",
        "is an addenda record without an entry",
        "is a batch control without a batch",
        "stands after the file control",
    ]


def test_a_credit_is_counted_in_the_controls_and_is_no_debit() -> None:
    credit = entry("22", "091400606", "6222001", 2080, "A1")
    control = BATCH_CONTROL.replace("000000002630" + "0" * 12, "000000000550000000002080")
    read = read_nacha(content([HEADER, BATCH, credit, *ENTRIES[1:], control]))
    assert read.differences == ["there is no file control (record type 9)"]
    assert (read.lines[0].account_id, read.lines[0].line_kind) == ("A1", OTHER)


def test_a_control_with_several_unreadable_figures_is_set_aside_once() -> None:
    read = read_nacha(content([*SOUND[:-2], "9" + "x" * 54 + " " * 39, SOUND[-1]]))
    assert [(line.line_number, line.field) for line in read.set_aside] == [(9, "batch count")]


@pytest.mark.parametrize("name", [b"Z\xe9", "Zé".encode(), "Zé".encode() + b"\xe9", "张三".encode("gbk"), b"\x85\xa0"])
@pytest.mark.parametrize("is_longer", [False, True])
def test_bytes_of_a_name_that_are_not_ascii_cost_nothing(name: bytes, is_longer: bool) -> None:
    """A record is 94 bytes; one whose name was put in by characters has more of them, and no field has moved for it."""
    line = SOUND[2].encode()
    filled = name + line[54 + (len(name.decode("latin-1")) if not is_longer else 2) :]
    data = content(SOUND).replace(line, line[:54] + filled)
    read = read_nacha(data)
    assert (read.differences, read.set_aside) == ([], [])
    assert [(x.account_id, x.amount, x.reference) for x in read.lines][:1] == [
        ("A1", Decimal("20.80"), "trace 000000000000001")
    ]
