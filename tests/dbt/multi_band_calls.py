"""What int_calls_multi_band says, for tests and measurements that bring the assigned calls themselves."""

from __future__ import annotations


def multi_band_from(assigned: str) -> str:
    """A query of the calls in the relation `assigned` that may need a walk, by what int_single_band_hours says of the others."""
    return f"""
        select distinct calls.version_id, calls.call_date, calls.start_second, calls.duration_seconds
        from {assigned} as calls
        left join intermediate.int_single_band_hours as plain on calls.start_second // 3600 = plain.start_hour
        where calls.version_id is not null
            and not coalesce(
                calls.duration_seconds <= plain.most_seconds
                and calls.start_second + calls.duration_seconds <= plain.ends_second, false)
        """
