"""Duplicates (SPEC 4, state 3) and settlement twins: which records equal an earlier one, completely or except for who is charged.
The rule is written once, for the checks of files, for the joining of pieces and for the warehouse.

A record is a duplicate of a record with the same key that is earlier in the same file, or in an earlier-registered loaded file
dated at most 90 days before or after. The key is switch, numbers, start, duration and trunk groups. Where the start has an
offset or is UTC, the instant belongs to the key too, because a clock that goes back shows an hour twice. An unreleased record
of another day can be a duplicate, but cannot be the original of one. The start time is part of the key, so only files with
calls of the same day are read.

Where a switch records who is charged, the charge party is part of the key too: records that differ only in it are settlement
twins, several records of one tandem call. Where a switch writes pieces, the kind of piece is part of the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.call_columns import IDENTITY
from orchestration.warehouse.connection import insert_rows

WINDOW_DAYS = 90

# Each piece of a long call is a record of its own; a record without a kind is a whole call, like `single`.
_CALL = f"{', '.join(IDENTITY)}, coalesce(partial_kind, 'single')"
_KEY = f"{_CALL}, charge_party"


@dataclass(frozen=True)
class OrderedFile:
    """A readable CDR file that counts as loaded, with the order it counts by.

    `other_day_order` is the order of the release of its calls of another day, None where they were not released.
    """

    file_id: str
    switch_id: str
    file_date: date
    order: int
    other_day_order: int | None = None


def find_duplicates(
    con: duckdb.DuckDBPyConnection, folder: Path, files: Sequence[OrderedFile], days: Iterable[date], target: str
) -> None:
    """Make the temporary table `target`(file_id, record_number, original_file_id, original_record_number).

    Reads the Parquet of `files` (those with calls of `days`, else none need be given) in a folder of the raw zone twice at
    most: the hashes of the keys, and the whole keys of those whose hash stands more than once. Leaves `likes`, all records
    that are like another but for the charge party, for `find_settlement_twins`.
    """
    con.execute(
        "create or replace temp table ordered_files "
        "(file_id varchar, switch_id varchar, file_date date, file_order bigint, other_day_order bigint)"
    )
    con.execute("create or replace temp table days_looked_at (call_date date)")
    con.execute(
        f"create or replace temp table {target} "
        "(file_id varchar, record_number bigint, original_file_id varchar, original_record_number bigint)"
    )
    con.execute(
        "create or replace temp table likes (call_group bigint, charge_party varchar, group_id bigint, file_id varchar, "
        "record_number bigint, file_date date, may_be_first boolean, call_position bigint, position bigint)"
    )
    days = sorted(days)
    if not files or not days:
        return
    insert_rows(
        con, "ordered_files", [[f.file_id, f.switch_id, f.file_date, f.order, f.other_day_order] for f in files]
    )
    insert_rows(con, "days_looked_at", [[day] for day in days])
    paths = [str(folder / f"{f.file_id}.parquet") for f in files]
    con.execute(
        "create or replace temp table repeated_hashes as "
        "select key_hash from read_parquet(?) where call_date in (select call_date from days_looked_at) "
        "group by key_hash having count(*) > 1",
        [paths],
    )
    if _count(con, "repeated_hashes") == 0:
        return
    con.execute(
        f"""
        insert into likes
        with records as (
            select calls.*, files.switch_id, files.file_date,
                case when calls.is_other_day and files.other_day_order is not null then files.other_day_order
                    else files.file_order end as record_order,
                not calls.is_other_day or files.other_day_order is not null as may_be_first
            from read_parquet(?) as calls
            inner join ordered_files as files using (file_id)
            where calls.key_hash in (select key_hash from repeated_hashes)
                and calls.call_date in (select call_date from days_looked_at)
        )
        select dense_rank() over (order by {_CALL}), charge_party, dense_rank() over (order by {_KEY}),
            file_id, record_number, file_date, may_be_first,
            row_number() over (partition by {_CALL} order by record_order, line_number, file_id),
            row_number() over (partition by {_KEY} order by record_order, line_number, file_id)
        from records
        """,
        [paths],
    )
    con.execute(
        """
        create or replace temp table like_groups as
        select group_id, min(case when may_be_first then position end) as first_position,
            max(file_date) - min(file_date) as spread_days
        from likes group by group_id having count(*) > 1
        """
    )
    con.execute(
        f"""
        insert into {target}
        select likes.file_id, likes.record_number, firsts.file_id, firsts.record_number
        from likes
        inner join like_groups as groups on likes.group_id = groups.group_id and likes.position > groups.first_position
        inner join likes as firsts on likes.group_id = firsts.group_id and firsts.position = groups.first_position
        where groups.spread_days <= {WINDOW_DAYS}
        """
    )
    far_apart = con.execute(
        f"""
        select likes.group_id, likes.file_id, likes.record_number, likes.file_date, likes.may_be_first
        from likes inner join like_groups as groups using (group_id)
        where groups.spread_days > {WINDOW_DAYS} and groups.first_position is not null
        order by likes.group_id, likes.position
        """
    ).fetchall()
    repeated = list(_duplicates_far_apart(far_apart))
    insert_rows(con, target, repeated)


def find_settlement_twins(con: duckdb.DuckDBPyConnection, duplicates: str, target: str) -> None:
    """Make the temporary table `target`: the records of one call that were written once for each party that is charged.

    One row per record of a call with several charge parties, duplicates apart: (file_id, record_number), the record of the call
    that came first (itself, for the first), and which of the parties that the subscriber match knows the call's records name.
    Comes after the `find_duplicates` that made `duplicates`.
    """
    con.execute(
        f"""
        create or replace temp table {target} as
        with kept as (select likes.* from likes anti join {duplicates} using (file_id, record_number)),
        calls as (
            select call_group, min_by(file_id, call_position) as first_file_id,
                min_by(record_number, call_position) as first_record_number,
                bool_or(charge_party is not distinct from 'calling') as has_calling,
                bool_or(charge_party is not distinct from 'called') as has_called,
                bool_or(charge_party is null) as has_unsaid
            from kept group by call_group having count(distinct coalesce(charge_party, '')) > 1
        )
        select kept.file_id, kept.record_number, calls.first_file_id, calls.first_record_number,
            calls.has_calling, calls.has_called, calls.has_unsaid
        from kept inner join calls using (call_group)
        """
    )


def _duplicates_far_apart(rows: Iterable[tuple[int, str, int, date, bool]]) -> Iterable[list[str | int]]:
    """Groups whose files are more than the window apart, one by one: a record too far from an original can be an original itself."""
    firsts: list[tuple[str, int, date]] = []
    group: int | None = None
    for group_id, file_id, record_number, file_date, may_be_first in rows:
        if group_id != group:
            group, firsts = group_id, []
        near = next((first for first in firsts if abs((first[2] - file_date).days) <= WINDOW_DAYS), None)
        if near is not None:
            yield [file_id, record_number, near[0], near[1]]
        elif may_be_first:
            firsts.append((file_id, record_number, file_date))


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"select count(*) from {table}").fetchone()
    assert row is not None
    return int(row[0])
