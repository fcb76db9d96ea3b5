-- One row per (service_number, valid_from): who holds the number in [valid_from, valid_to). Stretches never overlap. Where
-- several intervals cover a moment, the one with the latest valid_from counts, then the smallest account_id (SPEC 4). A new
-- stretch begins where the holder's class, unit, agent, outlet or customer changes (SPEC 3.3). `fault` says why the holder
-- cannot be charged: no export has his account or customer.
with intervals as (
    select
        service_number,
        account_id,
        tariff_plan_id,
        valid_from,
        coalesce(valid_to, cast({{ end_of_time() }} as timestamp)) as valid_to
    from {{ ref('int_number_intervals') }}
    where valid_to is null or valid_from < valid_to
),
boundaries as (
    select service_number, valid_from as changes_at from intervals
    union
    select service_number, valid_to as changes_at from intervals
),
stretches as (
    select
        service_number,
        changes_at as valid_from,
        lead(changes_at) over (partition by service_number order by changes_at) as valid_to
    from boundaries
),
holders as (
    select
        stretches.service_number,
        stretches.valid_from,
        stretches.valid_to,
        intervals.account_id,
        intervals.tariff_plan_id,
        row_number() over (
            partition by stretches.service_number, stretches.valid_from
            order by intervals.valid_from desc, intervals.account_id
        ) as precedence
    from stretches
    inner join intervals
        on
            stretches.service_number = intervals.service_number
            and stretches.valid_from >= intervals.valid_from
            and stretches.valid_to <= intervals.valid_to
)
select
    holders.service_number,
    greatest(holders.valid_from, coalesce(cast(owners.valid_from as timestamp), holders.valid_from)) as valid_from,
    least(holders.valid_to, coalesce(cast(owners.valid_to as timestamp), holders.valid_to)) as valid_to,
    holders.account_id,
    owners.customer_id,
    owners.customer_class,
    owners.business_unit_id,
    owners.agent_id,
    owners.outlet_id,
    holders.tariff_plan_id,
    case
        when owners.account_id is null then 'account ' || holders.account_id || ' of the number is in no accounts export'
        when not owners.is_customer_known
            then
                'customer ' || coalesce(owners.customer_id, '(none)') || ' of account ' || holders.account_id
                || ' is in no customers export'
    end as fault
from holders
left join {{ ref('int_account_owners') }} as owners
    on
        holders.account_id = owners.account_id
        and cast(owners.valid_from as timestamp) < holders.valid_to
        and holders.valid_from < cast(owners.valid_to as timestamp)
where holders.precedence = 1
