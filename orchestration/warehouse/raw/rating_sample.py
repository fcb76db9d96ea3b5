"""A sample of the rated calls, drawn in each run and charged again by the plain-Python rating that `quote` and `explain` use.

How a call is charged is in orchestration/rating; what the sample says of a month is in the mart revenue_assurance_kpis.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import accumulate
from typing import Any

import duckdb

from orchestration.rating.explaining import charge_again, differences
from orchestration.rating.tariffs import NoCharge, Tariffs
from orchestration.reference_book.reading import ReferenceBook
from orchestration.warehouse.connection import insert_rows

#: How many calls are drawn where there are as many.
SAMPLE_SIZE = 200
#: How many of them are of one day of one file, where there are enough files.
CALLS_OF_A_FILE = 20
#: What a call is charged by, and what is compared of its charge.
_OF_A_CALL = (
    "call_id, billing_period, called_number, exchange_id, started_at, duration_seconds, customer_class, access_code, rated_number, "
    "tariff_plan_id, destination_prefix, zone_id, rate_valid_from, connect_fee, charge_steps, charged_seconds, amount, list_amount, "
    "unrounded_numerator, unrounded_denominator"
)

_COLUMNS = "call_id varchar primary key, billing_period varchar, differences varchar"


def create_sample(con: duckdb.DuckDBPyConnection) -> None:
    """The table of the sample, empty until calls are rated."""
    con.execute(f"create table if not exists state.rating_sample ({_COLUMNS})")


def draw_sample(con: duckdb.DuckDBPyConnection, book: ReferenceBook, as_of: date) -> None:
    """Draw calls of the open periods, charge them again, and keep where the two charges differ (null: nowhere).

    Calls of closed periods were rated by the book of their time and are not drawn. The same calls and the same as-of date give
    the same sample, in whatever order the files came.
    """
    tariffs = Tariffs(book)
    rows = [[call["call_id"], call["billing_period"], _differences(tariffs, call)] for call in _drawn(con, as_of)]
    con.execute("begin")
    con.execute("delete from state.rating_sample")
    insert_rows(con, "state.rating_sample", rows)
    con.execute("commit")


def _differences(tariffs: Tariffs, call: Mapping[str, Any]) -> str | None:
    try:
        found = differences(call, charge_again(tariffs, call))
    except NoCharge as fault:
        return str(fault)
    return "; ".join(f"{what}: {said}, charged again {now}" for what, said, now in found) or None


def _drawn(con: duckdb.DuckDBPyConnection, as_of: date) -> Iterator[dict[str, Any]]:
    """The sampled calls, of some days of files: so only the blocks of few days are read of a large warehouse."""
    groups = con.execute(
        "select call_date, file_id, billing_period, states.records from intermediate.int_call_states_daily as states"
        " inner join raw.file_register as files using (file_id)"
        " inner join intermediate.int_billing_periods as periods using (billing_period)"
        " where state = 'rated' and not is_closed order by call_date, file_name, file_id, billing_period"
    ).fetchall()
    # Not for secrets: the date gives the same calls in every run of the same figures.
    chance = random.Random(as_of.isoformat())
    of_periods: dict[str, list[tuple[Any, ...]]] = {}
    for group in groups:
        of_periods.setdefault(group[2], []).append(group)
    for period, size in _sizes(
        {period: sum(group[3] for group in of_periods[period]) for period in of_periods}
    ).items():
        for (call_date, file_id, _, _), number in _shares(of_periods[period], size, chance):
            of_group = "call_date = ? and file_id = ? and billing_period = ? and state = 'rated'"
            names = [call_date, file_id, period]
            found = con.execute(
                f"select record_number from intermediate.int_calls_judged where {of_group} order by record_number",
                names,
            ).fetchall()
            chosen = chance.sample([record_number for (record_number,) in found], number)
            cursor = con.execute(
                f"select {_OF_A_CALL} from intermediate.int_calls_judged where {of_group} and list_contains(?, record_number)",
                [*names, chosen],
            )
            columns = [column[0] for column in cursor.description or ()]
            for values in cursor.fetchall():
                yield dict(zip(columns, values, strict=True))


def _sizes(calls: Mapping[str, int]) -> dict[str, int]:
    """How many calls of each period are drawn: in proportion to its calls, to one whole sample or all that there are."""
    total = sum(calls.values())
    size = min(SAMPLE_SIZE, total)
    sizes = {period: size * number // total for period, number in calls.items()}
    by_remainder = sorted(calls, key=lambda period: (-(size * calls[period] % total), period))
    for period in by_remainder[: size - sum(sizes.values())]:
        sizes[period] += 1
    return sizes


def _shares(
    groups: Sequence[tuple[Any, ...]], size: int, chance: random.Random
) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Which days of files give how many of `size` calls: first those that are drawn by their number of calls, few calls each."""
    ends = list(accumulate(records for *_, records in groups))
    drawn = dict.fromkeys(bisect(ends, place) for place in chance.sample(range(ends[-1]), size))
    drawn.update(dict.fromkeys(range(len(groups))))
    shares = dict.fromkeys(drawn, 0)
    left = size
    for most in (CALLS_OF_A_FILE, ends[-1]):
        for position in drawn:
            more = min(left, most - shares[position], groups[position][-1] - shares[position])
            if more > 0:
                shares[position] += more
                left -= more
    return ((groups[position], number) for position, number in shares.items() if number)
