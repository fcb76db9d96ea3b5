{{ config(materialized='replaced_by_day', nothing_without='int_package_calls') }}
-- One row per rated call that draws on a package: the covered part and the amount to pay. Only stale days are rebuilt. The
-- pot is that of the month of the call; the calls of the whole month before it, those of other days too, have drawn on it in
-- the order of their start, closed calls before all others; a closed call that a re-rating opens again comes next, and an
-- open call sees of it what it was given, for that is what stays published. In whole numbers: seconds, or millionths of the
-- currency.
with months as (
    select distinct {{ month_start('stale.call_date') }} as starts_on from {{ source('raw', 'stale_days') }} as stale
),
month_calls as (
    select
        calls.*,
        closed.call_id is not null as is_closed,
        closed.covered_seconds as closed_covered_seconds,
        closed.covered_amount as closed_covered_amount,
        pots.allowance_kind,
        cast(pots.allowance * case pots.allowance_kind when 'amount' then 1000000 else 1 end as hugeint) as allowance_units,
        case when closed.call_id is not null then 0 when reopened.call_id is not null then 1 else 2 end as turn,
        case
            when pots.allowance_kind = 'seconds' then coalesce(closed.covered_seconds, reopened.covered_seconds, 0)
            when coalesce(closed.covered_seconds, reopened.covered_seconds) is null
                then cast({{ millionths('coalesce(closed.covered_amount, reopened.covered_amount, 0)') }} as hugeint)
            else 0
        end as given_units,
        case
            when pots.allowance_kind = 'amount' then cast({{ millionths('calls.list_amount') }} as hugeint)
            else calls.charged_seconds
        end as wanted_units
    from {{ ref('int_package_calls') }} as calls
    inner join months on {{ month_start('calls.call_date') }} = months.starts_on
    left join {{ source('closed', 'calls') }} as closed on calls.call_id = closed.call_id and closed.package_id is not null
    left join {{ source('closed', 'reopened_calls') }} as reopened
        on calls.call_id = reopened.call_id and calls.package_id = reopened.package_id and calls.package_number = reopened.package_number
    left join {{ ref('int_package_pots') }} as pots
        on
            calls.package_id = pots.package_id
            and calls.account_id = pots.account_id
            and calls.package_number = pots.package_number
            and {{ period_of('calls.call_date') }} = pots.billing_period
),
drawn as (
    select
        calls.*,
        greatest(
            0,
            coalesce(calls.allowance_units, 0) - coalesce(
                sum(case when calls.turn = 0 then calls.given_units else calls.wanted_units end) over (
                    partition by calls.package_id, calls.account_id, calls.package_number, {{ month_start('calls.call_date') }}, calls.turn
                    order by calls.started_at, calls.call_id
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) - coalesce(
                sum(calls.given_units) over (
                    partition by calls.package_id, calls.account_id, calls.package_number, {{ month_start('calls.call_date') }}
                    order by calls.turn
                    range between unbounded preceding and 1 preceding
                ),
                0
            )
        ) as left_units
    from month_calls as calls
),
stale_calls as (
    select * from drawn where call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
),
-- The one call of a month that uses up an allowance is computed a second time, for the seconds that were left.
wanted as (
    select
        call_id,
        version_id,
        call_date,
        start_second,
        cast(left_units as integer) as duration_seconds
    from stale_calls
    where allowance_kind = 'seconds' and not is_closed and left_units > 0 and left_units < duration_seconds
),
{{ charge_by_increments('wanted', source('raw', 'stale_days')) }}, -- noqa: PRS
covered as (
    select
        calls.*,
        versions.rounding_factor,
        versions.rounding_offset,
        versions.rounding_divisor,
        versions.rounding_unit,
        case
            when calls.left_units >= calls.duration_seconds then calls.charged_seconds
            else coalesce(charged.charged_seconds, 0)
        end as covered_seconds,
        case
            when calls.left_units >= calls.duration_seconds then cast(0 as hugeint)
            else calls.total_price - coalesce(charged.total_price, 0)
        end as rest_price
    from stale_calls as calls
    left join charged on calls.call_id = charged.call_id
    left join (
        select versions.version_id, {{ rounding_terms('versions') }}
        from {{ ref('int_tariff_versions') }} as versions
    ) as versions on calls.version_id = versions.version_id
),
priced as (
    select
        calls.*,
        case
            when calls.is_closed then null
            when calls.allowance_kind = 'seconds'
                then {{ amount_of_units(
                    int_div('calls.rest_price * calls.rounding_factor + calls.rounding_offset', 'calls.rounding_divisor'),
                    'calls.rounding_unit', 18
                ) }}
            else {{ amount_of_units('calls.wanted_units - least(calls.wanted_units, calls.left_units)', '1', 18) }}
        end as amount
    from covered as calls
)
select
    call_id,
    call_date,
    started_at,
    account_id,
    package_id,
    package_number,
    list_amount,
    case when is_closed then closed_covered_seconds when allowance_kind = 'seconds' then covered_seconds end as covered_seconds,
    case when is_closed then closed_covered_amount else cast(list_amount - amount as {{ call_money() }}) end as covered_amount,
    amount
from priced
