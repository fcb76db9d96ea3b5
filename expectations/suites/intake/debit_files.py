"""Gates on the banks' direct debits: result files by status and totals, and results against what was requested."""

from __future__ import annotations

from expectations.gates import Suite, key_once, no_rows, not_null
from expectations.suites.intake.registered_files import file_status_gates


def totals_disagree_query() -> str:
    """Batches whose header totals are not those of their details, recomputed rather than read from the flag."""
    return (
        "with b as (select * from {batch}) select b.* from b where not b.totals_agree"
        " or b.records is distinct from b.detail_records"
        " or b.total_amount is distinct from b.detail_total_amount"
        " or b.success_records is distinct from b.detail_success_records"
        " or b.success_amount is distinct from b.detail_success_amount"
    )


def debit_files() -> Suite:
    """Every debit result file: its totals are those of its lines, and none waits."""
    return Suite(
        "debit_files",
        "intake",
        "marts.debit_batches",
        (
            *file_status_gates("bank", "bank result file"),
            not_null(
                "batch_has_its_period",
                "Every debit batch names the billing period it collects for.",
                "billing_period",
                severity="error",
            ),
            key_once(
                "batch_delivered_once",
                "No bank delivers two files for one batch of one day.",
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
                "The number and amount a bank declares in the header are those of its detail lines.",
                totals_disagree_query(),
                severity="error",
            ),
        ),
    )


def debit_requests() -> Suite:
    """What was requested and what the banks answered; both tables are empty where nothing was ever requested."""
    return Suite(
        "debit_requests",
        "intake",
        "marts.debit_requests",
        (
            no_rows(
                "requests_are_answered_in_time",
                "Every debit request is answered once the day on which the bank was to debit is over.",
                "select * from {batch} where is_overdue",
                severity="warn",
            ),
            no_rows(
                "results_are_as_requested",
                "Every line of a bank's result was requested, with that account and amount, and is answered once.",
                "select * from {batch}",
                severity="warn",
                table="marts.debit_result_mismatches",
            ),
        ),
    )
