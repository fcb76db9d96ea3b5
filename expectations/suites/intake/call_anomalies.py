"""Gates on unusual calls: warnings for people to look into. They suspend no call and block no edition.

What counts as unusual is decided by the models (marts.overlapping_calls, marts.call_anomalies); thresholds are the book's.
"""

from __future__ import annotations

from expectations.gates import Gate, Suite, no_rows

OVERLAPPING_CALLS = "marts.overlapping_calls"
CALL_ANOMALIES = "marts.call_anomalies"


def call_anomalies() -> tuple[Suite, ...]:
    """The suites on overlapping_calls and call_anomalies."""
    return (
        Suite(
            "overlapping_calls",
            "intake",
            OVERLAPPING_CALLS,
            (
                no_rows(
                    "no_line_has_more_calls_than_channels",
                    "No line makes more calls at the same time than it has channels.",
                    "select calling_number, call_date, started_at, calls_at_once, channels, call_id, overlapped_call_id"
                    " from {batch}",
                    severity="warn",
                ),
            ),
        ),
        Suite(
            "call_anomalies",
            "intake",
            CALL_ANOMALIES,
            (
                _none(
                    "no_series_of_ultra_short_calls",
                    "No number makes more ultra-short calls on a switch in an hour than the reference book allows.",
                    "ultra_short_calls",
                ),
                _none(
                    "no_call_is_over_long",
                    "No call lasts longer than the reference book allows.",
                    "over_long_calls",
                ),
                _none(
                    "traffic_of_every_hour_is_usual",
                    "Every switch records about as many calls in an hour as it usually does in that hour on days of that kind.",
                    "unusual_traffic",
                ),
            ),
        ),
    )


def _none(name: str, description: str, kind: str) -> Gate:
    return no_rows(
        name,
        description,
        "select switch_id, calling_number, hour, measure, usual, threshold, call_ids, detail from {batch}"
        f" where kind = '{kind}'",
        severity="warn",
    )
