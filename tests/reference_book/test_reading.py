"""The reference book: what a sound one gives, and the message for each fault that a hand can make."""

from __future__ import annotations

import re
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.errors import UsageError
from orchestration.reference_book.reading import GateThreshold, read_reference_book
from orchestration.reference_book.tables import GATE_DEFAULTS, REFERENCE_TABLES

ROWS = {
    "business_units": ["BU1,一部,Unit 1"],
    "sales_areas": ["SA1,BU1,,"],
    "agents": ["AG1,,,BU1,CP1"],
    "outlets": ["OUT1,,,BU1,SA1,own,", "OUT2,,,BU1,,agent,AG1"],
    "exchanges": ["EX1,,,0531"],
    "switches": ["SW1,EX1,canonical,4,1,9999", "SW2,EX1,canonical,,,"],
    "trunk_groups": ["TG1,EX1,both,carrier,30"],
    "number_ranges": ["2340000,2349999,EX1,BU1,SA1,city,residential,P1"],
    "bill_items": ["RENT,rental,,", "LOCAL,call,,", "PROMO,discount,,"],
    "call_categories": ["local,LOCAL,,"],
    "zones": ["Z1,local,calling,,"],
    "destinations": [",Z1,2020-01-01,", "010,Z1,2020-01-01,2026-01-01"],
    "holidays": ["2026-01-01,元旦,New Year,"],
    "time_bands": ["ALL,1234567H,00:00,24:00,DAY"],
    "tariff_plans": ["P1,ALL,increment,half_up,2"],
    "tariff_rates": ["P1,Z1,,2020-01-01,,0,0,0.22,180,180"],
    "class_plans": ["residential,P1,2020-01-01,"],
    "products": ["LINE,RENT,12.00,daily,,"],
    "promotions": ["M1,rental_match,,,,", "D1,percent_off,20,LOCAL,,"],
    "info_services": ["16899,SP1,Weather,,60,,"],
    "commission_plans": ["CP1,2020-01-01,,0.95,3,1,20,90"],
    "debit_result_codes": ["ICBC,00,success,none,,"],
    "dialling_rules": [
        "10,code,17909,5,P1,,2020-01-01,2026-01-01,,",
        "10,code,17909,5,,Z1,2026-01-01,,,",
        "20,own_area_code,,7,,,2020-01-01,,,",
    ],
    "packages": ["K1,LINE,seconds,6000,G1,true,2020-01-01,,,"],
    "zone_groups": ["G1,Z1"],
    "price_caps": ["P1,Z1,2020-01-01,2026-01-01,9.5", "P1,Z1,2026-01-01,,9"],
    "late_fee_rules": ["2020-01-01,2026-01-01,0.3,LOCAL", "2026-01-01,,0.05,LOCAL"],
    "gate_thresholds": ["malformed,0.01,0.05", "duplicate,0.01,0.2", "other_day,0.01,"],
}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A small sound book that a test may spoil."""
    for name, table in REFERENCE_TABLES.items():
        (tmp_path / f"{name}.csv").write_text("\n".join([",".join(table.header), *ROWS[name]]) + "\n", encoding="utf-8")
    return tmp_path


def faults(book: Path) -> str:
    """The message of a faulty book."""
    with pytest.raises(UsageError) as caught:
        read_reference_book(book)
    assert caught.value.exit_code == 2
    return str(caught.value)


def spoil(book: Path, table: str, old: str, new: str) -> None:
    """Replace a text in a table; it must be there."""
    path = book / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_sound_book_is_typed(book: Path) -> None:
    read = read_reference_book(book)
    assert read.known_switches == {"SW1", "SW2"}
    assert read.result_codes == {("ICBC", "00"): "success"}
    assert read.tables["destinations"] == [
        {"line_number": 2, "prefix": "", "zone_id": "Z1", "valid_from": date(2020, 1, 1), "valid_to": None},
        {
            "line_number": 3,
            "prefix": "010",
            "zone_id": "Z1",
            "valid_from": date(2020, 1, 1),
            "valid_to": date(2026, 1, 1),
        },
    ]
    assert read.tables["tariff_rates"][0]["rate"] == Decimal("0.22")
    assert read.tables["tariff_rates"][0]["rate_unit_seconds"] == 180
    assert read.tables["switches"][1]["expected_files_per_day"] is None


def test_columns_that_came_later_may_be_absent(book: Path) -> None:
    """A book of before the sequence numbers' ends could be said is as one that does not say them."""
    switches = read_reference_book(book).tables["switches"]
    assert [(row["first_sequence"], row["last_sequence"]) for row in switches] == [(1, 9999), (None, None)]
    (book / "switches.csv").write_text("switch_id,exchange_id,cdr_format,expected_files_per_day\nSW1,EX1,canonical,4\n")
    assert read_reference_book(book).tables["switches"] == [
        {
            "line_number": 2, "switch_id": "SW1", "exchange_id": "EX1", "cdr_format": "canonical",
            "expected_files_per_day": 4, "first_sequence": None, "last_sequence": None,
        },
    ]  # fmt: skip


