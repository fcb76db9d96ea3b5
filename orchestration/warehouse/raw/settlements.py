"""The decisions on settlements as the raw schema has them, from the ledger: who approved and locked what, and the rows it was taken on."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pyarrow as pa

from orchestration.branch_clock import branch_time
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.settlements import SettlementDecision, settlement_decisions, settlement_rows

#: The published tables that a decision keeps rows of, each with its columns and their types.
KEPT_MARTS = {
    "commission_lines": {
        "agent_id": "varchar",
        "settlement_period": "varchar",
        "line_kind": "varchar",
        "basis_amount": "decimal(18, 2)",
        "rate": "decimal(18, 6)",
        "amount": "decimal(18, 2)",
    },
    "commission_bases": {
        "agent_id": "varchar",
        "settlement_period": "varchar",
        "line_kind": "varchar",
        "account_id": "varchar",
        "billing_period": "varchar",
        "payment_id": "varchar",
        "service_number": "varchar",
        "paid_period": "varchar",
        "commission_plan_id": "varchar",
        "plan_valid_from": "date",
        "reason": "varchar",
        "basis_amount": "decimal(18, 2)",
        "numbers": "bigint",
        "rate": "decimal(18, 6)",
        "receivable": "decimal(18, 2)",
        "received": "decimal(18, 2)",
        "collection_rate": "double",
        "tier_from_rate": "decimal(18, 6)",
        "applied_on": "date",
        "returned_on": "date",
        "starts_at": "timestamp",
        "ends_at": "timestamp",
    },
    "settlement_restatements": {
        "settlement_period": "varchar",
        "restated_period": "varchar",
        "agent_id": "varchar",
        "line_kind": "varchar",
        "locked_amount": "decimal(18, 2)",
        "restated_before": "decimal(18, 2)",
        "recalculated_amount": "decimal(18, 2)",
        "amount": "decimal(18, 2)",
        "reason": "varchar",
    },
}


def create_settlements(con: duckdb.DuckDBPyConnection, ledger: FileLedger, as_of: date, time_zone: str) -> None:
    """raw.settlement_decisions and, for each kept table, raw.kept_<table>: of the settlements whose cut-off is not after the as-of
    date. Times are those of the branch's clock."""
    con.execute(
        "create or replace table raw.settlement_decisions (decision_number bigint, settlement_period varchar, decision varchar, "
        "edition varchar, prepared_by varchar, decided_at timestamp, decided_by varchar)"
    )
    decisions = [one for one in settlement_decisions(ledger.path) if cut_off(one.settlement_period) <= as_of]
    for one in decisions:
        con.execute(
            "insert into raw.settlement_decisions values (?, ?, ?, ?, ?, ?, ?)",
            [
                one.decision_number,
                one.settlement_period,
                one.decision,
                one.edition,
                one.prepared_by,
                branch_time(one.decided_at, time_zone),
                one.decided_by,
            ],
        )
    for mart, columns in KEPT_MARTS.items():
        _create_kept(con, ledger, decisions, mart, columns)


def cut_off(settlement_period: str) -> date:
    """The last day of the month after a period."""
    year, month = map(int, settlement_period.split("-"))
    months = year * 12 + month - 1 + 2
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


def _create_kept(
    con: duckdb.DuckDBPyConnection,
    ledger: FileLedger,
    decisions: list[SettlementDecision],
    mart: str,
    columns: dict[str, str],
) -> None:
    """Every value comes as text: the engine casts text exactly. A column that a later version added is empty in what was kept before."""
    rows = [
        (one.decision_number, row)
        for one in decisions
        for row in settlement_rows(ledger.path, one.decision_number, mart)
    ]
    kept_rows = pa.table(
        {
            "decision_number": pa.array([number for number, _ in rows], pa.int64()),
            **{column: pa.array([row.get(column) for _, row in rows], pa.string()) for column in columns},
        }
    )
    typed = ", ".join(f"cast({column} as {kind}) as {column}" for column, kind in columns.items())
    con.register("kept_rows", kept_rows)
    con.execute(f"create or replace table raw.kept_{mart} as select decision_number, {typed} from kept_rows")
    con.unregister("kept_rows")
