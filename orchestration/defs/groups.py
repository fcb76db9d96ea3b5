"""The groups of the assets, along the way of the data, and who answers for each."""

from __future__ import annotations

from collections.abc import Sequence

INBOX = "inbox_and_files"
CUSTOMERS = "customers_and_book"
CALLS = "calls_and_rating"
BILLS = "bills_and_collections"
COMMISSION = "commission"
TRAFFIC = "traffic_and_numbers"
QUALITY = "quality"
EDITION = "edition_and_pages"

OWNERS = {
    INBOX: "team:mediation",
    CUSTOMERS: "team:billing",
    CALLS: "team:billing",
    BILLS: "team:finance",
    COMMISSION: "team:finance",
    TRAFFIC: "team:network",
    QUALITY: "team:billing",
    EDITION: "team:analysts",
}

#: The assets on the way of a call from the inbox to the management page. In the UI's lineage `tag:"way"="inbox_to_page"` shows only them.
INBOX_TO_PAGE = (
    "inbox_files",
    "call_detail_records",
    "raw/joined_pieces",
    "raw/stale_days",
    "raw/calls",
    "staging/stg_switch__calls",
    "intermediate/int_calls_zoned",
    "intermediate/int_calls_charged",
    "intermediate/int_calls_judged",
    "intermediate/int_usage_daily",
    "intermediate/int_usage_lines",
    "intermediate/int_charge_lines",
    "marts/bill_lines",
    "marts/bills",
    "marts/collection_rates",
    "edition_files",
    "published_edition",
    "site/overview",
)

#: Of a model's folder in dbt_project/models: staging by its source, intermediate and marts by their domain.
_OF_FOLDER = {
    "staging/ledger": INBOX,
    "staging/crm": CUSTOMERS,
    "staging/switch": CALLS,
    "staging/bank": BILLS,
    "intermediate/intake": QUALITY,
    "intermediate/balance": QUALITY,
    "intermediate/assignments": CUSTOMERS,
    "intermediate/exports": CUSTOMERS,
    "intermediate/periods": CUSTOMERS,
    "intermediate/tariff": CUSTOMERS,
    "intermediate/thresholds": CUSTOMERS,
    "intermediate/guides": CUSTOMERS,
    "intermediate/calls": CALLS,
    "intermediate/packages": CALLS,
    "intermediate/suspense": CALLS,
    "intermediate/billing": BILLS,
    "intermediate/collections": BILLS,
    "intermediate/commission": COMMISSION,
    "intermediate/traffic": TRAFFIC,
    "intermediate/traffic_daily": TRAFFIC,
    "intermediate/anomalies": TRAFFIC,
    "intermediate/anomalies_daily": TRAFFIC,
    "intermediate/numbers": TRAFFIC,
    "marts/intake": QUALITY,
    "marts/balance": QUALITY,
    "marts/usage": CALLS,
    "marts/suspense": CALLS,
    "marts/billing": BILLS,
    "marts/collections": BILLS,
    "marts/commission": COMMISSION,
    "marts/traffic": TRAFFIC,
    "marts/numbering": TRAFFIC,
    "marts/anomalies": TRAFFIC,
    "marts/outlets": QUALITY,
    "marts/site": CUSTOMERS,
}

#: Models that others of their folder do not share the group with, so that no two groups need each other.
_OF_MODEL = {"int_number_ranges": CUSTOMERS, "problem_bulletin": QUALITY}


def way_tags(key: str) -> dict[str, str]:
    """The tag of an asset that is on the way from the inbox to the page; none of another."""
    return {"way": "inbox_to_page"} if key in INBOX_TO_PAGE else {}


def group_of_model(resource_type: str, fqn: Sequence[str]) -> str:
    """The group of a dbt model by its folder; a seed is of the reference book. A folder without a group is an error.

    A source of dbt is an asset of its own, which has its group there: what is said of it here is not used.
    """
    if resource_type in ("seed", "source"):
        return CUSTOMERS
    return _OF_MODEL.get(fqn[-1]) or _OF_FOLDER["/".join(fqn[1:3])]
