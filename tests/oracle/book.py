"""The reference book, read and typed. Whether its tariffs are sound is judged in `tariff`."""

from __future__ import annotations

import csv
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

Row = dict[str, Any]

TABLES = (
    "business_units",
    "sales_areas",
    "agents",
    "outlets",
    "exchanges",
    "switches",
    "trunk_groups",
    "number_ranges",
    "bill_items",
    "call_categories",
    "zones",
    "destinations",
    "dialling_rules",
    "holidays",
    "time_bands",
    "tariff_plans",
    "tariff_rates",
    "class_plans",
    "products",
    "promotions",
    "info_services",
    "commission_plans",
    "packages",
    "zone_groups",
    "price_caps",
    "late_fee_rules",
    "debit_result_codes",
    "gate_thresholds",
)

OPTIONAL_TABLES = {"dialling_rules", "packages", "zone_groups", "price_caps", "late_fee_rules"}

DATES = {"valid_from", "valid_to", "holiday_date"}
INTEGERS = {
    "circuits",
    "rounding_decimals",
    "from_second",
    "rate_unit_seconds",
    "increment_seconds",
    "clawback_days",
    "expected_files_per_day",
    "first_sequence",
    "last_sequence",
    "rule_order",
    "min_rest_digits",
}
DECIMALS = {
    "connect_fee",
    "rate",
    "monthly_fee",
    "value",
    "provider_share_percent",
    "tier_from_rate",
    "commission_percent",
    "late_percent",
    "activation_bonus",
    "allowance",
    "max_amount",
    "percent_per_day",
    "warn_above",
    "hold_above",
}


def typed(column: str, text: str) -> Any:
    """The value of one cell; an empty date, integer or decimal is None, an empty text stays empty."""
    if column in DATES:
        return date.fromisoformat(text) if text else None
    if column in INTEGERS:
        return int(text) if text else None
    if column in DECIMALS:
        return Decimal(text) if text else None
    return text


def seconds_of_day(text: str) -> int:
    """`HH:MM` or `HH:MM:SS` as seconds since midnight; 24:00 is 86 400."""
    parts = [int(part) for part in text.split(":")]
    hours, minutes, seconds = [*parts, 0][:3]
    return hours * 3600 + minutes * 60 + seconds


# What counts where the book has no row of a gate (SPEC 2).
HOLD_ABOVE_BY_DEFAULT = {
    "malformed": Decimal("0.05"),
    "duplicate": Decimal("0.20"),
    "other_day": Decimal("0.20"),
    "export_rows": Decimal("0.05"),
    "export_shrink": Decimal("0.5"),
    "date_gap": Decimal("62"),
}
#: The same above which a gate warns, of those that the oracle needs.
WARN_ABOVE_BY_DEFAULT = {"terminal_inspection_days": Decimal(90), "complaint_hours": Decimal(360)}


class Book:
    """The tables of the book as lists of typed rows, and the few look-ups that every section needs."""

    def __init__(self, tables: dict[str, list[Row]]) -> None:
        self.tables = tables
        self.switches = {row["switch_id"]: row for row in tables["switches"]}
        self.trunk_groups = {row["trunk_group_id"]: row for row in tables["trunk_groups"]}
        self.zones = {row["zone_id"]: row for row in tables["zones"]}
        self.categories = {row["call_category"]: row for row in tables["call_categories"]}
        self.plans = {row["tariff_plan_id"]: row for row in tables["tariff_plans"]}
        self.bill_items = {row["bill_item_id"]: row for row in tables["bill_items"]}
        self.products = {row["product_id"]: row for row in tables["products"]}
        self.promotions = {row["promotion_id"]: row for row in tables["promotions"]}
        self.agents = {row["agent_id"]: row for row in tables["agents"]}
        self.outlets = {row["outlet_id"]: row for row in tables["outlets"]}
        self.holidays = {row["holiday_date"]: row.get("counts_as") or "H" for row in tables["holidays"]}
        self.debit_codes = {(row["bank_code"], row["result_code"]): row for row in tables["debit_result_codes"]}

    def hold_above(self, gate_id: str) -> Decimal | None:
        """Above what the gate holds: the row of the book, else what the contract says by default. None never holds."""
        for row in self.tables["gate_thresholds"]:
            if row["gate_id"] == gate_id:
                return row["hold_above"]
        return HOLD_ABOVE_BY_DEFAULT[gate_id]

    def warn_above(self, gate_id: str) -> Decimal | None:
        """Above what the gate warns, as `hold_above`; None never warns."""
        for row in self.tables["gate_thresholds"]:
            if row["gate_id"] == gate_id:
                return row["warn_above"]
        return WARN_ABOVE_BY_DEFAULT[gate_id]

    def discount_item(self) -> str | None:
        """The book's one bill item of kind discount."""
        for row in self.tables["bill_items"]:
            if row["item_kind"] == "discount":
                return row["bill_item_id"]
        return None

    def range_of(self, number: str) -> Row | None:
        """The number range that holds a number: of the same length, its end included."""
        for row in self.tables["number_ranges"]:
            start, end = plain_number(row["range_start"]), plain_number(row["range_end"])
            if len(start) == len(number) and start <= number <= end:
                return row
        return None


def plain_number(text: str) -> str:
    """A number as it is compared; a text that is no number stays as it is written."""
    plain = "00" + text[1:] if text.startswith("+") else text
    plain = "".join(sign for sign in plain if sign not in " -().#*")
    return plain if re.fullmatch("[0-9]+", plain) else text


def read_book(folder: Path) -> Book:
    """Read every table of the reference book."""
    tables: dict[str, list[Row]] = {}
    for table in TABLES:
        if table in OPTIONAL_TABLES and not (folder / f"{table}.csv").exists():
            tables[table] = []
            continue
        with (folder / f"{table}.csv").open(encoding="utf-8-sig", newline="") as lines:
            tables[table] = [
                {column: typed(column, (text or "").strip()) for column, text in row.items()}
                for row in csv.DictReader(lines)
            ]
    return Book(tables)
