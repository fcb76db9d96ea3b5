"""Gates on the banks' direct debits: result files by status and totals, and results against what was requested."""

from __future__ import annotations

from expectations.gates import Suite, key_once, no_rows, not_null
from expectations.suites.intake.registered_files import file_status_gates


def totals_disagree_query() -> str:
    """Batches whose header totals differ from their details; recomputed, not read from the flag."""
    return (
        "with b as (select * from {batch}) select b.* from b where not b.totals_agree"
        " or b.records is distinct from b.detail_records"
        " or b.total_amount is distinct from b.detail_total_amount"
        " or b.success_records is distinct from b.detail_success_records"
        " or b.success_amount is distinct from b.detail_success_amount"
    )


def debit_files() -> Suite:
    """Every debit result file: its totals are those of its lines, and no file is held."""
    return Suite(
        "debit_files",
        "intake",
        "marts.debit_batches",
        (
            *file_status_gates("bank", "bank result file"),
            not_null(
                "batch_has_its_period",
                "Every debit batch names its billing period.",
                "billing_period",
                severity="error",
            ),
            key_once(
                "batch_delivered_once",
                "No bank delivers two files for the same batch of the same day.",
                ("bank_code", "batch_id", "debited_on"),
                severity="error",
            ),
            no_rows(
                "bank_is_known",
                "Every debit batch comes from a bank whose result codes are in the reference book.",
                "select bank_code, batch_id from {batch}"
                " where (bank_code is null or bank_code not in (select bank_code from reference.debit_result_codes))"
                " and (result_scheme is null or result_scheme not in (select bank_code from reference.debit_result_codes))",
                severity="error",
            ),
            no_rows(
                "header_totals_equal_details",
                "The number and the amount in the header of a bank's file are those of its detail lines.",
                totals_disagree_query(),
                severity="error",
            ),
        ),
    )


def debit_requests() -> Suite:
    """Debit requests and the banks' answers; both tables are empty where nothing was ever requested."""
    return Suite(
        "debit_requests",
        "intake",
        "marts.debit_requests",
        (
            no_rows(
                "requests_are_answered_in_time",
                "Every debit request is answered after the day of the debit is over.",
                "select * from {batch} where is_overdue",
                severity="warn",
            ),
            no_rows(
                "results_are_as_requested",
                "Every line of a bank's result has a request with the same account and amount, and each request is answered once.",
                "select * from {batch}",
                severity="warn",
                table="marts.debit_result_mismatches",
            ),
        ),
    )
