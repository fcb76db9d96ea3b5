"""Gates on suspended and set-aside calls of the whole branch: undocumented calls and numbers, and duplicates. The limits are
those of the reference book (raw.gate_thresholds). Above `hold_above` nothing is held: the check is an error instead of a warning."""

from __future__ import annotations

from expectations.gates import Gate, Suite, no_rows
from expectations.results import Severity

_LIMITS: tuple[tuple[str, Severity, str, str], ...] = (
    ("warning", "warn", "warn_above", "the warning threshold"),
    ("limit", "error", "hold_above", "the limit"),
)


def call_share_suites() -> tuple[Suite, ...]:
    """The suites on suspended_calls, undocumented_numbers and duplicate_calls."""
    return (
        Suite(
            "undocumented_calls",
            "intake",
            "marts.suspended_calls",
            tuple(
                gate
                for unit, key, what in (("file", "file_id", "every file"), ("day", "file_date", "every day"))
                for gate in _share_gates(
                    f"undocumented_share_of_a_{unit}",
                    "undocumented",
                    key,
                    f"The share of calls of numbers without a holder is at or below {{limit}} of the reference book in {what}.",
                    " where state = 'undocumented'",
                )
            ),
        ),
        Suite(
            "undocumented_numbers",
            "intake",
            "marts.undocumented_numbers",
            tuple(_age_gate(*limit) for limit in _LIMITS),
        ),
        Suite(
            "duplicate_calls_of_the_branch",
            "intake",
            "marts.duplicate_calls",
            tuple(
                _share_gates(
                    "duplicate_share_of_a_day",
                    "duplicate_branch",
                    "file_date",
                    "The share of duplicate records is at or below {limit} of the reference book on every day over the whole branch.",
                    "",
                )
            ),
        ),
    )


def _share_gates(name: str, gate_id: str, key: str, description: str, which: str) -> tuple[Gate, ...]:
    """One gate for each limit. It compares counts with limit × records in decimal: a binary fraction could miss its own limit."""
    return tuple(
        no_rows(
            f"{name}_below_{ending}",
            description.format(limit=words),
            f"with calls as (select split_part(call_id, ':', 1) as file_id, count(*) as calls from {{batch}}{which} group by 1),"
            f" limits as (select cast({column} as decimal(18, 9)) as most_allowed from raw.gate_thresholds where gate_id = '{gate_id}'),"
            f" shares as (select files.{key}, min(files.file_name) as first_file, cast(sum(calls.calls) as bigint) as calls,"
            " cast(sum(files.read_records - files.ignored) as bigint) as records"
            " from marts.file_reconciliation as files left join calls on files.file_id = calls.file_id"
            f" where files.file_kind = 'cdr' and files.file_status = 'loaded' group by files.{key})"
            " select shares.*, limits.most_allowed from shares cross join limits where calls > most_allowed * records",
            severity=severity,
        )
        for ending, severity, column, words in _LIMITS
    )


def _age_gate(ending: str, severity: Severity, column: str, words: str) -> Gate:
    return no_rows(
        f"no_number_is_undocumented_for_longer_than_the_{ending}",
        f"No number without a holder makes calls for more days than {words} of the reference book.",
        f"with limits as (select {column} as days_allowed from raw.gate_thresholds where gate_id = 'undocumented_days'),"
        " numbers as (select *, (select as_of from raw.run_facts) - cast(first_seen_at as date) as days_undocumented from {batch})"
        " select numbers.calling_number, numbers.first_seen_at, numbers.days_undocumented, limits.days_allowed"
        " from numbers cross join limits where days_undocumented > days_allowed",
        severity=severity,
    )
