"""Release gates of the files: nothing is lost between a file and the marts."""

from __future__ import annotations

from expectations.gates import Suite, no_rows
from expectations.suites.intake.debit_files import totals_disagree_query
from expectations.suites.intake.registered_files import FILES, states_sum_query


def intake_suites() -> tuple[Suite, ...]:
    """The suites on file_reconciliation and debit_batches."""
    return (_file_reconciliation(), _debit_batches())


def _per_file(mart: str, *states: str) -> str:
    counted = ", ".join(
        f"count(*) filter (where state = '{state}') as {state}" if mart == "suspended_calls" else f"count(*) as {state}"
        for state in states
    )
    return f"select split_part(call_id, ':', 1) as file_id, {counted} from marts.{mart} group by 1"


def _counts_query() -> str:
    states = ("rated", "other_day", "undocumented", "unrated", "duplicate")
    found = ", ".join(f"coalesce({state}_calls.{state}, 0) as {state}_found" for state in ("rated", "duplicate"))
    suspended = ", ".join(
        f"coalesce(suspended_calls.{state}, 0) as {state}_found" for state in ("other_day", "undocumented", "unrated")
    )
    expected = ", ".join(f"files.{state}" for state in states)
    differs = " or ".join(f"{state} is distinct from {state}_found" for state in states)
    return (
        "with files as (select * from {batch}),"
        f" rated_calls as ({_per_file('rated_calls', 'rated')}),"
        f" duplicate_calls as ({_per_file('duplicate_calls', 'duplicate')}),"
        f" suspended_calls as ({_per_file('suspended_calls', 'other_day', 'undocumented', 'unrated')}),"
        f" compared as (select coalesce(files.file_id, rated_calls.file_id, duplicate_calls.file_id,"
        f" suspended_calls.file_id) as file_id, files.file_name, {expected}, {found}, {suspended} from files"
        " full join rated_calls on files.file_id = rated_calls.file_id"
        " full join duplicate_calls on files.file_id = duplicate_calls.file_id"
        " full join suspended_calls on files.file_id = suspended_calls.file_id)"
        f" select * from compared where {differs}"
    )


def _file_reconciliation() -> Suite:
    return Suite(
        "file_reconciliation",
        "release",
        FILES,
        (
            no_rows(
                "states_sum_to_records_read",
                "Every record that was read has exactly one state: the states of a file sum to its records.",
                states_sum_query(),
                severity="critical",
            ),
            no_rows(
                "marts_hold_what_the_files_count",
                "A file has as many rated, suspended and duplicate calls as its row in file_reconciliation says.",
                _counts_query(),
                severity="critical",
            ),
        ),
    )


def _debit_batches() -> Suite:
    return Suite(
        "debit_batches",
        "release",
        "marts.debit_batches",
        (
            no_rows(
                "accepted_batches_agree_with_their_details",
                "The header of every accepted debit file has the totals of its lines, or a person accepted the difference.",
                f"select * from ({totals_disagree_query()}) as batches where is_accepted is distinct from false"
                " and is_difference_accepted is distinct from true",
                severity="critical",
            ),
        ),
    )
