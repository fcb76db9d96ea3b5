"""Writes small editions for the tests of the dashboards: marts as Parquet, a manifest, a pointer. No product code.

Rows are tuples in the order of COLUMNS, or dicts: those have every column that the mart's contract in dbt declares, empty where
the dict does not name it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

COLUMNS: Mapping[str, str] = {
    "dimension_names": "dimension varchar, dimension_id varchar, name_zh varchar, name_en varchar",
    "billing_periods": "billing_period varchar, period_state varchar, issued_on date, due_on date",
    "collection_rates": (
        "billing_period varchar, dimension varchar, dimension_id varchar, as_of date, bills bigint, "
        "receivable decimal(18, 2), received decimal(18, 2), collection_rate double"
    ),
    "bills": (
        "account_id varchar, billing_period varchar, customer_id varchar, customer_class varchar, "
        "business_unit_id varchar, agent_id varchar, outlet_id varchar, amount decimal(18, 2), issued_on date, "
        "due_on date, is_provisional boolean"
    ),
    "payment_applications": (
        "payment_id varchar, account_id varchar, billing_period varchar, applied_on date, amount decimal(18, 2)"
    ),
    "suspended_calls": "call_id varchar, state varchar, reason varchar, file_name varchar, record_number bigint",
    "duplicate_calls": "call_id varchar, original_call_id varchar, file_name varchar, record_number bigint",
    "rated_calls": (
        "call_id varchar, started_at timestamp, call_date date, duration_seconds bigint, amount decimal(18, 6), "
        "billing_period varchar"
    ),
    "arrears": (
        "settling_account_id varchar, amount decimal(18, 2), days_past_due bigint, amount_1_30 decimal(18, 2), "
        "amount_31_60 decimal(18, 2), amount_61_90 decimal(18, 2), amount_91_plus decimal(18, 2), "
        "on_dunning_list boolean"
    ),
    "commission_lines": (
        "agent_id varchar, settlement_period varchar, line_kind varchar, basis_amount decimal(18, 2), "
        "rate decimal(18, 6), amount decimal(18, 2)"
    ),
    "commission_statements": "agent_id varchar, settlement_period varchar, lines bigint, amount decimal(18, 2)",
    "trunk_traffic_hourly": (
        "trunk_group_id varchar, direction varchar, hour timestamp, seizures bigint, answers bigint, "
        "conversation_seconds bigint, erlangs double"
    ),
    "trunk_traffic_daily": (
        "trunk_group_id varchar, date date, seizures bigint, answers bigint, conversation_seconds bigint, asr double, "
        "busy_hour timestamp, busy_hour_erlangs double, circuits bigint, circuits_needed bigint, utilisation double, "
        "blocking double"
    ),
    "file_reconciliation": (
        "file_id varchar, file_kind varchar, file_name varchar, source varchar, switch_id varchar, file_date date, "
        "file_status varchar, status_reason varchar, read_records bigint, malformed bigint, ignored bigint, held bigint, "
        "duplicate bigint, other_day bigint, partial bigint, not_answered bigint, not_charged bigint, "
        "undocumented bigint, unrated bigint, rated bigint"
    ),
    "money_at_risk": (
        "state varchar, age_bucket varchar, business_unit_id varchar, calls bigint, seconds bigint, "
        "estimated_amount decimal(18, 6), calls_without_estimate bigint"
    ),
    "problem_bulletin": (
        "problem_id varchar, found_on date, kind varchar, severity varchar, business_unit_id varchar, "
        'outlet_id varchar, subject varchar, detail varchar, "count" bigint, first_seen_on date, resolved_on date'
    ),
}

Rows = Sequence[Sequence[Any]] | Sequence[Mapping[str, Any]]

_MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "marts"


@cache
def declared_columns() -> Mapping[str, Mapping[str, str]]:
    """The columns of every mart with their types, as its contract in dbt declares them."""
    return {
        model["name"]: {column["name"]: column["data_type"] for column in model["columns"]}
        for path in sorted(_MODELS.rglob("_models.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    }


def write_edition(
    published: Path, as_of: str, marts: Mapping[str, Rows], gates: Sequence[Mapping[str, Any]] = (), revision: int = 1
) -> Path:
    """Write an edition with these marts (each a list of rows in the order of COLUMNS) and point current.json to it."""
    edition = f"{as_of}-{revision:04d}"
    directory = published / "editions" / edition
    listed = {}
    with duckdb.connect(":memory:") as connection:
        for mart, rows in marts.items():
            file = directory / mart / "part-0.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            if rows and isinstance(rows[0], Mapping):
                columns = declared_columns()[mart]
                unknown = {name for row in rows for name in row} - set(columns)
                assert not unknown, f"{mart} has no {unknown}"
                defined = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
                values = [[row.get(name) for name in columns] for row in rows]
            else:
                defined = COLUMNS[mart] if rows and mart in COLUMNS else _all_columns(mart)
                values = [list(row) for row in rows]
            connection.execute(f"create table {mart} ({defined})")
            if values:
                places = ", ".join("?" for _ in values[0])
                connection.executemany(f"insert into {mart} values ({places})", values)
            connection.execute(f"copy {mart} to '{file}' (format parquet)")
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            path = file.relative_to(published).as_posix()
            listed[mart] = {"files": [{"path": path, "rows": len(rows), "sha256": digest}], "totals": {}}
    directory.mkdir(parents=True, exist_ok=True)
    manifest = {
        "edition": edition,
        "as_of": as_of,
        "built_at": f"{as_of}T23:15:04",
        "revision": revision,
        "marts": listed,
        "gates": list(gates),
    }
    (directory / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    point_to(published, edition)
    return directory


def _all_columns(mart: str) -> str:
    return ", ".join(f'"{name}" {kind}' for name, kind in declared_columns()[mart].items())


def point_to(published: Path, edition: str) -> None:
    """Make an edition the current one."""
    pointer = {"edition": edition, "path": f"editions/{edition}"}
    (published / "current.json").write_text(json.dumps(pointer), encoding="utf-8")


def gate(name: str, severity: str = "critical", success: bool = True, **more: Any) -> dict[str, Any]:
    """A gate result as the manifest holds it."""
    result: dict[str, Any] = {
        "suite": "release",
        "gate": name,
        "description": f"Claim of {name}.",
        "severity": severity,
        "success": success,
        "checked_rows": 1200,
        "failed_rows": 0,
        "sample": [],
        "exception": None,
    }
    return result | more
