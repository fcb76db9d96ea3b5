"""The reference book's tables as data (SPEC 2): columns and types, keys, named ids, allowed words and bounds.

Reading and checking a book is in reading.py. Whether a tariff is sound is a gate's matter, not a rule here.
"""

from __future__ import annotations

# What an SQL type in REFERENCE_TABLES may be; TIME columns are VARCHAR 'HH:MM' or 'HH:MM:SS' and named in TIME_COLUMNS.
TEXT, DAY, NUMBER, WHOLE = "VARCHAR", "DATE", "DECIMAL(18,6)", "INTEGER"

_TYPES = {
    "valid_from": DAY,
    "valid_to": DAY,
    "holiday_date": DAY,
    "expected_files_per_day": WHOLE,
    "first_sequence": WHOLE,
    "last_sequence": WHOLE,
    "circuits": WHOLE,
    "rounding_decimals": WHOLE,
    "from_second": WHOLE,
    "rate_unit_seconds": WHOLE,
    "increment_seconds": WHOLE,
    "clawback_days": WHOLE,
    "rule_order": WHOLE,
    "min_rest_digits": WHOLE,
    "connect_fee": NUMBER,
    "rate": NUMBER,
    "monthly_fee": NUMBER,
    "value": NUMBER,
    "provider_share_percent": NUMBER,
    "tier_from_rate": NUMBER,
    "commission_percent": NUMBER,
    "late_percent": NUMBER,
    "activation_bonus": NUMBER,
    "warn_above": NUMBER,
    "hold_above": NUMBER,
    "allowance": NUMBER,
    "max_amount": NUMBER,
}


def _table(columns: str) -> dict[str, str]:
    return {column: _TYPES.get(column, TEXT) for column in columns.split()}


REFERENCE_TABLES: dict[str, dict[str, str]] = {
    "business_units": _table("business_unit_id name_zh name_en"),
    "sales_areas": _table("sales_area_id business_unit_id name_zh name_en"),
    "agents": _table("agent_id name_zh name_en business_unit_id commission_plan_id"),
    "outlets": _table("outlet_id name_zh name_en business_unit_id sales_area_id outlet_kind agent_id"),
    "exchanges": _table("exchange_id name_zh name_en area_code"),
    "switches": _table("switch_id exchange_id cdr_format expected_files_per_day first_sequence last_sequence"),
    "trunk_groups": _table("trunk_group_id exchange_id direction carrier circuits"),
    "number_ranges": _table(
        "range_start range_end exchange_id business_unit_id sales_area_id billing_area usage_type tariff_plan_id"
    ),
    "bill_items": _table("bill_item_id item_kind name_zh name_en"),
    "call_categories": _table("call_category bill_item_id name_zh name_en"),
    "zones": _table("zone_id call_category charged_party name_zh name_en"),
    "destinations": _table("prefix zone_id valid_from valid_to"),
    "dialling_rules": _table(
        "rule_order kind code min_rest_digits tariff_plan_id zone_id valid_from valid_to name_zh name_en"
    ),
    "holidays": _table("holiday_date name_zh name_en counts_as"),
    "time_bands": _table("band_set_id days starts_at ends_at band_id"),
    "tariff_plans": _table("tariff_plan_id band_set_id band_rule rounding_mode rounding_decimals"),
    "tariff_rates": _table(
        "tariff_plan_id zone_id band_id valid_from valid_to connect_fee from_second rate rate_unit_seconds increment_seconds"
    ),
    "class_plans": _table("customer_class tariff_plan_id valid_from valid_to"),
    "products": _table("product_id bill_item_id monthly_fee proration name_zh name_en"),
    "promotions": _table("promotion_id kind value bill_item_id name_zh name_en"),
    "info_services": _table("access_prefix provider_id provider_name contact provider_share_percent name_zh name_en"),
    "commission_plans": _table(
        "commission_plan_id valid_from valid_to tier_from_rate commission_percent late_percent activation_bonus clawback_days"
    ),
    "packages": _table(
        "package_id product_id allowance_kind allowance zone_group_id is_shared valid_from valid_to name_zh name_en"
    ),
    "zone_groups": _table("zone_group_id zone_id"),
    "price_caps": _table("tariff_plan_id zone_id valid_from valid_to max_amount"),
    "debit_result_codes": _table("bank_code result_code outcome cause name_zh name_en"),
    "gate_thresholds": _table("gate_id warn_above hold_above"),
}

