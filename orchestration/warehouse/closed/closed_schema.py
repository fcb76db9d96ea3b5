"""The closed schema: what finance has closed, as it was. Only closing a period and restoring its frozen figures write to it."""

from __future__ import annotations

import duckdb

from orchestration.call_columns import JOINED_PIECE, RATED_CALL, columns_sql
from orchestration.errors import TollhouseError

JOINED_PIECES = columns_sql(JOINED_PIECE)
# What a re-rating takes out of closed.calls in its scratch warehouse; empty in every other.
REOPENED_CALLS = """
create or replace table closed.reopened_calls (
    call_id varchar, package_id varchar, package_number varchar, covered_seconds bigint, covered_amount decimal(18, 6)
)
"""


#: The steps from an empty schema to this version's, in their order; a new column or table is a new step. Step n makes version n.
#: They are history and stand as they were written; what they come to is what orchestration/call_columns.py declares.
#: Each may be run again over what an earlier version made without writing down its own.
MIGRATIONS = (
    """
    create table if not exists closed.periods (billing_period varchar, closed_at timestamp, closed_by varchar);
    create table if not exists closed.calls (
        call_id varchar, file_id varchar, file_name varchar, record_number bigint, switch_id varchar, exchange_id varchar,
        trunk_group_in varchar, trunk_group_out varchar, calling_number varchar, called_number varchar,
        charged_number varchar, started_at timestamp, call_date date, duration_seconds integer, release_cause integer,
        state varchar, reason varchar, original_call_id varchar, caller_class varchar, account_id varchar,
        customer_id varchar, customer_class varchar, business_unit_id varchar, agent_id varchar, outlet_id varchar,
        destination_prefix varchar, zone_id varchar, call_category varchar, bill_item_id varchar, tariff_plan_id varchar,
        charged_seconds bigint, amount decimal(18, 6), billing_period varchar
    );
    create table if not exists closed.bill_lines (
        account_id varchar, service_number varchar, billing_period varchar, bill_item_id varchar, line_kind varchar,
        amount decimal(18, 2)
    );
    create table if not exists closed.bills (
        account_id varchar, billing_period varchar, customer_id varchar, customer_class varchar, business_unit_id varchar,
        agent_id varchar, outlet_id varchar, amount decimal(18, 2), issued_on date, due_on date, is_provisional boolean
    );
    """,
    """
    alter table closed.calls add column if not exists joined_call_id varchar;
    alter table closed.calls add column if not exists joined_pieces integer;
    alter table closed.calls add column if not exists twin_call_id varchar;
    alter table closed.calls add column if not exists is_chargeable boolean;
    create table if not exists closed.joined_pieces (
        call_id varchar, file_id varchar, record_number bigint, call_date date, joined_call_id varchar, is_partial boolean,
        reason varchar, joined_seconds integer, joined_pieces integer, release_cause integer
    );
    """,
    """
    alter table closed.calls add column if not exists rate_valid_from date;
    alter table closed.calls add column if not exists band_at_start varchar;
    alter table closed.calls add column if not exists connect_fee decimal(18, 6);
    alter table closed.calls add column if not exists charge_steps varchar;
    alter table closed.calls add column if not exists unrounded_numerator decimal(38, 0);
    alter table closed.calls add column if not exists unrounded_denominator decimal(38, 0);
    """,
    """
    alter table closed.calls add column if not exists list_amount decimal(18, 6);
    alter table closed.calls add column if not exists package_id varchar;
    alter table closed.calls add column if not exists package_number varchar;
    alter table closed.calls add column if not exists covered_seconds bigint;
    alter table closed.calls add column if not exists covered_amount decimal(18, 6);
    alter table closed.calls add column if not exists is_capped boolean;
    """,
    """
    alter table closed.calls add column if not exists access_code varchar;
    alter table closed.calls add column if not exists rated_number varchar;
    """,
    """
    alter table closed.calls add column if not exists is_charged_as_recorded boolean;
    alter table closed.calls add column if not exists started_at_utc timestamp;
    """,
    "create table if not exists closed.frozen_files (billing_period varchar, table_name varchar, sha256 varchar);",
    """
    create table if not exists closed.adjustments (
        adjustment_id varchar, account_id varchar, kind varchar, amount decimal(18, 2), dated_on date, bill_item_id varchar,
        service_number varchar, reason varchar, prepared_by varchar, approved_by varchar, billing_period varchar
    );
    create table if not exists closed.late_fees (
        billing_period varchar, account_id varchar, unpaid_period varchar, bill_item_id varchar, amount decimal(18, 2)
    );
    """,
)


def create_closed_schema(con: duckdb.DuckDBPyConnection) -> None:
    """Bring the closed schema to this version: the steps that it lacks, in their order. What is in it stays.

    Raises TollhouseError where a newer version of Tollhouse has written it.
    """
    migrate_closed_schema(con)
    con.execute(REOPENED_CALLS)
    columns = ", ".join(
        f"coalesce({column.name}, {column.if_closed_before}) as {column.name}"
        if column.if_closed_before
        else column.name
        for column in RATED_CALL
    )
    con.execute(
        f"create or replace view closed.rated_calls as select {columns}, reason as joining_note from closed.calls"
    )


def migrate_closed_schema(con: duckdb.DuckDBPyConnection, to_version: int = len(MIGRATIONS)) -> None:
    """The tables of the closed schema as they are in a version. One that is newer is refused."""
    con.execute("create table if not exists closed.schema_version (version integer)")
    row = con.execute("select max(version) from closed.schema_version").fetchone()
    version = (row[0] if row else None) or 0
    if version > len(MIGRATIONS):
        raise TollhouseError(
            f"the closed periods of the warehouse are of version {version}, and this Tollhouse knows versions up to "
            f"{len(MIGRATIONS)}: use the version of Tollhouse that wrote them"
        )
    if version >= to_version:
        return
    for step in MIGRATIONS[
        version:to_version
    ]:  # the caller may be within a transaction; one that dies here is done again
        con.execute(step)
    con.execute("delete from closed.schema_version")
    con.execute("insert into closed.schema_version values (?)", [to_version])
