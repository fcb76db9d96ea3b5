{{ config(materialized='replaced_by_day', nothing_without='int_package_grants') }}
-- One row per rated call that draws on a package, with its charge before the package. Only stale days are rebuilt. Of several
-- that fit the one whose package_id sorts first holds. A closed call keeps the package that it had.
with fitting as (
    select
        calls.call_id,
        calls.call_date,
        calls.started_at,
        calls.account_id,
        calls.version_id,
        calls.start_second,
        calls.duration_seconds,
        grants.package_id,
        grants.package_number,
        row_number() over (partition by calls.call_id order by grants.package_id, grants.package_number) as precedence
    from {{ ref('int_calls_assigned') }} as calls
    inner join {{ ref('int_package_grants') }} as grants
        on
            calls.account_id = grants.account_id
            and calls.zone_id = grants.zone_id
            and calls.call_date >= grants.valid_from
            and calls.call_date < grants.valid_to
            and (grants.package_number = '' or calls.charged_number = grants.package_number)
    left join {{ source('closed', 'calls') }} as closed on calls.call_id = closed.call_id
    where calls.early_state is null and calls.unrated_reason is null and closed.call_id is null
),
wanted as (
    select * from fitting where precedence = 1
),
{{ charge_by_increments('wanted', source('raw', 'stale_days')) }} -- noqa: PRS
select
    call_id,
    call_date,
    started_at,
    account_id,
    package_id,
    package_number,
    version_id,
    start_second,
    duration_seconds,
    charged_seconds,
    total_price,
    amount as list_amount
from charged
where amount is not null
union all
select
    closed.call_id,
    closed.call_date,
    closed.started_at,
    closed.account_id,
    closed.package_id,
    closed.package_number,
    null as version_id,
    null as start_second,
    closed.duration_seconds,
    closed.charged_seconds,
    null as total_price,
    closed.list_amount
from {{ source('closed', 'calls') }} as closed
inner join {{ source('raw', 'stale_days') }} as stale on closed.call_date = stale.call_date
where closed.package_id is not null
