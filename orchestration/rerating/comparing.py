"""Comparing the calls of some days before and after they were rated again, call by call, in the scratch warehouse.

What is compared and what follows from a difference stands here; how the days are rated again does not. A call of a closed
period keeps its period, and stands as it was closed where it would wait now (no rate, no owner): what has no price cannot
be compared. What earlier re-ratings adjusted counts as charged already.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import duckdb

from orchestration.ledger.reratings import Adjustment, AdjustmentLine, Change, Findings
from orchestration.warehouse.connection import insert_rows

_WHO = "account_id, charged_number, bill_item_id, zone_id, business_unit_id"

_BEFORE = """
create or replace table state.rerating_before as
select
    calls.call_id, calls.call_date, calls.state = 'rated' as is_rated, closed.call_id is not null as is_closed,
    calls.account_id, calls.charged_number, calls.bill_item_id, calls.zone_id,
    coalesce(calls.business_unit_id, '') as business_unit_id, calls.billing_period, calls.amount
from intermediate.int_calls_judged as calls
left join closed.calls as closed on calls.call_id = closed.call_id
where calls.call_date in (select call_date from state.rerated_days)
"""

# The usage lines of the closed periods that the days have calls in, before they are rounded.
_CLOSED_SUMS = """
create or replace table state.rerating_closed_sums as
select account_id, charged_number, bill_item_id, billing_period, sum(amount) as amount
from closed.calls
where billing_period in (select billing_period from state.rerating_before where is_closed)
group by account_id, charged_number, bill_item_id, billing_period
"""

_SIDES = f"""
create or replace table state.rerating_sides as
with compared as (
    select
        before.*,
        before.is_closed and coalesce(now.state, 'partial') in ('other_day', 'partial', 'undocumented', 'unrated') as stands,
        coalesce(now.state, '') = 'rated' as is_rated_now,
        now.account_id as now_account_id, now.charged_number as now_charged_number, now.bill_item_id as now_bill_item_id,
        now.zone_id as now_zone_id, coalesce(now.business_unit_id, '') as now_business_unit_id,
        case when before.is_closed then before.billing_period else now.billing_period end as now_billing_period,
        now.amount as now_amount
    from state.rerating_before as before
    left join intermediate.int_calls_judged as now on before.call_id = now.call_id
),
marked as (
    select
        *,
        not stands and (is_rated or is_rated_now)
        and (is_rated, {_WHO}, billing_period, amount) is distinct from (is_rated_now,
            {", ".join(f"now_{column}" for column in _WHO.split(", "))}, now_billing_period, now_amount) as is_changed
    from compared
)
select
    call_id, call_date, is_closed, 'before' as side, is_changed, false as is_new, not is_rated_now as is_gone, {_WHO},
    billing_period, amount
from marked
where is_rated
union all
select
    call_id, call_date, is_closed, 'after', is_changed, not is_rated, false,
    {", ".join(f"case when stands then {column} else now_{column} end" for column in _WHO.split(", "))},
    now_billing_period, case when stands then amount else now_amount end
from marked
where is_rated_now or stands
"""

_ADJUSTMENTS = """
create or replace table state.rerating_new_adjustments as
with sums as (
    select
        account_id, charged_number as service_number, bill_item_id, zone_id, business_unit_id,
        billing_period as closed_period, call_date, case when side = 'after' then 1 else 0 end as calls,
        case when side = 'before' then amount else 0 end as amount_before,
        case when side = 'after' then amount else 0 end as amount_after
    from state.rerating_sides
    where is_closed
    union all
    select
        account_id, service_number, bill_item_id, zone_id, business_unit_id, closed_period, call_date, 0 as calls,
        amount_after - amount_before as amount_before, 0 as amount_after
    from raw.rerating_adjustments
    where call_date in (select call_date from state.rerated_days where is_asked)
)
select
    account_id, service_number, bill_item_id, zone_id, business_unit_id, closed_period, call_date,
    cast(sum(calls) as bigint) as calls, cast(sum(amount_before) as decimal(18, 6)) as amount_before,
    cast(sum(amount_after) as decimal(18, 6)) as amount_after
