"""Gates on the call detail files, one row per file in file_reconciliation. Thresholds come from the reference book."""

from __future__ import annotations

from expectations.gates import Gate, Suite, no_rows, row_count_at_least
from expectations.suites.intake.registered_files import FILES, file_status_gates, states_sum_query

RECORD_SHARES = {
    "malformed": "records that cannot be read",
    "duplicate": "records that repeat an earlier call",
    "other_day": "calls of another day than the file's",
}


def _share_gate(state: str, what: str) -> Gate:
    # Compares counts with threshold × records in decimal: a share as a binary fraction could miss its own limit.
    return no_rows(
        f"{state}_share_below_warning",
        f"The share of {what} is at or below the warning threshold of the reference book in every file.",
        f"with files as (select * from {{batch}}), limits as (select cast(warn_above as decimal(18, 9)) as warn_above"
        f" from raw.gate_thresholds where gate_id = '{state}')"
        f" select files.file_id, files.file_name, files.file_status, files.{state} as records_of_state,"
        " files.read_records, limits.warn_above"
        " from files cross join limits where files.file_kind = 'cdr'"
        f" and files.{state} > limits.warn_above * files.read_records",
        severity="warn",
    )


def cdr_files() -> Suite:
    """Every call detail file: complete, from a known switch, in sequence, and with few records set aside."""
    return Suite(
        "cdr_files",
        "intake",
        FILES,
        (
            row_count_at_least(
                "some_file_is_registered",
                "At least one file has arrived and is registered.",
                1,
                severity="warn",
            ),
            *file_status_gates("cdr", "call detail file"),
            no_rows(
                "thresholds_are_of_known_gates",
                "Every row of gate_thresholds in the reference book belongs to a gate that exists.",
                "select gate_id from {batch} where gate_id not in (select gate_id from raw.gate_thresholds where is_known)",
                severity="warn",
                table="reference.gate_thresholds",
            ),
            *(_share_gate(state, what) for state, what in RECORD_SHARES.items()),
            no_rows(
                "companion_totals_agree",
                "The companion .ctl of a file, where there is one, declares the records and seconds that were read.",
                "select file_id, file_name, file_status, declared_records, read_records, declared_seconds, read_seconds"
                " from {batch} where file_kind = 'cdr' and file_status <> 'rejected'"
                " and ((declared_records is not null and declared_records is distinct from read_records)"
                " or (declared_seconds is not null and declared_seconds is distinct from read_seconds))",
                severity="warn",  # such a file is held, which is an error of its own, until somebody releases it
            ),
            no_rows(
                "switch_is_known",
                "Every call detail file comes from a switch of the reference book.",
                "select file_id, file_name, source, switch_id from {batch}"
                " where file_kind = 'cdr' and file_status <> 'rejected'"
                " and (switch_id is null or switch_id not in (select switch_id from reference.switches))",
                severity="error",
            ),
            no_rows(
                "no_file_is_missing_in_the_sequence",
                "No sequence number is missing between the files that a switch has delivered.",
                "select switch_id, missing_from, missing_to, missing_files, gap_since, age_days from {batch}",
                severity="warn",
                table="marts.sequence_gaps",
            ),
            no_rows(
                "expected_files_have_come",
                "Every switch has delivered its expected number of files for every day that is over.",
                "select switch_id, file_date, expected_files, arrived_files, missing_files, days_late from {batch}"
                " where is_day_over and missing_files > 0",
                severity="warn",
                table="marts.expected_files",
            ),
            no_rows(
                "states_sum_to_records_read",
                "Every record that was read has exactly one state: the states of a file sum to its records.",
                states_sum_query(),
                severity="error",
            ),
        ),
    )
