"""Partial records: the pieces of one long call, joined to one call. Which pieces a call has, whether it waits, and its sum.

A switch that writes a long call in pieces (first, middle …, last) records which piece a record is, and usually what connects them
together (`call_reference`). Pieces that are not duplicates and not of another day are joined over all loaded files, so that the
result depends on the files and the as-of date alone, in whatever order and in how many runs they came. Rating the joined
call, and the state `partial` of its further pieces, is the warehouse's matter. Where no loaded file holds a piece, nothing is
read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.call_columns import IDENTITY
from orchestration.ingestion.cdr.decoding import pieces_path
from orchestration.ingestion.cdr.rules import PIECES
from orchestration.reference_book.reading import GateThreshold
from orchestration.warehouse.closed.closed_schema import JOINED_PIECES
from orchestration.warehouse.file_verdicts.duplicates import OrderedFile, find_duplicates

# Hours or seconds: longer than the time between any two pieces, and short enough to be added to a time.
NO_LIMIT = Decimal(1_000_000_000)


# The sum of the pieces is rounded once, by the rule of their format: 3600.5 s and 3600.5 s are 7201 s.
_JOINED_SECONDS = """
case
    when count(exact_micros) < count(*) then sum(duration_seconds)
    when max(rounding) = 'down' then sum(exact_micros) // 1000000
    when max(rounding) = 'half_up' then (sum(exact_micros) + 500000) // 1000000
    else (sum(exact_micros) + 999999) // 1000000
