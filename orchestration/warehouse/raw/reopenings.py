"""The reopenings of periods as the raw schema has them: the decisions from the ledger, and what had been closed, from its files."""

from __future__ import annotations

from datetime import date

import duckdb

from orchestration.branch_clock import branch_time
from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import REOPEN_PERIOD, FileLedger
from orchestration.settings import Settings
from orchestration.warehouse.closed.frozen_figures import damaged_files
from orchestration.warehouse.closed.reopening import EVIDENCE_ADVICE
from orchestration.warehouse.connection import insert_rows

#: Seconds are those of the conversation, amounts those of the bill lines.
_FIGURES = """
insert into raw.reopened_figures
select
    ? as billing_period, ? as reopening_number, account_id, bill_item_id, cast(sum(calls) as bigint) as calls,
    cast(sum(seconds) as bigint) as seconds, cast(sum(lines) as bigint) as lines, cast(sum(amount) as decimal(18, 2)) as amount
from (
    select account_id, bill_item_id, 1 as calls, duration_seconds as seconds, 0 as lines, 0 as amount from read_parquet(?)
    union all
    select account_id, bill_item_id, 0, 0, 1, amount from read_parquet(?)
)
group by account_id, bill_item_id
"""


def create_reopenings(con: duckdb.DuckDBPyConnection, settings: Settings, ledger: FileLedger, as_of: date) -> None:
    """raw.period_reopenings, one row per (billing_period, reopening_number), and raw.reopened_figures, per account and bill item of it
    what had been closed: of the periods that have ended by the as-of date. Times are those of the branch's clock.

    Raises TollhouseError where a file of what had been closed is not what was written.
    """
    con.execute(
        "create or replace table raw.period_reopenings (billing_period varchar, reopening_number bigint, reopened_at timestamp, "
        "reopened_by varchar, why varchar)"
    )
    con.execute(
        "create or replace table raw.reopened_figures (billing_period varchar, reopening_number bigint, account_id varchar, "
        "bill_item_id varchar, calls bigint, seconds bigint, lines bigint, amount decimal(18, 2))"
    )
    rows: list[list[object]] = []
    numbers: dict[str, int] = {}
    for decision in ledger.decisions(REOPEN_PERIOD):
        period = str(decision.period)
        numbers[period] = numbers.get(period, 0) + 1
        if period < as_of.isoformat()[:7]:
            at = branch_time(decision.decided_at, settings.time_zone)
            rows.append([period, numbers[period], at, decision.decided_by, decision.why])
    insert_rows(con, "raw.period_reopenings", rows)
    for (period, number), frozen in ledger.reopened_figures().items():
        if period >= as_of.isoformat()[:7]:
            continue
        files = {file.table: file for file in frozen}
        read = [files["calls"], files["bill_lines"]]
        damaged = damaged_files(settings, read)
        if damaged:
            file, why = damaged[0]
            raise TollhouseError(f"{settings.home / file.path} {why}. Nothing was computed: {EVIDENCE_ADVICE}")
        con.execute(_FIGURES, [period, number, *(str(settings.home / file.path) for file in read)])
