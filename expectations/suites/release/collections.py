"""Release gates of the payments and write-offs: no money is applied that was not paid or has gone back, no bill is settled twice, and
what is written off was approved."""

from __future__ import annotations

from expectations.gates import Suite, no_rows


def collections_suites() -> tuple[Suite, ...]:
    """The suites on payment_applications and bill_write_offs."""
    return (
        Suite(
            "payment_applications",
            "release",
            "marts.payment_applications",
            (
                no_rows(
                    "no_payment_pays_more_than_it_is",
                    "No payment is applied beyond what is left of it after reversals, and none is applied that never came in;"
                    " a bill below zero is a payment of its own amount.",
                    "with applied as (select payment_id, sum(amount) as applied from {batch} group by payment_id),"
                    " received as (select payment_id, amount from intermediate.int_payments where amount > 0"
                    " union all select 'credit:' || account_id || ':' || billing_period, -amount from marts.bills"
                    " where not is_provisional and amount < 0"
                    " union all select payment_id, -amount from intermediate.int_reversals_taken where payment_id is not null),"
                    " paid as (select payment_id, sum(amount) as paid from received group by payment_id)"
                    " select applied.payment_id, applied.applied, paid.paid from applied"
                    " left join paid on applied.payment_id = paid.payment_id"
                    " where paid.paid is null or applied.applied > paid.paid",
                    severity="critical",
                ),
                no_rows(
                    "no_bill_is_paid_beyond_its_amount",
                    "No bill is paid and written off beyond its amount, and only bills that have been issued are settled.",
                    "with settled as (select account_id, billing_period, amount from {batch}"
                    " union all select account_id, billing_period, amount from marts.bill_write_offs),"
                    " applied as (select account_id, billing_period, sum(amount) as applied from settled"
                    " group by account_id, billing_period),"
                    " issued as (select account_id, billing_period, sum(amount) as billed from marts.bills"
                    " where not is_provisional group by account_id, billing_period)"
                    " select applied.account_id, applied.billing_period, applied.applied, issued.billed from applied"
                    " left join issued on applied.account_id = issued.account_id"
                    " and applied.billing_period = issued.billing_period"
                    " where issued.billed is null or applied.applied > issued.billed",
                    severity="critical",
                ),
                no_rows(
                    "no_more_goes_back_than_was_applied",
                    "On no day has more of a payment's money gone back from a bill than had been applied to it; only a bill"
                    " below zero settles itself.",
                    "with balances as (select payment_id, account_id, billing_period, applied_on,"
                    " sum(amount) over (partition by payment_id, account_id, billing_period order by applied_on) as balance"
                    " from {batch} where payment_id <> 'credit:' || account_id || ':' || billing_period)"
                    " select payment_id, account_id, billing_period, applied_on, balance from balances where balance < 0",
                    severity="critical",
                ),
            ),
        ),
        Suite(
            "bill_write_offs",
            "release",
            "marts.bill_write_offs",
            (
                no_rows(
                    "write_offs_are_what_was_approved",
                    "What is written off of bills is, for every write-off, its approved amount less what was taken back of it.",
                    "with ours as (select adjustment_id, sum(amount) as amount from {batch} group by all having sum(amount) <> 0),"
                    " theirs as (select case kind when 'write_off' then adjustment_id else reverses_adjustment_id end as adjustment_id,"
                    " sum(counted_amount) as amount from marts.account_adjustments"
                    " where kind in ('write_off', 'write_off_reversal') group by all having sum(counted_amount) <> 0)"
                    " select adjustment_id, ours.amount, theirs.amount as expected_amount from ours full join theirs using (adjustment_id)"
                    " where ours.amount is distinct from theirs.amount",
                    severity="critical",
                ),
            ),
        ),
    )
