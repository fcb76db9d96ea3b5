-- One row per (package_id, account_id, package_number, billing_period, allowance_kind): the allowance that a package (套餐)
-- includes in the month, and what the calls begun in the month used of it. Calls use it in the order of their start, closed
-- calls before the others.
with calls as (
    select
        charges.*,
        {{ period_of('charges.call_date') }} as billing_period,
        case when charges.covered_seconds is null then 'amount' else 'seconds' end as allowance_kind,
        cast(coalesce(charges.covered_seconds, charges.covered_amount) as {{ call_money() }}) as used
    from {{ ref('int_package_charges') }} as charges
),
drawn as (
    select
        calls.*,
        coalesce(pots.allowance, 0) as allowance,
        sum(calls.used) over (
            partition by calls.package_id, calls.account_id, calls.package_number, calls.billing_period, calls.allowance_kind
            order by case when calls.amount is null then 0 else 1 end, calls.started_at, calls.call_id
            rows between unbounded preceding and current row
        ) as used_so_far
    from calls
    left join {{ ref('int_package_pots') }} as pots
        on
            calls.package_id = pots.package_id
            and calls.account_id = pots.account_id
            and calls.package_number = pots.package_number
            and calls.billing_period = pots.billing_period
            and calls.allowance_kind = pots.allowance_kind
),
-- The call that uses up the allowance is the one at which the running sum reaches it.
judged as (
    select
        *,
        used_so_far >= allowance and used_so_far - used < allowance as is_exhausting
    from drawn
),
uses as (
    select
        package_id,
        account_id,
        package_number,
        billing_period,
        allowance_kind,
        sum(used) as used,
        count(*) as calls,
        sum(case when used > 0 then 1 else 0 end) as calls_covered,
        sum(list_amount) as list_amount,
        sum(covered_amount) as covered_amount,
        max(case when is_exhausting then call_date end) as exhausted_on,
        max(case when is_exhausting then call_id end) as exhausted_by_call_id
    from judged
    group by package_id, account_id, package_number, billing_period, allowance_kind
)
select
    coalesce(pots.package_id, uses.package_id) as package_id,
    coalesce(pots.account_id, uses.account_id) as account_id,
    coalesce(pots.package_number, uses.package_number) as package_number,
    coalesce(pots.billing_period, uses.billing_period) as billing_period,
    coalesce(pots.allowance_kind, uses.allowance_kind) as allowance_kind,
    coalesce(pots.subscriptions, 0) as subscriptions,
    -- A package that is no longer in the book and the exports includes nothing; what closed calls used stays.
    cast(coalesce(pots.allowance, 0) as {{ call_money() }}) as allowance,
    cast(coalesce(uses.used, 0) as {{ call_money() }}) as used,
    cast(greatest(0, coalesce(pots.allowance, 0) - coalesce(uses.used, 0)) as {{ call_money() }}) as unused,
    cast(coalesce(uses.calls, 0) as bigint) as calls,
    cast(coalesce(uses.calls_covered, 0) as bigint) as calls_covered,
    cast(coalesce(uses.list_amount, 0) as {{ call_money() }}) as list_amount,
    cast(coalesce(uses.covered_amount, 0) as {{ call_money() }}) as covered_amount,
    uses.exhausted_on,
    uses.exhausted_by_call_id
from {{ ref('int_package_pots') }} as pots
full join uses
    on
        pots.package_id = uses.package_id
        and pots.account_id = uses.account_id
        and pots.package_number = uses.package_number
        and pots.billing_period = uses.billing_period
        and pots.allowance_kind = uses.allowance_kind
left join {{ ref('int_billing_periods') }} as periods on pots.billing_period = periods.billing_period
where uses.package_id is not null or periods.billing_period is not null
