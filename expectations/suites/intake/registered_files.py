"""Gates that hold for registered files of every kind: none held, none rejected. Other modules check the counts of records."""

from __future__ import annotations

from expectations.gates import Gate, no_rows

FILES = "marts.file_reconciliation"


def file_status_gates(file_kind: str, what: str) -> tuple[Gate, ...]:
    """One gate for held and one for rejected files of a kind; every such file is one failure, shown with its reason."""
    return tuple(
        no_rows(
            f"no_{file_kind}_file_is_{status}",
            f"No {what} is {status}: {meaning}",
            "select file_id, file_name, source, file_date, file_status, status_reason from {batch}"
            f" where file_kind = '{file_kind}' and file_status = '{status}'",
            severity="error",
            table=FILES,
        )
        for status, meaning in (
            ("held", "a held file waits until a person releases it or a corrected file arrives."),
            ("rejected", "a rejected file was not read at all; ask its sender for a corrected file."),
        )
    )


def states_sum_query() -> str:
    """Files whose states (SPEC 4) do not sum to the records read."""
    return (
        "select file_id, file_name, read_records, malformed, ignored, held, duplicate, other_day, partial, not_answered,"
        " not_charged, undocumented, unrated, rated from {batch} where read_records is distinct from"
        " malformed + ignored + held + duplicate + other_day + partial + not_answered + not_charged"
        " + undocumented + unrated + rated"
    )
