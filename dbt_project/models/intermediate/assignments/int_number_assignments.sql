-- One row per (service_number, valid_from): who holds the number in [valid_from, valid_to); stretches never overlap.
-- Where several intervals hold, the one with the latest valid_from counts, then the smallest account_id (SPEC 4).
-- `fault` says why the holder cannot be charged: his account or customer is not in the newest export.
with intervals as (
    select
        service_number,
        account_id,
        tariff_plan_id,
        valid_from,
        coalesce(valid_to, cast({{ end_of_time() }} as timestamp)) as valid_to
    from {{ ref('stg_crm__service_numbers') }}
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
    holders.valid_from,
    holders.valid_to,
    holders.account_id,
    accounts.customer_id,
    customers.customer_class,
    customers.business_unit_id,
    customers.agent_id,
    customers.outlet_id,
    holders.tariff_plan_id,
    case
        when accounts.account_id is null
            then 'account ' || holders.account_id || ' of the number is not in the accounts export'
        when customers.customer_id is null
            then
                'customer ' || coalesce(accounts.customer_id, '(none)') || ' of account ' || holders.account_id
                || ' is not in the customers export'
    end as fault
from holders
left join {{ ref('stg_crm__accounts') }} as accounts on holders.account_id = accounts.account_id
left join {{ ref('stg_crm__customers') }} as customers on accounts.customer_id = customers.customer_id
where holders.precedence = 1
