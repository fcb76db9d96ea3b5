"""A branch on disk to run the product on, its published marts as rows, and their comparison with the oracle's.

What lives here: setting the environment, running, reading editions, comparing rows by key. What does not: any figure that
a test expects, and any rule of the domain (those are the oracle's).
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb

from orchestration.ledger.file_ledger import FileLedger
from orchestration.runs import RunOutcome, close_period, run_once
from orchestration.settings import PROJECT_ROOT, Settings
from tests.branch_folder import BranchFolder
from tests.lean_runs import lean_runs

Row = dict[str, Any]
Marts = dict[str, list[Row]]

DEMO_BOOK = PROJECT_ROOT / "seeds" / "reference"
TOLERANCE = 1e-12

_CALL = "file_name record_number"
_FIELDS = "switch_id calling_number called_number trunk_group_in trunk_group_out started_at call_date duration_seconds"
STATES = "malformed ignored held duplicate other_day partial not_answered not_charged undocumented unrated rated"
_MEASURES = "seizures answers conversation_seconds"
_RATIOS = "asr ner acd_seconds"
_BALANCED = "records seconds amount estimated_amount calls_without_estimate"

#: Per mart of SPEC 10: the key, and the columns that the oracle must agree on. Texts for people are not among them, and
#: suspense_retries is not: it counts runs, so two ways of delivering the same files give other rows, as they should.
COMPARED: dict[str, tuple[str, str]] = {
    "file_reconciliation": (
        "source file_name",
        (
            f"file_kind switch_id file_date sequence_number file_status declared_records read_records {STATES} "
            "declared_seconds read_seconds data_rows set_aside_rows"
        ),
    ),
    "sequence_gaps": ("switch_id missing_from missing_to", "missing_files gap_since age_days"),
    "expected_files": (
        "switch_id file_date",
        "expected_files due_files arrived_files missing_files days_late is_day_over",
    ),
    "rated_calls": (
        _CALL,
        (
            f"{_FIELDS} exchange_id account_id customer_id customer_class business_unit_id agent_id outlet_id "
            "access_code rated_number destination_prefix zone_id call_category bill_item_id tariff_plan_id charged_seconds "
            "amount list_amount package_id package_number covered_seconds covered_amount is_capped billing_period"
        ),
    ),
    "suspended_calls": (
        _CALL,
        f"{_FIELDS} state business_unit_id age_days estimated_amount estimated_plan_id",
    ),
    "money_at_risk": ("state age_bucket business_unit_id", "calls seconds estimated_amount calls_without_estimate"),
    "duplicate_calls": (_CALL, f"{_FIELDS} original_file_name original_record_number"),
    "undocumented_numbers": (
        "calling_number",
        (
            "calls seconds estimated_amount calls_without_estimate first_seen_at last_seen_at exchange_id business_unit_id "
            "outlet_id accounts_nearby"
        ),
    ),
    "revenue_balance_daily": ("file_date step item", _BALANCED),
    "revenue_balance_monthly": ("billing_period step item business_unit_id age_bucket", _BALANCED),
    "revenue_assurance_kpis": ("billing_period kpi item", "numerator denominator value target"),
    "package_use": (
        "package_id account_id package_number billing_period allowance_kind",
        "allowance used unused calls calls_covered list_amount covered_amount exhausted_on",
    ),
    "bill_lines": ("account_id service_number billing_period bill_item_id line_kind", "amount"),
    "bills": (
        "account_id billing_period",
        "customer_id customer_class business_unit_id agent_id outlet_id amount issued_on due_on is_provisional settling_account_id",
    ),
    "payment_applications": ("payment_id account_id billing_period applied_on", "amount"),
    "collection_rates": (
        "billing_period dimension dimension_id",
        "as_of bills receivable received written_off collection_rate",
    ),
    "account_adjustments": (
        "adjustment_id",
        (
            "account_id business_unit_id outlet_id kind amount dated_on billing_period bill_item_id service_number reason prepared_by "
            "approved_by reverses_adjustment_id possible_amount counted_amount fault"
        ),
    ),
    "bill_write_offs": ("adjustment_id account_id billing_period written_off_on", "amount"),
    "late_fees": ("account_id unpaid_period fee_period", "bill_item_id days principal amount"),
    "arrears": (
        "settling_account_id",
        "amount days_past_due amount_1_30 amount_31_60 amount_61_90 amount_91_plus on_dunning_list",
    ),
    "collection_curves": (
        "dimension dimension_id billing_period days_since_issue",
        "issued_on receivable received collection_rate",
    ),
    "receivables_kpis": (
        "month dimension dimension_id",
        (
            "until_day days_in_month opening_receivable billed received written_off closing_receivable closing_not_due closing_past_due "
            "collectible days_sales_outstanding collection_effectiveness"
        ),
    ),
    "roll_rates": (
        "month dimension dimension_id from_bucket",
        (
            "until_day from_amount paid_amount written_off_amount rolled_amount amount_not_due amount_1_30 amount_31_60 amount_61_90 "
            "amount_91_plus roll_rate"
        ),
    ),
    "dunning_list": (
        "account_id billing_period",
        (
            "settling_account_id customer_id customer_class business_unit_id agent_id outlet_id bill_amount received amount "
            "covering_amount dunned_amount is_dunned days_past_due due_on reason debit_cause refused_or_returned_on merged_on "
            "cover_account_id last_payment_on last_payment_amount"
        ),
    ),
    "prepaid_balances": (
        "settling_account_id",
        (
            "customer_id business_unit_id agent_id outlet_id prepaid_amount overdrawn_amount amount payments prepaid_since "
            "newest_payment_on"
        ),
    ),
    "debit_batches": (
        "bank_code batch_id debited_on",
        (
            "billing_period records total_amount success_records success_amount detail_records "
            "detail_total_amount detail_success_records detail_success_amount totals_agree"
        ),
    ),
    "debit_failures": (
        "bank_code batch_id debited_on line",
        "account_id customer_id outlet_id amount result_code cause",
    ),
    "customer_counts": ("billing_period business_unit_id customer_class", "customers"),
    "commission_lines": ("agent_id settlement_period line_kind rate", "basis_amount amount"),
    "commission_statements": ("agent_id settlement_period", "amount"),
    "commission_bases": (
        "agent_id settlement_period line_kind account_id billing_period payment_id applied_on returned_on service_number",
        (
            "paid_period commission_plan_id plan_valid_from reason basis_amount numbers rate receivable received "
            "collection_rate tier_from_rate starts_at ends_at"
        ),
    ),
    "commission_forecast": (
        "agent_id settlement_period line_kind",
        (
            "commission_plan_id plan_valid_from reason basis_amount numbers rate amount receivable received "
            "collection_rate tier_from_rate next_tier_from_rate next_commission_percent missing_amount is_provisional as_of "
            "cut_off_on"
        ),
    ),
    "trunk_traffic_hourly": ("trunk_group_id direction hour", f"{_MEASURES} erlangs {_RATIOS}"),
    "trunk_traffic_daily": (
        "trunk_group_id date",
        f"{_MEASURES} {_RATIOS} busy_hour busy_hour_erlangs circuits circuits_needed utilisation blocking",
    ),
    "trunk_traffic_monthly": ("trunk_group_id month", "busy_hour busy_hour_erlangs circuits_needed"),
    "traffic_by_exchange": ("exchange_id date", f"{_MEASURES} erlangs {_RATIOS}"),
    "traffic_by_customer_class": ("customer_class date", f"{_MEASURES} erlangs {_RATIOS}"),
    "info_service_calls": (
        "billing_period customer_id access_prefix",
        "provider_id provider_name contact calls seconds amount",
    ),
    "info_service_settlements": ("provider_id billing_period", "calls seconds amount share_amount"),
    "number_conflicts": ("service_number kind outlet_id", ""),
    "outlet_terminals": (
        "terminal_id",
        "outlet_id business_unit_id is_backup_there inspection_due_on is_inspection_overdue days_faulty",
    ),
    "terminal_coverage": (
        "outlet_id",
        (
            "business_unit_id outlets outlets_with_terminal outlets_with_backup terminals terminals_with_backup inspections_overdue "
            "open_faults"
        ),
    ),
    "complaints": (
        "complaint_id",
        "business_unit_id outlet_id kind opened_month is_closed handling_hours is_overdue",
    ),
    "complaint_handling": (
        "opened_month business_unit_id outlet_id kind",
        "opened closed still_open overdue median_hours mean_hours longest_hours",
    ),
    "trainings": (
        "training_id",
        "held_on is_held invited attended attendance examined passed pass_share",
    ),
}


@dataclass
class Branch(BranchFolder):
    """A state folder with its inbox, the reference book it is run with, and what the product says of it."""

    reference: Path

    @property
    def book(self) -> Path:
        """The reference book's folder, which several branches may share."""
        return self.reference

    @contextmanager
    def environment(self) -> Iterator[Settings]:
        """The product's settings for this branch; the process's environment is put back afterwards."""
        names = ("TOLLHOUSE_HOME", "TOLLHOUSE_REFERENCE", "TOLLHOUSE_SOURCES", "DAGSTER_HOME")
        before = {name: os.environ.get(name) for name in names}
        os.environ["TOLLHOUSE_HOME"], os.environ["TOLLHOUSE_REFERENCE"] = str(self.home), str(self.reference)
        os.environ.pop("TOLLHOUSE_SOURCES", None)
        try:
            yield Settings.from_environment()
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value

    def run(self, as_of: date | None = None, *, is_lean: bool = True) -> RunOutcome:
        """One run of the product, without what tests/lean_runs.py leaves out unless it is asked for."""
        with self.environment() as settings, lean_runs() if is_lean else nullcontext():
            return run_once(settings, as_of=as_of)

    def close(self, period: str) -> RunOutcome:
        """Close a period as the command does."""
        with self.environment() as settings, lean_runs():
            return close_period(settings, period)[1]

    def decide(self, decision: Callable[[FileLedger], Any]) -> Any:
        """Take a decision in the file ledger, as the commands do."""
        with self.environment() as settings, FileLedger(settings.ledger_path) as ledger:
            return decision(ledger)

    def manifest(self, edition: str | None = None) -> dict[str, Any]:
        """The manifest of an edition, of the current one by default."""
        path = f"editions/{edition}"
        if edition is None:
            path = json.loads((self.published / "current.json").read_text(encoding="utf-8"))["path"]
        return dict(json.loads((self.published / path / "manifest.json").read_text(encoding="utf-8")))

    def marts(self, edition: str | None = None) -> Marts:
        """Every mart of an edition as rows."""
        return read_marts(self.published, self.manifest(edition))

    def call_file(self, edition: str, mart: str, day: date) -> tuple[int, str] | None:
        """Inode and SHA-256 of a mart's partition of a call date in an edition, None where it has none."""
        for entry in self.manifest(edition)["marts"][mart]["files"]:
            if entry["path"].endswith(f"/call_date={day}.parquet"):
                return (self.published / entry["path"]).stat().st_ino, entry["sha256"]
        return None

    def reconciled(self, file_name: str) -> Row:
        """The row of file_reconciliation of a file that has but one."""
        (row,) = (row for row in self.marts()["file_reconciliation"] if row["file_name"] == file_name)
        return row