end
"""


@dataclass(frozen=True)
class PieceLimits:
    """How long a call that lacks a piece waits for it, in hours after the end of its newest piece; and how many seconds
    may pass between the end of a piece and the start of the next, before a piece between them counts as missing."""

    wait_hours: Decimal
    gap_seconds: Decimal

    @staticmethod
    def of(thresholds: Mapping[str, GateThreshold]) -> PieceLimits:
        """The `hold_above` of the gates partial_wait_hours and partial_gap_seconds; an empty one means no limit."""
        return PieceLimits(
            *(
                NO_LIMIT if (limit := thresholds[gate].hold_above) is None else limit
                for gate in ("partial_wait_hours", "partial_gap_seconds")
            )
        )


def create_joined_pieces(
    con: duckdb.DuckDBPyConnection, raw: Path, files: Sequence[OrderedFile], as_of: date, limits: PieceLimits
) -> None:
    """Make raw.joined_pieces: one row per piece of a long call in the loaded files, duplicates and other days' pieces apart.

    A call's pieces have one switch, calling and called number, reference and charge party. By their starts, a call begins
    with a `first`, after a `last`, and where more than the waiting time lies between two pieces. It is whole where it begins
    with a first, ends with a last, and each piece begins where the one before ended; a whole one is joined at once, another
    when the waiting time has passed between the end of its newest piece and the beginning of the as-of date. The pieces of
    calls of closed periods stay as they were closed; what comes later for such a call is a call of its own.

    The row of a call's first piece has `joined_seconds` (the sum, rounded once), `joined_pieces` and the last piece's release cause;
    `is_partial` holds for all others, and while the call waits for it too. `reason` says what is waited for, what is missing
    of a joined call, or of which call the record is a piece.
    """
    con.execute(f"create table if not exists closed.joined_pieces ({JOINED_PIECES})")
    con.execute(f"create or replace table raw.joined_pieces ({JOINED_PIECES})")
    con.execute("insert into raw.joined_pieces select * from closed.joined_pieces")
    written = _files_with_pieces(raw)
    files = [file for file in files if file.file_id in written]
    if not files:
        return
    paths = [str(pieces_path(raw, file.file_id)) for file in files]
    days = [day for (day,) in con.execute("select distinct call_date from read_parquet(?)", [paths]).fetchall()]
    find_duplicates(con, raw / "pieces", files, days, "duplicate_pieces")
    # For files that an earlier version decoded, only whole seconds are known.
    no_fractions = "select cast(null as bigint) as exact_micros, cast(null as varchar) as rounding where false"
    wait, gap = (f"to_seconds({seconds})" for seconds in (limits.wait_hours * 3600, limits.gap_seconds))
    con.execute(
        f"""
        insert into raw.joined_pieces
        with pieces as (
            select pieces.*, files.switch_id, pieces.file_id || ':' || pieces.record_number as call_id,
                pieces.started_at + to_seconds(pieces.duration_seconds) as ended_at
            from ({no_fractions} union all by name select * from read_parquet(?, union_by_name = true)) as pieces
            inner join ordered_files as files using (file_id)
            anti join duplicate_pieces using (file_id, record_number)
            where not (pieces.is_other_day and files.other_day_order is null)
        ),
        followed as (
            select *, row_number() over in_time as place, lag(ended_at) over in_time as end_before,
                coalesce(partial_kind = 'first' or lag(partial_kind) over in_time = 'last'
                    or started_at > lag(ended_at) over in_time + {wait}, true) as begins_call
            from pieces
            where call_id not in (select closed.call_id from closed.joined_pieces as closed)
            window in_time as (
                partition by switch_id, calling_number, called_number, call_reference, charge_party
                order by started_at, list_position({list(PIECES)}, partial_kind), duration_seconds, call_id
            )
        ),
        belonging as (
            select *, last_value(case when begins_call then call_id end ignore nulls) over (
                partition by switch_id, calling_number, called_number, call_reference, charge_party
                order by place rows between unbounded preceding and current row
            ) as first_call_id
            from followed
        ),
        calls as (
            select first_call_id, {_JOINED_SECONDS} as joined_seconds, count(*) as joined_pieces,
                max_by(release_cause, place) as release_cause, max(ended_at) + {wait} <= cast(? as timestamp) as is_over,
                case
                    when max_by(partial_kind, place) <> 'last' then 'its last piece'
                    when min_by(partial_kind, place) <> 'first' then 'its first piece'
                    when bool_or(not begins_call and started_at > end_before + {gap}) then 'a piece between'
                end as missing
            from belonging group by first_call_id
        )
        select
            belonging.call_id,
            belonging.file_id,
            belonging.record_number,
            belonging.call_date,
            case when calls.missing is null or calls.is_over then first_call_id end,
            not begins_call or (calls.missing is not null and not calls.is_over),
            case
                when calls.missing is not null and not calls.is_over then 'waits for ' || calls.missing
                when not begins_call then 'piece of call ' || first_call_id
                else 'joined without ' || calls.missing
            end,
            case when begins_call then calls.joined_seconds end,
            case when begins_call then calls.joined_pieces end,
            case when begins_call then calls.release_cause end
        from belonging inner join calls using (first_call_id)
        """,
        [paths, as_of],
    )


def add_duplicates_of_joined_calls(con: duckdb.DuckDBPyConnection) -> None:
    """Add to raw.duplicate_calls the whole records that duplicate a joined call: a switch may write a long call in pieces
    and as one record. The joined call counts whichever came first, so that the result does not hang on the order of files.

    Reads raw.joined_pieces and, where there is a joined call, raw.calls and raw.file_register.
    """
    if con.execute("select 1 from raw.joined_pieces where not is_partial limit 1").fetchone() is None:
        return
    same = [name for name in IDENTITY if name != "duration_seconds"]
    is_same = " and ".join(f"whole.{name} is not distinct from joined.{name}" for name in same)
    con.execute(
        f"""
        create or replace temp table joined_again as
        with records as (
            select calls.*, files.switch_id,
                calls.file_id || ':' || calls.record_number as call_id
            from raw.calls as calls inner join raw.file_register as files using (file_id)
        ),
        joined as (
            select records.*, pieces.joined_seconds
            from raw.joined_pieces as pieces inner join records using (call_id)
            where not pieces.is_partial and pieces.joined_seconds is not null
        )
        select whole.call_id, min(joined.call_id) as original_call_id
        from records as whole
        inner join joined
            on {is_same}
            and whole.duration_seconds = joined.joined_seconds
            and coalesce(whole.charge_party, 'calling') = coalesce(joined.charge_party, 'calling')
        where coalesce(whole.partial_kind, 'single') = 'single'
        group by whole.call_id
        """
    )
    con.execute(
        """
        create or replace table raw.duplicate_calls as
        select call_id, coalesce(again.original_call_id, found.original_call_id) as original_call_id
        from raw.duplicate_calls as found
        left join (select call_id as found_id, original_call_id from joined_again) as again
            on found.original_call_id = again.found_id
        union all
        select call_id, original_call_id from joined_again
        where call_id not in (select call_id from raw.duplicate_calls)
        """
    )


def _files_with_pieces(raw: Path) -> set[str]:
    folder = raw / "pieces"
    return {path.stem for path in folder.glob("*.parquet")} if folder.is_dir() else set()


def last_days(con: duckdb.DuckDBPyConnection, days: Mapping[date, date]) -> dict[date, date]:
    """Per call date the last day that its calls can reach. `days` is per call date how far its records reach; a joined call
    may reach further."""
    reach = dict(
        con.execute(
            """
            select pieces.call_date, max(pieces.call_date + cast(1 + pieces.joined_seconds // 86400 as integer))
            from raw.joined_pieces as pieces where pieces.joined_seconds is not null group by pieces.call_date
            """
        ).fetchall()
    )
    return {day: max(reach.get(day, last), last) for day, last in days.items()}
