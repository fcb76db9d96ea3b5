"""The tables of the reference book (SPEC 2), declared once: columns, keys, named ids, allowed words and bounds; and the gates' limits.

dbt's seeds and the guide to the columns are made from it by `python -m docs.generate`. Reading and checking a book by it is in
reading.py. A gate, not a rule here, checks whether a tariff is sound.
"""

from __future__ import annotations

from orchestration.reference_book.declaration import (
    DAY,
    DIALLED_CODE,
    FLAG,
    NUMBER,
    SEQUENCE_NUMBER,
    TELEPHONE_NUMBER,
    TEXT,
    TIME_OF_DAY,
    WEEKDAYS,
    WHOLE,
    Column,
    Table,
)

_NAMES = (
    Column("name_zh", TEXT, "Name in Chinese.", may_be_empty=True),
    Column("name_en", TEXT, "Name in English.", may_be_empty=True),
)
_IN_FORCE = (
    Column("valid_from", DAY, "First day on which the row applies."),
    Column(
        "valid_to",
        DAY,
        "First day on which the row no longer applies; empty or 9999-12-31 means still in force.",
        may_be_empty=True,
    ),
)

#: In the order in which a new book is filled in and its faults are reported. Zones, plans and band sets that tariffs name have no `id_of`:
#: an unknown one makes the tariff unsound, which is gated and stops only the calls that it touches.
_TABLES = (
    Table(
        "business_units",
        "One row per business unit (经营部).",
        owner="billing",
        key=("business_unit_id",),
        columns=(
            Column("business_unit_id", TEXT, "Business unit (经营部)."),
            *_NAMES,
        ),
    ),
    Table(
        "sales_areas",
        "One row per sales area (片区).",
        owner="billing",
        key=("sales_area_id",),
        columns=(
            Column("sales_area_id", TEXT, "Sales area (片区)."),
            Column("business_unit_id", TEXT, "Business unit (经营部).", id_of="business_units"),
            *_NAMES,
        ),
    ),
    Table(
        "agents",
        "One row per agent (代理) and the commission plan it sells under.",
        owner="billing",
        key=("agent_id",),
        columns=(
            Column("agent_id", TEXT, "Agent (代理) who sells for commission."),
            *_NAMES,
            Column("business_unit_id", TEXT, "Business unit (经营部) the agent belongs to.", id_of="business_units"),
            Column(
                "commission_plan_id", TEXT, "Commission plan of an agent.", id_of="commission_plans", may_be_empty=True
            ),
        ),
    ),
    Table(
        "outlets",
        "One row per outlet (营业网点), own or run by an agent.",
        owner="billing",
        key=("outlet_id",),
        columns=(
            Column("outlet_id", TEXT, "Outlet (营业网点)."),
            *_NAMES,
            Column("business_unit_id", TEXT, "Business unit (经营部).", id_of="business_units"),
            Column("sales_area_id", TEXT, "Sales area (片区).", id_of="sales_areas", may_be_empty=True),
            Column("outlet_kind", TEXT, "own or agent.", words=("own", "agent")),
            Column(
                "agent_id", TEXT, "Agent that runs the outlet; empty for an own one.", id_of="agents", may_be_empty=True
            ),
        ),
    ),
    Table(
        "exchanges",
        "One row per exchange (机房).",
        owner="billing",
        key=("exchange_id",),
        is_needed_to_rate=True,
        columns=(
            Column("exchange_id", TEXT, "Exchange (机房)."),
            *_NAMES,
            Column("area_code", TEXT, "Area code of the exchange's numbers.", may_be_empty=True),
        ),
    ),
    Table(
        "switches",
        "One row per switch and the format of its call detail records.",
        owner="billing",
        key=("switch_id",),
        is_needed_to_rate=True,
        columns=(
            Column("switch_id", TEXT, "Switch."),
            Column("exchange_id", TEXT, "Exchange (机房).", id_of="exchanges"),
            Column("cdr_format", TEXT, "Format of its call files: canonical, or one declared under cdr_formats."),
            Column(
                "expected_files_per_day",
                WHOLE,
                "Files it is expected to write a day; empty is not known.",
                least=0,
                may_be_empty=True,
            ),
            Column(
                "first_sequence",
                SEQUENCE_NUMBER,
                "Number of the file after the one numbered last_sequence. Empty: 1, or 0 where the switch has written a file 0.",
                least=0,
                may_be_empty=True,
                may_be_absent=True,
            ),
            Column(
                "last_sequence",
                SEQUENCE_NUMBER,
                "Greatest number of its files, after which they begin anew. Empty: the greatest of as many digits as it writes, "
                "at least 999999.",
                least=1,
                may_be_empty=True,
                may_be_absent=True,
            ),
        ),
    ),
    Table(
        "trunk_groups",
        "One row per trunk group (中继) and its circuits.",
        owner="billing",
        key=("trunk_group_id",),
        columns=(
            Column("trunk_group_id", TEXT, "Trunk group (中继)."),
            Column("exchange_id", TEXT, "Exchange (机房).", id_of="exchanges"),
            Column("direction", TEXT, "in, out or both.", words=("in", "out", "both")),
            Column("carrier", TEXT, "Operator at the other end.", may_be_empty=True),
            Column("circuits", WHOLE, "Circuits of the trunk group.", least=0),
        ),
    ),
    Table(
        "number_ranges",
        "One row per range of numbers, its end included.",
        owner="billing",
        key=("range_start",),
        columns=(
            Column("range_start", TELEPHONE_NUMBER, "First number of the range."),
            Column("range_end", TELEPHONE_NUMBER, "Last number of the range, included."),
            Column("exchange_id", TEXT, "Exchange (机房).", id_of="exchanges"),
            Column("business_unit_id", TEXT, "Business unit (经营部).", id_of="business_units"),
            Column("sales_area_id", TEXT, "Sales area (片区).", id_of="sales_areas", may_be_empty=True),
            Column("billing_area", TEXT, "Billing area of a number range.", may_be_empty=True),
            Column("usage_type", TEXT, "Purpose of the numbers of a range.", may_be_empty=True),
            Column(
                "tariff_plan_id",
                TEXT,
                "Plan by which calls of undocumented numbers of the range are estimated; a book may leave the column out.",
                id_of="tariff_plans",
                may_be_empty=True,
                may_be_absent=True,
            ),
        ),
    ),
    Table(
        "bill_items",
        "One row per bill item (账目项).",
        owner="billing",
        key=("bill_item_id",),
        is_needed_to_rate=True,
        columns=(
            Column("bill_item_id", TEXT, "Bill item (账目项) under which an amount is shown."),
            Column(
                "item_kind",
                TEXT,
                "Kind of bill item: rental, call, info_service, value_added, other or discount.",
                words=("rental", "call", "info_service", "value_added", "other", "discount"),
            ),
            *_NAMES,
        ),
    ),
    Table(
        "call_categories",
        "One row per call category and the bill item its calls go to.",
        owner="tariff",
        key=("call_category",),
        is_needed_to_rate=True,
        columns=(
            Column("call_category", TEXT, "Call category."),
            Column("bill_item_id", TEXT, "Bill item (账目项) under which an amount is shown.", id_of="bill_items"),
            *_NAMES,
        ),
    ),
    Table(
        "zones",
        "One row per tariff zone and who is charged for calls to it.",
        owner="tariff",
        key=("zone_id",),
        is_needed_to_rate=True,
        columns=(
            Column("zone_id", TEXT, "Tariff zone."),
            Column(
                "call_category",
                TEXT,
                "Call category of a zone, for example local or long distance.",
                id_of="call_categories",
            ),
            Column(
                "charged_party", TEXT, "Who pays for calls to a zone: calling or called.", words=("calling", "called")
            ),
            *_NAMES,
        ),
    ),
    Table(
        "destinations",
        "One row per destination prefix and stretch of days [valid_from, valid_to).",
        owner="tariff",
        is_needed_to_rate=True,
        columns=(
            # No DIALLED_CODE: a prefix with a letter is no number's, which is gated like the other faults of a tariff.
            Column(
                "prefix",
                TEXT,
                "Leading digits of a called number; an empty prefix fits every number.",
                may_be_empty=True,
                is_empty_a_text=True,
            ),
            Column("zone_id", TEXT, "Tariff zone of numbers with the prefix."),
            *_IN_FORCE,
        ),
    ),
    Table(
        "dialling_rules",
        "One row per rule that strips a code off a called number before its zone is sought; rules are tried in their order, each once.",
        owner="tariff",
        may_be_absent=True,
        columns=(
            Column(
                "rule_order",
                WHOLE,
                "Place in the order in which the rules are tried; no two rules have one place at one time.",
            ),
            Column(
                "kind",
                TEXT,
                "code (strips its code) or own_area_code (strips the area code of the exchange that wrote the call).",
                words=("code", "own_area_code"),
            ),
            Column("code", DIALLED_CODE, "Digits that are stripped; empty for own_area_code.", may_be_empty=True),
            Column(
                "min_rest_digits",
                WHOLE,
                "Digits that must be left behind the code; with fewer the rule strips nothing.",
                least=0,
            ),
            Column(
                "tariff_plan_id",
                TEXT,
                "Plan that a call dialled with the code is charged by; empty where the code selects none.",
                may_be_empty=True,
            ),
            Column(
                "zone_id",
                TEXT,
                "Zone that a call dialled with the code has; empty where the prefix of the rest decides.",
                may_be_empty=True,
            ),
            *_IN_FORCE,
            *_NAMES,
        ),
    ),
    Table(
        "holidays",
        "One row per day that is not its weekday: a public holiday, or a day that counts as another weekday (调休).",
        owner="tariff",
        key=("holiday_date",),
        columns=(
            Column("holiday_date", DAY, "Day of the holiday."),
            *_NAMES,
            Column(
                "counts_as",
                TEXT,
                "H or empty: a holiday. 1 (Monday) to 7 (Sunday): the day counts as that weekday.",
                words=("H", "1", "2", "3", "4", "5", "6", "7"),
                may_be_empty=True,
                may_be_absent=True,
            ),
        ),
    ),
    Table(
        "time_bands",
        "One row per stretch of a band set: days of 1234567 (Monday to Sunday) and H (holiday).",
        owner="tariff",
        is_needed_to_rate=True,
        columns=(
            Column("band_set_id", TEXT, "Set of time bands. Together the bands cover every day completely."),
            Column("days", WEEKDAYS, "Days it holds on, out of 1234567 (Monday to Sunday) and H (holiday)."),
            Column("starts_at", TIME_OF_DAY, "Time of day HH:MM[:SS] from which the band holds, included."),
            Column("ends_at", TIME_OF_DAY, "Time of day before which it ends; 24:00 closes the day."),
            Column("band_id", TEXT, "Time band of a band set."),
        ),
    ),
    Table(
        "tariff_plans",
        "One row per tariff plan.",
        owner="tariff",
        key=("tariff_plan_id",),
        is_needed_to_rate=True,
        columns=(
            Column("tariff_plan_id", TEXT, "Tariff plan."),
            Column("band_set_id", TEXT, "Set of time bands. Together the bands cover every day completely."),
            Column(
                "band_rule",
                TEXT,
                "increment: each increment has the price of the band in which it begins. start: the band at the call's start "
                "applies to the whole call.",
                words=("increment", "start"),
            ),
            Column(
                "rounding_mode",
                TEXT,
                "How the amount of a call is rounded, once: half_up, up or down.",
                words=("half_up", "up", "down"),
            ),
            Column(
                "rounding_decimals",
                WHOLE,
                "Number of decimals, 0–6, to which the amount of a call is rounded.",
                least=0,
                most=6,
            ),
        ),
    ),
    Table(
        "tariff_rates",
        "One row per rate step: plan, zone, band (empty: every band with no row of its own), version and from_second.",
        owner="tariff",
        is_needed_to_rate=True,
        columns=(
            Column("tariff_plan_id", TEXT, "Tariff plan."),
            Column("zone_id", TEXT, "Tariff zone the step is for."),
            Column(
                "band_id", TEXT, "Band the step is for; empty is every band with no row of its own.", may_be_empty=True
            ),
            *_IN_FORCE,
            Column("connect_fee", NUMBER, "Fee for the start of a call, in the branch's currency."),
            Column("from_second", WHOLE, "Elapsed seconds of the call from which the step applies."),
            Column("rate", NUMBER, "Price per rate_unit_seconds, in the branch's currency."),
            Column("rate_unit_seconds", WHOLE, "Length in seconds of the unit that `rate` is the price of."),
            Column(
                "increment_seconds",
                WHOLE,
                "Length of one increment in seconds. An increment that has begun is charged in full.",
            ),
        ),
    ),
    Table(
        "class_plans",
        "One row per customer class and stretch of days with its plan.",
        owner="tariff",
        columns=(
            Column(
                "customer_class",
                TEXT,
                "Customer class, for example residential or business; data of the reference book.",
            ),
            Column("tariff_plan_id", TEXT, "Tariff plan."),
            *_IN_FORCE,
        ),
    ),
    Table(
        "products",
        "One row per product with a monthly fee.",
        owner="billing",
        key=("product_id",),
        columns=(
            Column("product_id", TEXT, "Product with a monthly fee."),
            Column("bill_item_id", TEXT, "Bill item (账目项) under which an amount is shown.", id_of="bill_items"),
            Column("monthly_fee", NUMBER, "Fee for a whole month, in the branch's currency.", least=0),
            Column(
                "proration",
                TEXT,
                "none: the whole fee for any day in force; daily: by the days in force.",
                words=("none", "daily"),
            ),
            *_NAMES,
        ),
    ),
    Table(
        "promotions",
        "One row per promotion.",
        owner="billing",
        key=("promotion_id",),
        columns=(
            Column("promotion_id", TEXT, "Promotion."),
            Column(
                "kind",
                TEXT,
                "rental_match, percent_off or fixed_credit.",
                words=("rental_match", "percent_off", "fixed_credit"),
            ),
            Column(
                "value",
                NUMBER,
                "Percent (0–100) of percent_off, amount in the branch's currency of fixed_credit.",
                least=0,
                may_be_empty=True,
            ),
            Column(
                "bill_item_id",
                TEXT,
                "Bill item that percent_off and fixed_credit look at.",
                id_of="bill_items",
                may_be_empty=True,
            ),
            *_NAMES,
        ),
    ),
    Table(
        "info_services",
        "One row per access prefix of an information service (信息台) and its provider.",
        owner="billing",
        key=("access_prefix",),
        columns=(
            Column(
                "access_prefix",
                DIALLED_CODE,
                "Leading digits by which callers reach an information service. The longest prefix that the called number begins "
                "with counts.",
            ),
            Column("provider_id", TEXT, "Provider of information services (信息台)."),
            Column("provider_name", TEXT, "Name of the provider.", may_be_empty=True),
            Column("contact", TEXT, "Contact at the provider.", may_be_empty=True),
            Column(
                "provider_share_percent",
                NUMBER,
                "Share of the provider in what the service brings in, 0–100.",
                least=0,
                most=100,
            ),
            *_NAMES,
        ),
    ),
    Table(
        "commission_plans",
        "One row per tier of a version of a commission plan.",
        owner="billing",
        key=("commission_plan_id", "valid_from", "tier_from_rate"),
        columns=(
            Column("commission_plan_id", TEXT, "Commission plan of an agent."),
            Column("valid_from", DAY, "Day from which the version holds, included."),
            Column("valid_to", DAY, "Day from which it holds no longer; empty is still in force.", may_be_empty=True),
            Column(
                "tier_from_rate",
                NUMBER,
                "Collection rate, 0–1, from which the tier's commission_percent applies.",
                least=0,
                most=1,
            ),
            Column(
                "commission_percent",
                NUMBER,
                "Percent of commission on amounts that were applied on time, 0–100.",
                least=0,
                most=100,
            ),
            Column(
                "late_percent",
                NUMBER,
                "Percent of commission on amounts that were applied late, 0–100.",
                least=0,
                most=100,
            ),
            Column(
                "activation_bonus",
                NUMBER,
                "Bonus for each service number that an agent activated, in the branch's currency.",
                least=0,
            ),
            Column(
                "clawback_days",
                WHOLE,
                "An activation bonus is taken back when the number ends within this many days of its start.",
                least=0,
            ),
        ),
    ),
    Table(
        "packages",
        "One row per package (套餐): what a subscription to its product includes each month.",
        owner="tariff",
        key=("package_id",),
        may_be_absent=True,
        columns=(
            Column("package_id", TEXT, "Package (套餐) that a subscription to its product grants."),
            Column("product_id", TEXT, "Product whose subscriptions grant the package.", id_of="products"),
            Column(
                "allowance_kind",
                TEXT,
                "What the allowance of a package is counted in: seconds or amount.",
                words=("seconds", "amount"),
            ),
            Column(
                "allowance",
                NUMBER,
                "Seconds, or an amount in the branch's currency, that one subscription includes each month.",
                least=0,
            ),
            Column("zone_group_id", TEXT, "Group of the zones whose calls draw on the package."),
            Column(
                "is_shared",
                FLAG,
                "Whether all numbers of the account draw on it, or the subscription's number alone.",
                words=("true", "false"),
            ),
            *_IN_FORCE,
            *_NAMES,
        ),
    ),
    Table(
        "zone_groups",
        "One row per group of zones and zone in it.",
        owner="tariff",
        key=("zone_group_id", "zone_id"),
        may_be_absent=True,
        columns=(
            Column("zone_group_id", TEXT, "Group of zones that a package is for."),
            Column("zone_id", TEXT, "Tariff zone in the group.", id_of="zones"),
        ),
    ),
    Table(
        "price_caps",
        "One row per plan, zone and stretch of days with the most that one call costs.",
        owner="tariff",
        may_be_absent=True,
        columns=(
            Column("tariff_plan_id", TEXT, "Tariff plan that the cap is for.", id_of="tariff_plans"),
            Column("zone_id", TEXT, "Tariff zone that the cap is for.", id_of="zones"),
            *_IN_FORCE,
            Column("max_amount", NUMBER, "The most that one call costs, in the branch's currency.", least=0),
        ),
    ),
    Table(
        "late_fee_rules",
        "One row per stretch of days in which unpaid bills bear a late fee (滞纳金); without a row there is none.",
        owner="billing",
        may_be_absent=True,
        columns=(
            *_IN_FORCE,
            Column(
                "percent_per_day",
                NUMBER,
                "Percent of what is unpaid of a bill, for each day after its due date, 0–100.",
                least=0,
                most=100,
            ),
            Column("bill_item_id", TEXT, "Bill item (账目项) under which the fee is billed.", id_of="bill_items"),
        ),
    ),
    Table(
        "debit_result_codes",
        "One row per bank and result code of direct debits.",
        owner="billing",
        key=("bank_code", "result_code"),
        columns=(
            Column("bank_code", TEXT, "Bank that executes the direct debits."),
            Column("result_code", TEXT, "Result code of the bank."),
            Column("outcome", TEXT, "success or failed.", words=("success", "failed")),
            Column(
                "cause",
                TEXT,
                "Why a debit failed: none, insufficient_funds, account_fault, mandate or other.",
                words=("none", "insufficient_funds", "account_fault", "mandate", "other"),
            ),
            *_NAMES,
        ),
    ),
    Table(
        "gate_thresholds",
        "One row per gate: the shares above which it warns and holds.",
        owner="billing",
        key=("gate_id",),
        columns=(
            Column("gate_id", TEXT, "Gate the thresholds are of."),
            Column(
                "warn_above",
                NUMBER,
                "Share, 0–1, strictly above which the gate warns; empty is never.",
                least=0,
                may_be_empty=True,
            ),
            Column(
                "hold_above",
                NUMBER,
                "Share, 0–1, strictly above which the gate holds the file; empty is never.",
                least=0,
                may_be_empty=True,
            ),
        ),
    ),
)

REFERENCE_TABLES: dict[str, Table] = {table.name: table for table in _TABLES}

#: No call can be rated while one of these has no rows; in the order in which a new book is filled in.
NEEDED_TO_RATE = tuple(table.name for table in _TABLES if table.is_needed_to_rate)

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
    "billing_errors": (None, None),
    "terminal_inspection_days": ("90", None),
    "complaint_hours": ("360", None),
}