def test_a_day_may_count_as_a_weekday(book: Path) -> None:
    """And a book of before that could be said has holidays alone."""
    spoil(book, "holidays", "Year,\n", "Year,\n2026-02-28,补班,Make-up workday,5\n")
    assert [row["counts_as"] for row in read_reference_book(book).tables["holidays"]] == [None, "5"]
    (book / "holidays.csv").write_text("holiday_date,name_zh,name_en\n2026-01-01,元旦,New Year\n", encoding="utf-8")
    assert [row["counts_as"] for row in read_reference_book(book).tables["holidays"]] == [None]


def test_codes_and_access_prefixes_may_be_service_codes(book: Path) -> None:
    spoil(book, "info_services", "168", "*168#")
    assert read_reference_book(book).tables["info_services"][0]["access_prefix"].startswith("*168#")


def test_a_range_is_written_as_people_write_numbers(book: Path) -> None:
    spoil(book, "number_ranges", "2340000,2349999", "+865-482 2340000,+8654822349999")
    assert read_reference_book(book).tables["number_ranges"][0]["range_end"] == "+8654822349999"
    spoil(book, "number_ranges", "+865-482 2340000", "+865-482 234000")
    with pytest.raises(
        UsageError, match="field range_end: .* is not a valid end of a range that starts at 00865482234000"
    ):
        read_reference_book(book)
    spoil(book, "number_ranges", "+865-482 234000,", "2340000x,")
    with pytest.raises(UsageError, match="field range_start: '2340000x' is not a valid number; write it in digits"):
        read_reference_book(book)


def test_the_plan_of_a_range_may_be_left_out_and_must_else_be_known(book: Path) -> None:
    assert read_reference_book(book).tables["number_ranges"][0]["tariff_plan_id"] == "P1"
    spoil(book, "number_ranges", ",P1", ",P9")
    with pytest.raises(
        UsageError, match="number_ranges.csv line 2, field tariff_plan_id: 'P9' is in no line of tariff_p"
    ):
        read_reference_book(book)
    spoil(book, "number_ranges", ",P9", "")
    spoil(book, "number_ranges", ",tariff_plan_id", "")
    assert read_reference_book(book).tables["number_ranges"][0]["tariff_plan_id"] is None


