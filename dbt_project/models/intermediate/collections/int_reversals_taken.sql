-- One row per reversal and payment from which it takes (reversal_id, payment_id), with the day from which the money is gone.
-- A row without a payment is the part for which no money was found (SPEC 7). A reversal takes from the payment that it
-- names; otherwise from the payments of its settling account dated by its day, the newest first. The rest is taken from
-- later payments, the oldest first, on their day. Reversals take in the order of (paid_at, payment_id).
with recursive reversals as (
    select
        reversals.payment_id as reversal_id,
        named.payment_id as named_payment_id,
        coalesce(named.settling_account_id, settling.settling_account_id, reversals.account_id) as settling_account_id,
        cast(reversals.paid_at as date) as reversed_on,
        -reversals.amount as amount,
        row_number() over (
            partition by coalesce(named.settling_account_id, settling.settling_account_id, reversals.account_id)
            order by reversals.paid_at, reversals.payment_id
        ) as reversal_rank
    from {{ ref('int_payments') }} as reversals
    left join {{ ref('int_settling_accounts') }} as settling on reversals.account_id = settling.account_id
    left join {{ ref('int_applicable_payments') }} as named
        on reversals.reverses_payment_id = named.payment_id and named.paid_on <= cast(reversals.paid_at as date)
    -- A payment on an account that no export has pays nothing, so its reversal takes nothing.
    left join {{ ref('int_payments') }} as unapplied
        on
            reversals.reverses_payment_id = unapplied.payment_id
            and unapplied.amount > 0
            and cast(unapplied.paid_at as date) <= cast(reversals.paid_at as date)
            and not unapplied.is_applicable
    where reversals.amount < 0 and unapplied.payment_id is null and (reversals.is_applicable or named.payment_id is not null)
),
payments as (
    select
        *,
        row_number() over (partition by settling_account_id order by paid_at, payment_id) as payment_rank
    from {{ ref('int_applicable_payments') }}
    where settling_account_id in (select reversals.settling_account_id from reversals)
),
-- What each payment has left after the reversal of each rank, from 0 (none) on.
states as (
    select
        settling_account_id,
        cast(0 as bigint) as reversal_rank,
        payment_id,
        payment_rank,
        paid_on,
        amount as left_amount,
        cast(0 as {{ money() }}) as taken_amount
    from payments
    union all
    select
        settling_account_id,
        reversal_rank,
        payment_id,
        payment_rank,
        paid_on,
        cast(left_amount - taken_amount as {{ money() }}) as left_amount,
        taken_amount
    from (
        select
            *,
            cast(greatest(least(
                offered_amount,
                wanted_amount - (sum(offered_amount) over (
                    partition by settling_account_id order by turn rows unbounded preceding
                ) - offered_amount)
            ), 0) as {{ money() }}) as taken_amount
        from (
            select
                states.settling_account_id,
                reversals.reversal_rank,
                states.payment_id,
                states.payment_rank,
                states.paid_on,
                states.left_amount,
                reversals.amount as wanted_amount,
                case
                    when
                        states.paid_on > reversals.reversed_on or reversals.named_payment_id is null
                        or reversals.named_payment_id = states.payment_id
                        then states.left_amount
                    else 0
                end as offered_amount,
                case when states.paid_on > reversals.reversed_on then states.payment_rank else -states.payment_rank end as turn
            from states
            inner join reversals
                on
                    states.settling_account_id = reversals.settling_account_id
                    and states.reversal_rank + 1 = reversals.reversal_rank
        ) as offers
    ) as steps
),
taken as (
    select
        reversals.reversal_id,
        states.payment_id,
        reversals.settling_account_id,
        greatest(reversals.reversed_on, states.paid_on) as taken_on,
        states.taken_amount as amount
    from states
    inner join reversals
        on states.settling_account_id = reversals.settling_account_id and states.reversal_rank = reversals.reversal_rank
    where states.taken_amount > 0
),
found as (
    select reversal_id, sum(amount) as amount
    from taken
    group by reversal_id
)
select * from taken
union all
select
    reversals.reversal_id,
    cast(null as varchar) as payment_id,
    reversals.settling_account_id,
    reversals.reversed_on as taken_on,
    cast(reversals.amount - coalesce(found.amount, 0) as {{ money() }}) as amount
from reversals
left join found on reversals.reversal_id = found.reversal_id
where reversals.amount > coalesce(found.amount, 0)
