-- One row per approved write-off, and per reversal of one (adjustment_id). Those of a settling account are decided in the order of
-- (dated_on, adjustment_id), each in full or not at all. possible_amount is the most that could count: for a write-off, what the
-- account's bills have open at the end of the day; for a reversal, what the write-off that it names has left. counted_amount is what
-- counts, below zero for a reversal; where nothing does, `fault` says why (SPEC 7).
with recursive asked as (
    select
        checked.adjustment_id,
        checked.account_id,
        coalesce(settling.settling_account_id, checked.account_id) as settling_account_id,
        checked.kind,
        checked.amount,
        checked.dated_on,
        checked.reverses_adjustment_id
    from {{ ref('int_adjustments_checked') }} as checked
    left join {{ ref('int_settling_accounts') }} as settling on checked.account_id = settling.account_id
    where checked.fault is null and checked.kind in ('write_off', 'write_off_reversal')
),
bills as (
    select
        coalesce(settling.settling_account_id, bills.account_id) as settling_account_id,
        bills.issued_on,
        bills.amount
    from {{ ref('bills') }} as bills
    left join {{ ref('int_settling_accounts') }} as settling on bills.account_id = settling.account_id
    where not bills.is_provisional and bills.amount > 0
),
-- What was billed, paid and taken back up to the day of each.
moves as (
    select asked.adjustment_id, bills.amount
    from asked
    inner join bills on asked.settling_account_id = bills.settling_account_id and bills.issued_on <= asked.dated_on
    union all
    select asked.adjustment_id, -payments.amount as amount
    from asked
    inner join {{ ref('int_applicable_payments') }} as payments
        on asked.settling_account_id = payments.settling_account_id and payments.paid_on <= asked.dated_on
    union all
    select asked.adjustment_id, taken.amount
    from asked
    inner join {{ ref('int_reversals_taken') }} as taken
        on
            asked.settling_account_id = taken.settling_account_id and taken.taken_on <= asked.dated_on
            and taken.payment_id is not null
),
open_amounts as (
    select adjustment_id, sum(amount) as amount
    from moves
    group by adjustment_id
),
ranked as (
    select
        asked.*,
        cast(coalesce(open_amounts.amount, 0) as decimal(28, 2)) as open_without_write_offs,
        cast(row_number() over (
            partition by asked.settling_account_id order by asked.dated_on, asked.adjustment_id
        ) as bigint) as write_off_rank,
        cast(count(*) over (partition by asked.settling_account_id) as bigint) as turns_needed
    from asked
    left join open_amounts on asked.adjustment_id = open_amounts.adjustment_id
),
-- All of an account after each turn: in turn n the one of rank n is decided.
turns as (
    select
        *,
        cast(0 as bigint) as turn,
        cast(0 as decimal(28, 2)) as possible_amount,
        cast(0 as decimal(28, 2)) as counted_amount
    from ranked
    union all
    select
        adjustment_id,
        account_id,
        settling_account_id,
        kind,
        amount,
        dated_on,
        reverses_adjustment_id,
        open_without_write_offs,
        write_off_rank,
        turns_needed,
        turn,
        possible_amount,
        cast(case
            when write_off_rank <> turn then counted_amount
            when amount > possible_amount then 0
            when kind = 'write_off' then amount
            else -amount
        end as decimal(28, 2)) as counted_amount
    from (
        select
            adjustment_id,
            account_id,
            settling_account_id,
            kind,
            amount,
            dated_on,
            reverses_adjustment_id,
            open_without_write_offs,
            write_off_rank,
            turns_needed,
            turn,
            counted_amount,
            cast(case
                when write_off_rank <> turn then possible_amount
                when kind = 'write_off'
                    then greatest(open_without_write_offs - sum(counted_amount) over (partition by settling_account_id), 0)
                -- What the write-off has left: itself, less what earlier reversals of it took.
                else sum(case when adjustment_id = reversed_id or reverses_adjustment_id = reversed_id then counted_amount else 0 end)
                    over (partition by settling_account_id)
            end as decimal(28, 2)) as possible_amount
        from (
            select
                turns.adjustment_id,
                turns.account_id,
                turns.settling_account_id,
                turns.kind,
                turns.amount,
                turns.dated_on,
                turns.reverses_adjustment_id,
                turns.open_without_write_offs,
                turns.write_off_rank,
                turns.turns_needed,
                turns.turn + 1 as turn,
                turns.possible_amount,
                turns.counted_amount,
                max(case when turns.write_off_rank = turns.turn + 1 then turns.reverses_adjustment_id end)
                    over (partition by turns.settling_account_id) as reversed_id
            from turns
            where turns.turn < turns.turns_needed
        ) as begun
    ) as decided
)
select
    adjustment_id,
    account_id,
    settling_account_id,
    kind,
    dated_on,
    reverses_adjustment_id,
    cast(possible_amount as {{ money() }}) as possible_amount,
    cast(counted_amount as {{ money() }}) as counted_amount,
    case
        when counted_amount <> 0 then null
        when kind = 'write_off' then 'above_open_amount'
        when possible_amount > 0 then 'above_write_off'
        else 'write_off_unknown'
    end as fault
from turns
where turn = turns_needed