def test_the_fingerprint_follows_the_content_and_not_the_folder(
    book: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("elsewhere") / "book"
    shutil.copytree(book, copy)
    before = read_reference_book(book)
    assert read_reference_book(copy).fingerprint == before.fingerprint
    spoil(copy, "tariff_rates", "0.22", "0.23")
    after = read_reference_book(copy)
    assert after.fingerprint != before.fingerprint
    assert [t for t in REFERENCE_TABLES if after.file_sha256[t] != before.file_sha256[t]] == ["tariff_rates"]


def test_a_gate_without_a_row_has_its_default_and_an_empty_value_is_no_limit(book: Path) -> None:
    """other_day stands in the book with an empty hold_above; export_rows stands nowhere in it."""
    spoil(book, "gate_thresholds", "malformed,0.01,0.05\n", "")
    spoil(book, "gate_thresholds", "other_day,0.01,", "other_day,0.01,\nmalformd,0.5,0.5")
    gates = read_reference_book(book).gate_thresholds
    assert gates["malformed"] == GateThreshold("malformed", Decimal("0.001"), Decimal("0.05"))
    assert gates["duplicate"] == GateThreshold("duplicate", Decimal("0.01"), Decimal("0.2"))
    assert gates["other_day"] == GateThreshold("other_day", Decimal("0.01"), None)
    assert gates["export_rows"] == GateThreshold("export_rows", None, Decimal("0.05"))
    assert "malformd" in gates and "malformd" not in GATE_DEFAULTS  # the bulletin says so


def test_the_documented_defaults_are_those_that_count() -> None:
    """The table of gates in docs/rules.md, row by row."""
    rules = (Path(__file__).resolve().parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([0-9.]*) \| ([0-9.]*) \|", rules, flags=re.MULTILINE)
    assert {gate: (warn or None, hold or None) for gate, warn, hold in rows} == GATE_DEFAULTS


def test_the_projects_own_book_is_sound() -> None:
    folder = Path(__file__).resolve().parents[2] / "seeds" / "reference"
    assert set(read_reference_book(folder).tables) == set(REFERENCE_TABLES)


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("outlets", "outlet_kind", "kind", "outlets.csv line 1, field outlet_kind: the column is missing"),
        (
            "outlets",
            "BU1,SA1",
            "BU9,SA1",
            "outlets.csv line 2, field business_unit_id: 'BU9' is in no line of business_units",
        ),
        (
            "dialling_rules",
            "17909,5,P1",
            "1790A,5,P1",
            "dialling_rules.csv line 2, field code: '1790A' is neither digits alone nor",
        ),
        (
            "dialling_rules",
            "17909,5,P1",
            ",5,P1",
            "dialling_rules.csv line 2, field code: is empty; a rule of kind code",
        ),
        ("dialling_rules", "own_area_code,,7", "own_area_code,0531,7", "line 4, field code: '0531' is too much"),
        (
            "dialling_rules",
            "own_area_code,,7",
            "area,,7",
            "line 4, field kind: 'area' is not one of code, own_area_code",
        ),
        ("dialling_rules", ",,7,", ",,-1,", "dialling_rules.csv line 4, field min_rest_digits: -1 is out of bounds"),
        (
            "dialling_rules",
            "2020-01-01,2026-01-01",
            "2020-01-01,2026-01-02",
            "dialling_rules.csv line 3, field rule_order: 10 is the place of line 2 at the same time; give each rule",
        ),
        ("packages", ",G1,", ",G2,", "packages.csv line 2, field zone_group_id: 'G2' is in no line of zone_groups.csv"),
        (
            "packages",
            "6000",
            "60.5",
            "packages.csv line 2, field allowance: 60.5 is not a valid whole number of seconds",
        ),
        ("packages", "LINE", "LANE", "packages.csv line 2, field product_id: 'LANE' is in no line of products.csv"),
        ("packages", "true", "yes", "packages.csv line 2, field is_shared: 'yes' is not one of true, false"),
        ("price_caps", "2026-01-01,9.5", "2026-01-02,9.5", "price_caps.csv line 3, field valid_from: line 2 caps this"),
        (
            "late_fee_rules",
            "01-01,0.3",
            "01-02,0.3",
            "late_fee_rules.csv line 3, field valid_from: the fee of line 2 holds",
        ),
        ("late_fee_rules", "0.05", "100.1", "late_fee_rules.csv line 3, field percent_per_day: 100.1 is out of bounds"),
        (
            "late_fee_rules",
            "0.3,LOCAL",
            "0.3,FEE",
            "late_fee_rules.csv line 2, field bill_item_id: 'FEE' is in no line of",
        ),
        ("outlets", "agent,AG1", "agent,", "outlets.csv line 3, field agent_id: is empty; an outlet of kind agent"),
        ("outlets", "own", "shop", "outlets.csv line 2, field outlet_kind: 'shop' is not one of own, agent"),
        (
            "switches",
            "SW2,EX1",
            "SW2,EX7",
            "switches.csv line 3, field exchange_id: 'EX7' is in no line of exchanges.csv",
        ),
        ("switches", "SW2", "SW1", "switches.csv line 3, field switch_id: 'SW1' stands in line 2 already"),
        ("switches", ",4,", ",-4,", "switches.csv line 2, field expected_files_per_day: -4 is out of bounds"),
        (
            "switches",
            "1,9999",
            "5,5",
            "switches.csv line 2, field last_sequence: 5 does not lie after the first number 5",
        ),
        ("switches", "1,9999", ",0", "switches.csv line 2, field last_sequence: 0 is out of bounds"),
        (
            "holidays",
            "2026-01-01",
            "2026-02-29",
            "holidays.csv line 2, field holiday_date: '2026-02-29' is not a valid date",
        ),
        ("trunk_groups", ",30", ",30.5", "trunk_groups.csv line 2, field circuits: '30.5' is not a whole number"),
        ("trunk_groups", "TG1", "", "trunk_groups.csv line 2, field trunk_group_id: is empty"),
        ("trunk_groups", "carrier,30", "a,b,30", "trunk_groups.csv line 2: has 6 fields, the header 5"),
        (
            "tariff_rates",
            "0.22",
            "0.1234567",
            "tariff_rates.csv line 2, field rate: '0.1234567' is not a number with at most",
        ),
        ("time_bands", "24:00", "24:30", "time_bands.csv line 2, field ends_at: '24:30' is not a valid time of day"),
        ("time_bands", "1234567H", "0123", "time_bands.csv line 2, field days: '0123' is not a valid set of days"),
        ("commission_plans", "0.95", "95", "commission_plans.csv line 2, field tier_from_rate: 95 is out of bounds"),
        (
            "commission_plans",
            ",3,",
            ",101,",
            "commission_plans.csv line 2, field commission_percent: 101 is out of bounds",
        ),
        (
            "commission_plans",
            "20,90",
            "20,90\nCP1,2020-01-01,,0.95,4,1,20,90",
            (
                "commission_plans.csv line 3, field commission_plan_id + valid_from + tier_from_rate: "
                "'CP1, 2020-01-01, 0.95' stands in line 2 already"
            ),
        ),
        (
            "commission_plans",
            "20,90",
            "20,90\nCP1,2026-01-01,,0.9,3,1,20,90",
            "commission_plans.csv line 3, field valid_from: the version of line 2 of CP1 holds at the same time",
        ),
        (
            "commission_plans",
            "20,90",
            "20,90\nCP1,2020-01-01,2026-01-01,0.9,3,1,20,90",
            "commission_plans.csv line 3, field valid_to: ends the tier on another day than line 2 of the same version",
        ),
        ("promotions", ",20,", ",120,", "promotions.csv line 3, field value: 120 is out of bounds"),
        (
            "promotions",
            "20,LOCAL",
            "20,",
            "promotions.csv line 3, field bill_item_id: is empty; a percent_off needs it",
        ),
        ("tariff_plans", ",2", ",7", "tariff_plans.csv line 2, field rounding_decimals: 7 is out of bounds"),
        (
            "number_ranges",
            "2349999",
            "2339999",
            "number_ranges.csv line 2, field range_end: '2339999' is not a valid end of a range",
        ),
        (
            "info_services",
            "168",
            "16*8",
            "info_services.csv line 2, field access_prefix: '16*899' is neither digits alone nor a",
        ),
        ("holidays", "Year,", "Year,8", "holidays.csv line 2, field counts_as: '8' is not one of H, 1, 2"),
        (
            "info_services",
            "168",
            "16B",
            "info_services.csv line 2, field access_prefix: '16B99' is neither digits alone nor a",
        ),
        (
            "bill_items",
            "PROMO,discount",
            "PROMO,other",
            "bill_items.csv, field item_kind: there are 0 items of kind discount",
        ),
        (
            "bill_items",
            "LOCAL,call",
            "LOCAL,discount",
            "there are 2 items of kind discount (lines 3, 4); keep exactly one",
        ),
        ("exchanges", "EX1,", 'EX1,"', "exchanges.csv line 2: is not a valid line of CSV"),
    ],
)
def test_a_fault_is_named_with_file_line_and_field(book: Path, table: str, old: str, new: str, message: str) -> None:
    spoil(book, table, old, new)
    assert message in faults(book)


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("destinations", "010,Z1", "010,Z9"),
        ("destinations", "010", "01a"),
        ("class_plans", "P1", "P9"),
        ("tariff_plans", "P1,ALL", "P1,NONE"),
        ("tariff_rates", "0.22,180,180", "-0.22,0,0"),
        ("tariff_rates", "P1,Z1,,", "P9,Z9,NIGHT,"),
        ("time_bands", "24:00", "12:00"),
        ("destinations", "010,Z1,2020-01-01,2026-01-01", "010,Z1,2020-01-01,\n010,Z1,2020-01-01,"),
    ],
)
def test_an_unsound_tariff_loads_because_it_is_gated_later(book: Path, table: str, old: str, new: str) -> None:
    spoil(book, table, old, new)
    read_reference_book(book)