# Tables that are not here have no key of their own: that two of their rows do not overlap is the tariff gate's matter.
KEYS: dict[str, tuple[str, ...]] = {
    "business_units": ("business_unit_id",),
    "sales_areas": ("sales_area_id",),
    "agents": ("agent_id",),
    "outlets": ("outlet_id",),
    "exchanges": ("exchange_id",),
    "switches": ("switch_id",),
    "trunk_groups": ("trunk_group_id",),
    "number_ranges": ("range_start",),
    "bill_items": ("bill_item_id",),
    "call_categories": ("call_category",),
    "zones": ("zone_id",),
    "holidays": ("holiday_date",),
    "tariff_plans": ("tariff_plan_id",),
    "products": ("product_id",),
    "promotions": ("promotion_id",),
    "info_services": ("access_prefix",),
    "commission_plans": ("commission_plan_id", "valid_from", "tier_from_rate"),
    "packages": ("package_id",),
    "zone_groups": ("zone_group_id", "zone_id"),
    "debit_result_codes": ("bank_code", "result_code"),
    "gate_thresholds": ("gate_id",),
}

# Columns that may be empty, in every table that has them and (second) in one table only.
OPTIONAL = {
    "name_zh",
    "name_en",
    "valid_to",
    "carrier",
    "contact",
    "provider_name",
    "area_code",
    "billing_area",
    "usage_type",
}
OPTIONAL_IN: dict[str, set[str]] = {
    "agents": {"commission_plan_id"},
    "outlets": {"sales_area_id", "agent_id"},
    "switches": {"expected_files_per_day", "first_sequence", "last_sequence"},
    "number_ranges": {"sales_area_id", "tariff_plan_id"},
    "holidays": {"counts_as"},
    "destinations": {"prefix"},
    "dialling_rules": {"code", "tariff_plan_id", "zone_id"},
    "tariff_rates": {"band_id"},
    "promotions": {"value", "bill_item_id"},
    "gate_thresholds": {"warn_above", "hold_above"},
}

# Tables that a book need not have at all: without the file they are as with its header alone.
ABSENT_TABLES: set[str] = {"dialling_rules", "packages", "zone_groups", "price_caps"}

# No call can be rated while one of these has no rows; in the order in which a new book is filled in.
NEEDED_TO_RATE = (
    "exchanges",
    "switches",
    "bill_items",
    "call_categories",
    "zones",
    "destinations",
    "time_bands",
    "tariff_plans",
    "tariff_rates",
)

# Columns that a table need not have at all: a book without them is as one where they are empty.
ABSENT_IN: dict[str, set[str]] = {
    "switches": {"first_sequence", "last_sequence"},
    "number_ranges": {"tariff_plan_id"},
    "holidays": {"counts_as"},
}

# An empty text of these is a value: the empty prefix starts every number.
EMPTY_IS_TEXT = {("destinations", "prefix")}

# (table, column) → the table whose key of the same name it must stand in. Zones, plans and band sets that tariffs name
# are not here: an unknown one makes the tariff unsound, which is gated and stops only the calls that it touches.
NAMED_IDS: dict[tuple[str, str], str] = {
    ("sales_areas", "business_unit_id"): "business_units",
    ("agents", "business_unit_id"): "business_units",
    ("agents", "commission_plan_id"): "commission_plans",
    ("outlets", "business_unit_id"): "business_units",
    ("outlets", "sales_area_id"): "sales_areas",
    ("outlets", "agent_id"): "agents",
    ("switches", "exchange_id"): "exchanges",
    ("trunk_groups", "exchange_id"): "exchanges",
    ("number_ranges", "exchange_id"): "exchanges",
    ("number_ranges", "business_unit_id"): "business_units",
    ("number_ranges", "sales_area_id"): "sales_areas",
    ("number_ranges", "tariff_plan_id"): "tariff_plans",
    ("call_categories", "bill_item_id"): "bill_items",
    ("zones", "call_category"): "call_categories",
    ("products", "bill_item_id"): "bill_items",
    ("promotions", "bill_item_id"): "bill_items",
    ("packages", "product_id"): "products",
    ("zone_groups", "zone_id"): "zones",
    ("price_caps", "tariff_plan_id"): "tariff_plans",
    ("price_caps", "zone_id"): "zones",
}

WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("outlets", "outlet_kind"): ("own", "agent"),
    ("trunk_groups", "direction"): ("in", "out", "both"),
    ("bill_items", "item_kind"): ("rental", "call", "info_service", "value_added", "other", "discount"),
    ("zones", "charged_party"): ("calling", "called"),
    ("holidays", "counts_as"): ("H", "1", "2", "3", "4", "5", "6", "7"),
    ("dialling_rules", "kind"): ("code", "own_area_code"),
    ("tariff_plans", "band_rule"): ("increment", "start"),
    ("tariff_plans", "rounding_mode"): ("half_up", "up", "down"),
    ("products", "proration"): ("none", "daily"),
    ("packages", "allowance_kind"): ("seconds", "amount"),
    ("packages", "is_shared"): ("true", "false"),
    ("promotions", "kind"): ("rental_match", "percent_off", "fixed_credit"),
    ("debit_result_codes", "outcome"): ("success", "failed"),
    ("debit_result_codes", "cause"): ("none", "insufficient_funds", "account_fault", "mandate", "other"),
}

TIME_COLUMNS = {("time_bands", "starts_at"), ("time_bands", "ends_at")}
# What a called number may begin with: digits, or a service code with its * and #. Not destinations.prefix: one with a letter is no
# number's, which is gated like the other faults of a tariff.
DIALLED_COLUMNS = {
    ("dialling_rules", "code"),
    ("info_services", "access_prefix"),
}

# Numbers as people write them: digits alone once they are normalised.
NUMBER_COLUMNS = {("number_ranges", "range_start"), ("number_ranges", "range_end")}

# The gates that hold a call file by the share of its records in a state.
RECORD_GATES = ("malformed", "duplicate", "other_day")

# gate_id → (warn_above, hold_above) where the book has no row of that gate. An empty value, here or in the book, is no gate.
# docs/rules.md says what each one measures; a gate_id that is not here belongs to no gate and goes to the bulletin.
GATE_DEFAULTS: dict[str, tuple[str | None, str | None]] = {
    "malformed": ("0.001", "0.05"),
    "duplicate": ("0.005", "0.20"),
    "other_day": ("0.01", "0.20"),
    "export_rows": (None, "0.05"),
    "export_shrink": (None, "0.5"),
    "date_gap": (None, "62"),
    "undocumented": ("0.05", "0.20"),
    "undocumented_days": ("31", "92"),
    "duplicate_branch": ("0.005", "0.05"),
    "partial_wait_hours": (None, "24"),
    "partial_gap_seconds": (None, "5"),
    "return_window_days": (None, "400"),
    "key_account_fall": ("0.30", None),
    "key_account_rise": ("1.00", None),
    "ultra_short_seconds": ("3", None),
    "ultra_short_calls": ("20", None),
    "over_long_seconds": ("14400", None),
    "unusual_traffic": ("6", None),
}

BOUNDS: dict[tuple[str, str], tuple[int, int | None]] = {
    ("switches", "expected_files_per_day"): (0, None),
    ("switches", "first_sequence"): (0, None),
    ("switches", "last_sequence"): (1, None),
    ("trunk_groups", "circuits"): (0, None),
    ("dialling_rules", "min_rest_digits"): (0, None),
    ("tariff_plans", "rounding_decimals"): (0, 6),
    ("products", "monthly_fee"): (0, None),
    ("promotions", "value"): (0, None),
    ("packages", "allowance"): (0, None),
    ("price_caps", "max_amount"): (0, None),
    ("info_services", "provider_share_percent"): (0, 100),
    ("commission_plans", "tier_from_rate"): (0, 1),
    ("commission_plans", "commission_percent"): (0, 100),
    ("commission_plans", "late_percent"): (0, 100),
    ("commission_plans", "activation_bonus"): (0, None),
    ("commission_plans", "clawback_days"): (0, None),
    ("gate_thresholds", "warn_above"): (0, None),
    ("gate_thresholds", "hold_above"): (0, None),
}