from sums
group by account_id, service_number, bill_item_id, zone_id, business_unit_id, closed_period, call_date
having sum(amount_before) <> sum(amount_after)
"""

# A closed line plus all its posted amounts equals the rounded sum of its calls as they are rated now. So what is posted is
# what that sum moves by, and not the rounded difference of some of the calls.
_LINES = """
with moved as (
    select account_id, service_number, bill_item_id, closed_period, sum(amount_after - amount_before) as amount
    from (
        select account_id, service_number, bill_item_id, closed_period, amount_before, amount_after
        from state.rerating_new_adjustments
        union all
        select account_id, service_number, bill_item_id, closed_period, amount_before, amount_after
        from raw.rerating_adjustments
    )
    where (account_id, service_number, bill_item_id, closed_period) in (
        select (account_id, service_number, bill_item_id, closed_period) from state.rerating_new_adjustments
    )
    group by account_id, service_number, bill_item_id, closed_period
),
posted as (
    select account_id, service_number, bill_item_id, closed_period, sum(amount) as amount
    from raw.rerating_lines
    group by account_id, service_number, bill_item_id, closed_period
),
owed as (
    select
        moved.account_id, moved.service_number, moved.bill_item_id, moved.closed_period,
        round(coalesce(sums.amount, 0) + moved.amount, 2) - round(coalesce(sums.amount, 0), 2) - coalesce(posted.amount, 0)
            as amount
    from moved
    left join state.rerating_closed_sums as sums
        on moved.account_id = sums.account_id and moved.service_number = sums.charged_number
        and moved.bill_item_id = sums.bill_item_id and moved.closed_period = sums.billing_period
    left join posted
        on moved.account_id = posted.account_id and moved.service_number = posted.service_number
        and moved.bill_item_id = posted.bill_item_id and moved.closed_period = posted.closed_period
)
select account_id, service_number, bill_item_id, closed_period, cast(amount as decimal(18, 2)) as amount
from owed
where amount <> 0
order by all
"""

_CHANGES = """
with sides as (
    select
        account_id, zone_id, business_unit_id, billing_period, is_closed, side, call_id, is_changed, is_new, is_gone,
        case when side = 'before' then amount else 0 end as amount_before,
        case when side = 'after' then amount else 0 end as amount_after
    from state.rerating_sides
    where call_date in (select call_date from state.rerated_days where is_asked)
    union all
    select
        account_id, zone_id, business_unit_id, closed_period, true, 'adjusted', null, false, false, false,
        amount_after - amount_before, 0
    from raw.rerating_adjustments
    where call_date in (select call_date from state.rerated_days where is_asked)
),
grouped as (
    select
        account_id, zone_id, business_unit_id, billing_period, is_closed,
        count(*) filter (where side = 'before') as calls_before,
        count(*) filter (where side = 'after') as calls_after,
        count(distinct call_id) filter (where is_changed) as calls_changed,
        count(*) filter (where is_new) as newly_rated_calls,
        count(*) filter (where is_gone) as no_longer_rated_calls,
        cast(sum(amount_before) as decimal(18, 6)) as amount_before,
        cast(sum(amount_after) as decimal(18, 6)) as amount_after
    from sides
    group by account_id, zone_id, business_unit_id, billing_period, is_closed
)
select *
from grouped
where
    (not is_closed and calls_changed > 0)
    or (account_id, zone_id, business_unit_id, billing_period) in (
        select (account_id, zone_id, business_unit_id, closed_period) from state.rerating_new_adjustments
    )
order by all
"""


def note_before(con: duckdb.DuckDBPyConnection, requested: Iterable[date], others: Iterable[date]) -> None:
    """Keep the days' calls as they are, and the sums of the closed periods; then give the closed calls of the days that are
    asked for free, so that they are rated like any other. `others` are looked at as well, but not asked for."""
    con.execute("create or replace table state.rerated_days (call_date date, is_asked boolean)")
    insert_rows(
        con, "state.rerated_days", [[d, True] for d in sorted(requested)] + [[d, False] for d in sorted(others)]
    )
    con.execute(_BEFORE)
    con.execute(_CLOSED_SUMS)
    of_asked = "where call_date in (select call_date from state.rerated_days where is_asked)"
    con.execute("delete from closed.reopened_calls")
    con.execute(
        "insert into closed.reopened_calls by name "
        f"select call_id, package_id, package_number, covered_seconds, covered_amount from closed.calls {of_asked}"
    )
    con.execute(f"delete from closed.calls {of_asked}")


def compare(con: duckdb.DuckDBPyConnection) -> Findings:
    """The requested days as they are now, compared with what was noted before."""
    con.execute(_SIDES)
    con.execute(_ADJUSTMENTS)
    adjustments = con.execute("select * from state.rerating_new_adjustments order by all").fetchall()
    return Findings(
        changes=tuple(Change(*row) for row in con.execute(_CHANGES).fetchall()),
        adjustments=tuple(Adjustment(*row) for row in adjustments),
        lines=tuple(AdjustmentLine(*row) for row in con.execute(_LINES).fetchall()),
    )


def changed_open_days(con: duckdb.DuckDBPyConnection, is_asked: bool) -> list[date]:
    """The days on which a call of no closed period changes: of the requested days, or of the others."""
    rows = con.execute(
        "select distinct sides.call_date from state.rerating_sides as sides "
        "inner join state.rerated_days as days on sides.call_date = days.call_date "
        "where sides.is_changed and not sides.is_closed and days.is_asked = ? order by 1",
        [is_asked],
    )
    return [day for (day,) in rows.fetchall()]


def standing_calls(con: duckdb.DuckDBPyConnection) -> int:
    """The closed calls of the requested days that would be suspended now; they stay as they were closed."""
    row: tuple[Any, ...] | None = con.execute(
        "select count(*) from state.rerating_sides where is_closed and side = 'before' and is_gone and not is_changed"
    ).fetchone()
    return 0 if row is None else int(row[0])