def test_versions_of_a_commission_plan_follow_one_another(book: Path) -> None:
    """The last day of a version is the day before its valid_to; 9999-12-31 and an empty valid_to are one end."""
    spoil(
        book,
        "commission_plans",
        "CP1,2020-01-01,,0.95,3,1,20,90",
        "CP1,2020-01-01,2026-01-01,0.95,3,1,20,90\nCP1,2020-01-01,2026-01-01,0.9,2,1,20,90\n"
        "CP1,2026-01-01,,0.95,4,1,20,90\nCP1,2026-01-01,9999-12-31,0.9,3,1,20,90\nCP2,2020-01-01,,0.95,4,1,20,90",
    )
    assert len(read_reference_book(book).tables["commission_plans"]) == 5


def test_every_fault_is_listed_up_to_twenty(book: Path) -> None:
    (book / "zones.csv").unlink()
    with (book / "holidays.csv").open("a", encoding="utf-8") as holidays:
        holidays.write("".join(f"2026-13-{day:02d},,,\n" for day in range(1, 26)))
    lines = faults(book).splitlines()
    assert lines[0] == "the reference book has faults:"
    assert "holidays.csv line 3, field holiday_date" in "\n".join(lines)
    assert "zones.csv: the file is missing" in "\n".join(lines)
    assert (len(lines), lines[-1]) == (22, "and 6 more")


def test_a_book_that_is_not_utf8_or_not_there(book: Path) -> None:
    (book / "agents.csv").write_bytes((book / "agents.csv").read_bytes() + "AG2,代理,,BU1,CP1\n".encode("gbk"))
    assert "agents.csv line 3: is not UTF-8" in faults(book)
    assert "set TOLLHOUSE_REFERENCE" in faults(book / "nowhere")