def read_marts(published: Path, manifest: dict[str, Any]) -> Marts:
    """The rows that a manifest's files hold, as a reader gets them: by its paths and by nothing else."""
    marts: Marts = {}
    with duckdb.connect() as con:
        for mart, described in manifest["marts"].items():
            marts[mart] = []
            for start in range(0, len(described["files"]), 50):
                paths = [str(published / entry["path"]) for entry in described["files"][start : start + 50]]
                cursor = con.execute("select * from read_parquet(?, hive_partitioning = false)", [paths])
                columns = [column[0] for column in cursor.description or ()]
                marts[mart] += [dict(zip(columns, values, strict=True)) for values in cursor.fetchall()]
    return marts


def without_ids(marts: Marts) -> Marts:
    """The product's rows with file ids replaced by file names, as the oracle names files."""
    names = {row["file_id"]: row["file_name"] for row in marts["file_reconciliation"]}
    named = dict(marts)
    # The sample of calls is drawn anew: test_oracle_agreement.py looks at it.
    named["revenue_assurance_kpis"] = [
        row for row in marts["revenue_assurance_kpis"] if row["kpi"] != "rating_accuracy"
    ]
    named["duplicate_calls"] = []
    for row in marts["duplicate_calls"]:
        file_id, record_number = row["original_call_id"].split(":")
        original = {"original_file_name": names[file_id], "original_record_number": int(record_number)}
        named["duplicate_calls"].append(row | original)
    for mart in ("rated_calls", "suspended_calls", "duplicate_calls"):
        for row in named[mart]:
            file_id, record_number = row["call_id"].split(":")
            assert (names[file_id], int(record_number)) == (row["file_name"], row["record_number"])
    return named


