"""Release gates of the raw rows: an edition is computed from exactly the rows that the ledger counted, file by file."""

from __future__ import annotations

from expectations.gates import Suite, no_rows
from orchestration.ingestion.customers.tables import EXPORT_TABLES

LEDGER_TOTALS = "raw.ledger_totals"

_CALLS = (
    "with files as (select file_id, file_name, records, seconds from {batch} where file_kind = 'cdr'),"
    " found as (select file_id, sum(records) as records, sum(seconds) as seconds"
    " from intermediate.int_call_states_daily group by file_id)"
    " select files.file_id, files.file_name, files.records, coalesce(found.records, 0) as records_found, files.seconds,"
    " coalesce(found.seconds, 0) as seconds_found from files left join found on files.file_id = found.file_id"
    " where files.records <> coalesce(found.records, 0) or files.seconds <> coalesce(found.seconds, 0)"
)
_DEBITS = (
    "with files as (select file_id, file_name, records, amount from {batch} where file_kind = 'bank'),"
    " found as (select file_id, count(*) as records,"
    " coalesce(sum(amount) filter (where line_kind = 'debit'), 0) as amount from raw.debits group by file_id)"
    " select coalesce(files.file_id, found.file_id) as file_id, files.file_name, files.records,"
    " coalesce(found.records, 0) as records_found, files.amount, coalesce(found.amount, 0) as amount_found"
    " from files full join found on files.file_id = found.file_id"
    " where coalesce(files.records, 0) <> coalesce(found.records, 0)"
    " or coalesce(files.amount, 0) <> coalesce(found.amount, 0)"
)
_EXPORTS = (
    "with files as (select export_table, file_id, file_name, records from {{batch}} where file_kind = 'customers'),"
    " found as ({found})"
    " select coalesce(files.export_table, found.export_table) as export_table, files.file_id, files.file_name, files.records,"
    " coalesce(found.records, 0) as records_found"
    " from files full join found on files.export_table = found.export_table"
    " where coalesce(files.records, 0) <> coalesce(found.records, 0)"
).format(
    found=" union all ".join(
        f"select '{table}' as export_table, count(*) as records from raw.crm_{table}" for table in EXPORT_TABLES
    )
)


def raw_row_suites() -> tuple[Suite, ...]:
    """The suite `raw_rows`, on what the ledger counts."""
    return (
        Suite(
            "raw_rows",
            "release",
            LEDGER_TOTALS,
            (
                no_rows(
                    "calls_are_those_of_the_ledger",
                    "Every loaded call file has as many calls and seconds in the raw tables as the ledger counted (seconds"
                    " without the files with pieces of long calls or with calls of closed periods).",
                    _CALLS,
                    severity="critical",
                ),
                no_rows(
                    "bank_lines_are_those_of_the_ledger",
                    "Every bank file has as many lines, and the same sum of amounts, in the raw tables as the ledger counted.",
                    _DEBITS,
                    severity="critical",
                ),
                no_rows(
                    "export_rows_are_those_of_the_ledger",
                    "The newest snapshot of every export has as many rows in the raw tables as the ledger counted.",
                    _EXPORTS,
                    severity="critical",
                ),
            ),
        ),
    )
