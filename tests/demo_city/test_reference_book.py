"""The reference book has SPEC 2's files and columns, names only what exists, and its tariffs are sound (SPEC 5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations, pairwise

import pytest

from tests.demo_city.conftest import REFERENCE
from tests.demo_city.reading import Row, read_book

COLUMNS = """
business_units: business_unit_id name_zh name_en
sales_areas: sales_area_id business_unit_id name_zh name_en
agents: agent_id name_zh name_en business_unit_id commission_plan_id
outlets: outlet_id name_zh name_en business_unit_id sales_area_id outlet_kind agent_id
exchanges: exchange_id name_zh name_en area_code
switches: switch_id exchange_id cdr_format expected_files_per_day
trunk_groups: trunk_group_id exchange_id direction carrier circuits
number_ranges: range_start range_end exchange_id business_unit_id sales_area_id billing_area usage_type tariff_plan_id
bill_items: bill_item_id item_kind name_zh name_en
call_categories: call_category bill_item_id name_zh name_en
zones: zone_id call_category charged_party name_zh name_en
destinations: prefix zone_id valid_from valid_to
holidays: holiday_date name_zh name_en counts_as
time_bands: band_set_id days starts_at ends_at band_id
tariff_plans: tariff_plan_id band_set_id band_rule rounding_mode rounding_decimals
tariff_rates: tariff_plan_id zone_id band_id valid_from valid_to connect_fee from_second rate rate_unit_seconds increment_seconds
class_plans: customer_class tariff_plan_id valid_from valid_to
products: product_id bill_item_id monthly_fee proration name_zh name_en
promotions: promotion_id kind value bill_item_id name_zh name_en
info_services: access_prefix provider_id provider_name contact provider_share_percent name_zh name_en
commission_plans: commission_plan_id valid_from valid_to tier_from_rate commission_percent late_percent activation_bonus clawback_days
debit_result_codes: bank_code result_code outcome cause name_zh name_en
gate_thresholds: gate_id warn_above hold_above
"""
SPEC_COLUMNS = {line.split(":")[0]: line.split(":")[1].split() for line in COLUMNS.strip().splitlines()}
BOOK = read_book(REFERENCE)


def overlapping(rows: list[Row]) -> bool:
    """Whether any two rows' [valid_from, valid_to) share a day."""
    spans = [(row["valid_from"], row["valid_to"] or "9999-12-31") for row in rows]
    return any(a[0] < b[1] and b[0] < a[1] for a, b in combinations(spans, 2))


def values(table: str, column: str) -> set[str]:
    return {row[column] for row in BOOK[table]}