def differences(mart: str, published: Iterable[Row], expected: Iterable[Row]) -> list[str]:
    """Where the published rows of a mart are not the expected ones, in words; nothing where they are equal."""
    key_columns, value_columns = (names.split() for names in COMPARED[mart])
    ours, theirs = _by_key(published, key_columns), _by_key(expected, key_columns)
    found = []
    for side, rows in (("published", ours), ("expected", theirs)):
        found += [f"{len(same)} {side} rows of {key}" for key, same in rows.items() if len(same) > 1]
    found += [f"not published: {theirs[key]}" for key in theirs.keys() - ours.keys()]
    found += [f"not expected: {ours[key]}" for key in ours.keys() - theirs.keys()]
    for key in ours.keys() & theirs.keys():
        row, other = ours[key][0], theirs[key][0]
        found += [
            f"{key}: {column} is published as {row[column]!r}, expected {other[column]!r}"
            for column in value_columns
            if not _equal(row[column], other[column])
        ]
    return found


def _by_key(rows: Iterable[Row], columns: list[str]) -> dict[tuple[Any, ...], list[Row]]:
    keyed: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        keyed.setdefault(tuple(row[column] for column in columns), []).append(row)
    return keyed


def _equal(value: Any, expected: Any) -> bool:
    """Ratios to 1e-12 (a published DOUBLE against an exact fraction), everything else exactly and of one type."""
    if isinstance(expected, Fraction):
        return isinstance(value, float) and abs(Fraction(value) - expected) <= TOLERANCE * abs(expected)
    if isinstance(expected, Decimal):
        return isinstance(value, Decimal) and value == expected
    return not isinstance(value, float) and type(value) is type(expected) and bool(value == expected)


def copied_book(folder: Path) -> Path:
    """A copy of the demo city's reference book that a test may change."""
    shutil.copytree(DEMO_BOOK, folder)
    return folder


def change_book(book: Path, table: str, change: Callable[[list[dict[str, str]]], None]) -> None:
    """Rewrite one table of a reference book after `change` had its rows."""
    path = book / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = list(reader.fieldnames or ()), list(reader)
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
