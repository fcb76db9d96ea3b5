{#
  The collected debits that the failed lines take back, as CTEs of a recursive query. Reads two CTEs. `failed_lines`: return_id,
  return_order (within a day), bank_code, batch_id, account_id, returned_on, amount (null: all that is left), billing_period,
  is_period_named, is_return, reference, and may_name_nothing: true where a line that names nothing may be a return.
  `collected`: debit_id, bank_code, account_id, billing_period, amount, left_amount, collected_on, reference, request_batch_id.
  A line that names nothing takes back a debit of exactly its amount; without an amount, a debit of a bank that lists failures
  only. For each bank and account, the lines take from what the debits have left, in the order of their days. Ends in the CTE
  `returns_taken`: return_id, debit_id, amount.
#}
{% macro debit_returns_among() -%}
pairs as (
    select
        failed_lines.return_id,
        failed_lines.return_order,
        failed_lines.bank_code,
        failed_lines.account_id,
        failed_lines.returned_on,
        failed_lines.amount,
        failed_lines.billing_period,
        failed_lines.is_period_named,
        failed_lines.is_return,
        failed_lines.may_name_nothing,
        collected.debit_id,
        collected.billing_period as debit_billing_period,
        collected.collected_on,
        -- A reference that is only the account's id does not name a debit.
        (coalesce(failed_lines.reference, '') not in ('', failed_lines.account_id) and failed_lines.reference = collected.reference)
        or coalesce(failed_lines.batch_id = collected.request_batch_id, false) as is_referred_to,
        collected.amount as debit_amount
    from failed_lines
    inner join collected
        on
            failed_lines.bank_code = collected.bank_code
            and failed_lines.account_id = collected.account_id
            and failed_lines.returned_on > collected.collected_on
            and coalesce(failed_lines.amount, 0) <= collected.amount
            -- A trace number belongs to one debit: a line with one is never about a debit with another.
            and not coalesce(
                failed_lines.reference like 'trace %' and collected.reference like 'trace %'
                and failed_lines.reference <> collected.reference,
                false
            )
),
referring as (
    select return_id, max(case when is_referred_to then 1 else 0 end) = 1 as has_reference
    from pairs
    group by return_id
),
return_window as (
    select cast(max(case when gate_id = 'return_window_days' then hold_above end) as integer) as days
    from {{ source('raw', 'gate_thresholds') }}
),
fitting as (
    select pairs.*
    from pairs
    inner join referring on pairs.return_id = referring.return_id
    cross join return_window
    where
        case
            when referring.has_reference then pairs.is_referred_to
            when pairs.is_period_named then pairs.billing_period = pairs.debit_billing_period
            when pairs.is_return then true
            else
                pairs.may_name_nothing
                and (pairs.amount = pairs.debit_amount or (pairs.amount is null and pairs.debit_id like 'request:%'))
                and (
                    return_window.days is null
                    or {{ days_between('pairs.collected_on', 'pairs.returned_on') }} <= return_window.days
                )
        end
),
debits_left as (
    select collected.bank_code, collected.account_id, collected.debit_id, collected.left_amount
    from collected
    inner join (select distinct bank_code, account_id from fitting) as touched
        on collected.bank_code = touched.bank_code and collected.account_id = touched.account_id
),
fitting_lines as (
    select
        bank_code,
        account_id,
        return_id,
        amount,
        row_number() over (partition by bank_code, account_id order by returned_on, return_order) as line_rank
    from (
        select distinct bank_code, account_id, return_id, amount, returned_on, return_order from fitting
    ) as lines
),
-- The earliest debit that has enough left is taken; the newest where the line names no period.
preferred as (
    select
        return_id,
        debit_id,
        row_number() over (
            partition by return_id
            order by
                case when is_period_named then collected_on end,
                case when is_period_named then debit_id end,
                collected_on desc,
                debit_id desc
        ) as preference
    from fitting
),
-- What each debit has left after the line of each rank, from 0 (none) on.
debit_states as (
    select
        bank_code,
        account_id,
        cast(0 as bigint) as line_rank,
        debit_id,
        left_amount,
        cast(null as varchar) as return_id,
        cast(0 as {{ money() }}) as taken_amount
    from debits_left
    union all
    select
        bank_code,
        account_id,
        line_rank,
        debit_id,
        cast(left_amount - case when is_chosen then wanted_amount else 0 end as {{ money() }}) as left_amount,
        return_id,
        cast(case when is_chosen then wanted_amount else 0 end as {{ money() }}) as taken_amount
    from (
        select
            *,
            fits and preference = min(case when fits then preference end) over (partition by bank_code, account_id) as is_chosen
        from (
            select
                debit_states.bank_code,
                debit_states.account_id,
                fitting_lines.line_rank,
                debit_states.debit_id,
                debit_states.left_amount,
                fitting_lines.return_id,
                coalesce(fitting_lines.amount, debit_states.left_amount) as wanted_amount,
                preferred.preference,
                preferred.preference is not null
                and debit_states.left_amount > 0
                and debit_states.left_amount >= coalesce(fitting_lines.amount, 0) as fits
            from debit_states
            inner join fitting_lines
                on
                    debit_states.bank_code = fitting_lines.bank_code
                    and debit_states.account_id = fitting_lines.account_id
                    and debit_states.line_rank + 1 = fitting_lines.line_rank
            left join preferred
                on fitting_lines.return_id = preferred.return_id and debit_states.debit_id = preferred.debit_id
        ) as offers
    ) as steps
),
returns_taken as (
    select return_id, debit_id, taken_amount as amount
    from debit_states
    where taken_amount > 0
)
{%- endmacro %}
