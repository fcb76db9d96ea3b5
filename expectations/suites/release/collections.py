"""Release gates of the payments: no money is applied that was not paid, and no bill is paid more than once."""

from __future__ import annotations

from expectations.gates import Suite, no_rows


def collections_suites() -> tuple[Suite, ...]:
    """The suite on payment_applications."""
    return (
        Suite(
            "payment_applications",
            "release",
            "marts.payment_applications",
            (
                no_rows(
                    "no_payment_pays_more_than_it_is",
                    "No payment is applied beyond its amount, and none is applied that never came in; a bill below zero is"
                    " a payment of its own amount.",
                    "with applied as (select payment_id, sum(amount) as applied from {batch} group by payment_id),"
                    " paid as (select payment_id, sum(amount) as paid from intermediate.int_payments group by payment_id"
                    " union all select 'credit:' || account_id || ':' || billing_period, -amount from marts.bills"
                    " where not is_provisional and amount < 0)"
                    " select applied.payment_id, applied.applied, paid.paid from applied"
                    " left join paid on applied.payment_id = paid.payment_id"
                    " where paid.paid is null or applied.applied > paid.paid",
                    severity="critical",
                ),
                no_rows(
                    "no_bill_is_paid_beyond_its_amount",
                    "No bill is paid beyond its amount, and only bills that have been issued are paid.",
                    "with applied as (select account_id, billing_period, sum(amount) as applied from {batch}"
                    " group by account_id, billing_period),"
                    " issued as (select account_id, billing_period, sum(amount) as billed from marts.bills"
                    " where not is_provisional group by account_id, billing_period)"
                    " select applied.account_id, applied.billing_period, applied.applied, issued.billed from applied"
                    " left join issued on applied.account_id = issued.account_id"
                    " and applied.billing_period = issued.billing_period"
                    " where issued.billed is null or applied.applied > issued.billed",
                    severity="critical",
                ),
            ),
        ),
    )