@pytest.mark.parametrize("table", SPEC_COLUMNS)
def test_every_table_has_the_columns_of_the_contract(table: str) -> None:
    header = (REFERENCE / f"{table}.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.split(",") == SPEC_COLUMNS[table]


def test_the_branch_has_its_size() -> None:
    sizes = {t: len(BOOK[t]) for t in ("business_units", "outlets", "agents", "exchanges")}
    assert sizes == {"business_units": 6, "outlets": 23, "agents": 12, "exchanges": 5}
    assert 18 <= len(BOOK["trunk_groups"]) <= 24
    assert sum(row["item_kind"] == "discount" for row in BOOK["bill_items"]) == 1


@pytest.mark.parametrize(
    ("table", "column", "target"),
    [
        ("sales_areas", "business_unit_id", "business_units"),
        ("agents", "business_unit_id", "business_units"),
        ("agents", "commission_plan_id", "commission_plans"),
        ("outlets", "sales_area_id", "sales_areas"),
        ("outlets", "agent_id", "agents"),
        ("switches", "exchange_id", "exchanges"),
        ("trunk_groups", "exchange_id", "exchanges"),
        ("number_ranges", "exchange_id", "exchanges"),
        ("number_ranges", "sales_area_id", "sales_areas"),
        ("call_categories", "bill_item_id", "bill_items"),
        ("zones", "call_category", "call_categories"),
        ("destinations", "zone_id", "zones"),
        ("tariff_rates", "tariff_plan_id", "tariff_plans"),
        ("tariff_rates", "zone_id", "zones"),
        ("class_plans", "tariff_plan_id", "tariff_plans"),
        ("products", "bill_item_id", "bill_items"),
        ("promotions", "bill_item_id", "bill_items"),
    ],
)
def test_every_name_exists(table: str, column: str, target: str) -> None:
    assert values(table, column) - {""} <= values(target, column)


def test_no_prefix_stands_twice_at_one_time() -> None:
    by_prefix: dict[str, list[Row]] = defaultdict(list)
    for row in BOOK["destinations"]:
        assert row["prefix"].isdigit()
        by_prefix[row["prefix"]].append(row)
    assert not [prefix for prefix, rows in by_prefix.items() if overlapping(rows)]
    assert any(len(rows) > 1 for rows in by_prefix.values()), "no prefix has a successor"


def test_band_sets_cover_every_day_once() -> None:
    minutes: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for row in BOOK["time_bands"]:
        begin, end = (int(row[c][:2]) * 60 + int(row[c][3:5]) for c in ("starts_at", "ends_at"))
        for day in row["days"]:
            minutes[row["band_set_id"], day].update(range(begin, end))
    band_sets = values("time_bands", "band_set_id")
    for band_set in band_sets:
        assert {day for name, day in minutes if name == band_set} >= set("1234567")
    for covered in minutes.values():
        assert covered == Counter(range(1440))
    assert {name for name, day in minutes if day == "H"} and len(band_sets) >= 2


def test_rates_are_sound() -> None:
    plans = {row["tariff_plan_id"]: row["band_set_id"] for row in BOOK["tariff_plans"]}
    bands = {(row["band_set_id"], row["band_id"]) for row in BOOK["time_bands"]}
    tiers: dict[tuple[str, ...], list[int]] = defaultdict(list)
    versions: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for row in BOOK["tariff_rates"]:
        assert not row["band_id"] or (plans[row["tariff_plan_id"]], row["band_id"]) in bands
        assert int(row["rate_unit_seconds"]) > 0 and int(row["increment_seconds"]) > 0
        assert not row["rate"].startswith("-") and not row["connect_fee"].startswith("-")
        plan_zone = (row["tariff_plan_id"], row["zone_id"])
        versions[plan_zone].add((row["valid_from"], row["valid_to"]))
        tiers[(*plan_zone, row["band_id"], row["valid_from"])].append(int(row["from_second"]))
    assert all(min(t) == 0 and len(set(t)) == len(t) for t in tiers.values())
    spans = [[{"valid_from": a, "valid_to": b} for a, b in pairs] for pairs in versions.values()]
    assert not any(overlapping(pairs) for pairs in spans)
    assert any(len(pairs) > 1 for pairs in spans), "no (plan, zone) has two versions"


def test_historical_tariffs_stand_in_the_book() -> None:
    def rows(plan: str, zone: str) -> set[tuple[str, str, str, str, str]]:
        columns = ("band_id", "from_second", "rate", "rate_unit_seconds", "increment_seconds")
        return {
            tuple(row[c] for c in columns)  # type: ignore[misc]
            for row in BOOK["tariff_rates"]
            if (row["tariff_plan_id"], row["zone_id"]) == (plan, zone)
        }

    assert rows("RESIDENTIAL", "LOCAL") == {("", "0", "0.22", "180", "180"), ("", "180", "0.11", "60", "60")}
    assert {("", "0", "0.07", "6", "6"), ("NIGHT", "0", "0.04", "6", "6")} <= rows("RESIDENTIAL", "NATIONAL")
    assert rows("RESIDENTIAL", "HMT") == {("", "0", "0.20", "6", "6")}
    assert rows("RESIDENTIAL", "IP_NATIONAL") == {("", "0", "0.30", "60", "60")}
    assert rows("RESIDENTIAL", "EMERGENCY") == {("", "0", "0", "60", "60")}


def test_classes_and_commission_plans_have_one_version_at_a_time() -> None:
    for table, key in (
        ("class_plans", ("customer_class",)),
        ("commission_plans", ("commission_plan_id", "tier_from_rate")),
    ):
        grouped: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in BOOK[table]:
            grouped[tuple(row[k] for k in key)].append(row)
        assert not [k for k, rows in grouped.items() if overlapping(rows)]
    starts = defaultdict(set)
    for row in BOOK["commission_plans"]:
        starts[row["commission_plan_id"]].add(row["valid_from"])
    assert max(len(s) for s in starts.values()) == 2


def test_number_ranges_do_not_meet_and_stay_in_their_unit() -> None:
    units = {row["sales_area_id"]: row["business_unit_id"] for row in BOOK["sales_areas"]}
    rows = sorted(BOOK["number_ranges"], key=lambda row: int(row["range_start"]))
    assert all(int(a["range_end"]) < int(b["range_start"]) for a, b in pairwise(rows))
    assert all(units[row["sales_area_id"]] == row["business_unit_id"] for row in rows)


def test_every_bank_has_success_and_every_cause() -> None:
    causes: dict[str, set[str]] = defaultdict(set)
    for row in BOOK["debit_result_codes"]:
        assert (row["outcome"] == "success") == (row["cause"] == "none")
        causes[row["bank_code"]].add(row["cause"])
    every = {"none", "insufficient_funds", "account_fault", "mandate", "other"}
    assert all(causes[bank] == every for bank in ("ICBC", "PSBC", "CCB", "ABC"))
    # Schemes that formats report by: codes that any bank may send.
    assert causes["NACHA"] == causes["ISO20022"] == causes["CN-KEYWORD"] == every
