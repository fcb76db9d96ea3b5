"""Release gates of the revenue balance: it sums to the record, the second and the cent, from the files to the cash."""

from __future__ import annotations

from expectations.gates import Suite, no_rows

_STATES = (
    "malformed", "ignored", "held", "duplicate", "other_day", "partial", "not_answered", "not_charged", "undocumented",
    "unrated", "rated",
)  # fmt: skip

_RATED = "item = 'rated'"
_USAGE = "item = 'usage'"
_MONEY = "item <> 'written_off'"


def balance_suites() -> tuple[Suite, ...]:
    """The suites on revenue_balance_daily and revenue_balance_monthly."""
    return (_daily(), _monthly())


def _daily() -> Suite:
    counted = " union all ".join(
        f"select file_date, '{state}' as item, sum({state}) as records from files group by file_date having sum({state}) > 0"
        for state in _STATES
    )
    return Suite(
        "revenue_balance_daily",
        "release",
        "marts.revenue_balance_daily",
        (
            no_rows(
                "states_sum_to_the_records_and_seconds_read",
                "The records and seconds of a day's files in all states sum to the records and seconds that were read.",
                "with days as (select file_date, coalesce(sum(records) filter (where step = 'read'), 0) as read_records,"
                " coalesce(sum(records) filter (where step = 'state'), 0) as records,"
                " coalesce(sum(seconds) filter (where step = 'read'), 0) as read_seconds,"
                " coalesce(sum(seconds) filter (where step = 'state'), 0) as seconds from {batch} group by file_date)"
                " select * from days where read_records <> records or read_seconds <> seconds",
                severity="critical",
            ),
            no_rows(
                "records_are_those_of_the_files",
                "A day has as many records in each state as the files that are dated on it.",
                "with files as (select * from marts.file_reconciliation where file_kind = 'cdr'),"
                f" theirs as ({counted}),"
                " ours as (select file_date, item, sum(records) as records from {batch}"
                " where step = 'state' and records <> 0 group by file_date, item)"
                " select file_date, item, ours.records, theirs.records as expected_records"
                " from ours full join theirs using (file_date, item) where ours.records is distinct from theirs.records",
                severity="critical",
            ),
            no_rows(
                "amounts_are_those_of_the_calls",
                "The rated amounts of all days, and what their calls are charged, sum to the rated calls; the estimated amounts to the"
                " suspended calls.",
                "with ours as (select 'rated' as what, sum(amount) as amount from {batch} where step = 'state'"
                " union all select 'charge' as what, sum(amount) as amount from {batch} where step = 'charge'"
                " union all select 'estimated' as what, sum(estimated_amount) as amount from {batch}),"
                " theirs as (select unnest(['rated', 'charge']) as what, sum(amount) as amount from marts.rated_calls"
                " union all select 'estimated' as what, sum(estimated_amount) as amount from marts.suspended_calls)"
                " select what, ours.amount, theirs.amount as expected_amount from ours inner join theirs using (what)"
                " where coalesce(ours.amount, 0) <> coalesce(theirs.amount, 0)",
                severity="critical",
            ),
        ),
    )


def _sum(step: str, condition: str = "true", column: str = "amount") -> str:
    return f"coalesce(sum({column}) filter (where step = '{step}' and {condition}), 0)"


def _monthly() -> Suite:
    by_unit = "from {batch} group by billing_period, business_unit_id"
    return Suite(
        "revenue_balance_monthly",
        "release",
        "marts.revenue_balance_monthly",
        (
            no_rows(
                "records_and_amounts_are_those_of_the_days",
                "The records, seconds and amounts of a month's files in each state are the sums of its days.",
                "with ours as (select billing_period, step, item, sum(records) as records, sum(seconds) as seconds,"
                " coalesce(sum(amount), 0) as amount, coalesce(sum(estimated_amount), 0) as estimated_amount from {batch}"
                " where step in ('read', 'state') group by all),"
                " theirs as (select strftime(file_date, '%Y-%m') as billing_period, step, item, sum(records) as records,"
                " sum(seconds) as seconds, coalesce(sum(amount), 0) as amount,"
                " coalesce(sum(estimated_amount), 0) as estimated_amount from marts.revenue_balance_daily"
                " where step in ('read', 'state') group by all)"
                " (select 'in the month alone' as fault, * from (select * from ours except all select * from theirs))"
                " union all"
                " (select 'in the days alone' as fault, * from (select * from theirs except all select * from ours))",
                severity="critical",
            ),
            no_rows(
                "rated_calls_of_the_files_are_charged",
                "The rated calls of a month's files, less those billed in other months and with those of other months' files, are the calls"
                " that the month charges, to the second and the exact amount.",
                "with ours as (select billing_period,"
                f" {_sum('state', _RATED, 'records')} + {_sum('period', column='records')} as records,"
                f" {_sum('state', _RATED, 'seconds')} + {_sum('period', column='seconds')} as seconds,"
                f" {_sum('state')} + {_sum('period')} as amount,"
                f" {_sum('charge', column='records')} as charged_records, {_sum('charge', column='seconds')} as charged_seconds,"
                f" {_sum('charge')} as charged_amount from {{batch}} group by billing_period),"
                " theirs as (select billing_period, count(*) as calls, sum(amount) as calls_amount from marts.rated_calls"
                " group by billing_period)"
                " select * from ours full join theirs using (billing_period) where ours.records is distinct from charged_records"
                " or ours.seconds is distinct from charged_seconds or ours.amount is distinct from charged_amount"
                " or coalesce(charged_records, 0) <> coalesce(calls, 0)"
                " or coalesce(charged_amount, 0) <> coalesce(calls_amount, 0)",
                severity="critical",
            ),
            no_rows(
                "charges_are_carried_to_bills",
                "In every month and unit the charges and their rounding to the cent are the usage lines, and all lines are the bills.",
                "with ours as (select billing_period, business_unit_id,"
                f" {_sum('charge')} + {_sum('rounding')} as usage_amount, {_sum('line', _USAGE)} as usage_lines,"
                f" {_sum('line')} as lines, {_sum('bill')} as bills {by_unit})"
                " select * from ours where usage_amount <> usage_lines or lines <> bills",
                severity="critical",
            ),
            no_rows(
                "lines_and_bills_are_those_of_the_marts",
                "The lines of a month by kind, its bills and what settled them are those of the tables of bills, payments and write-offs.",
                "with ours as (select billing_period, step, case when step = 'line' then item else 'all' end as item,"
                " sum(amount) as amount from {batch} where step in ('line', 'bill', 'settlement') group by all),"
                " theirs as (select billing_period, 'line' as step, line_kind as item, sum(amount) as amount from marts.bill_lines"
                " group by all union all select billing_period, 'bill', 'all', sum(amount) from marts.bills group by all"
                " union all select billing_period, 'settlement', 'all', sum(amount) from (select billing_period, amount"
                " from marts.payment_applications union all select billing_period, amount from marts.bill_write_offs) as settled"
                " group by all)"
                " select billing_period, step, item, ours.amount, theirs.amount as expected_amount"
                " from ours full join theirs using (billing_period, step, item)"
                " where coalesce(ours.amount, 0) <> coalesce(theirs.amount, 0)",
                severity="critical",
            ),
            no_rows(
                "bills_are_paid_or_open",
                "In every month and unit the bills less what was applied to them are what is open of them.",
                f"with ours as (select billing_period, business_unit_id, {_sum('bill')} as bills,"
                f" {_sum('settlement')} as applied, {_sum('open')} as open_amount {by_unit})"
                " select * from ours where bills - applied <> open_amount",
                severity="critical",
            ),
            no_rows(
                "money_past_due_is_the_arrears",
                "What is past due of all bills, by age, is the arrears.",
                "with ages as (select '1-30' as age_bucket, sum(amount_1_30) as amount from marts.arrears"
                " union all select '31-60', sum(amount_31_60) from marts.arrears"
                " union all select '61-90', sum(amount_61_90) from marts.arrears"
                " union all select '91+', sum(amount_91_plus) from marts.arrears),"
                " ours as (select age_bucket, sum(amount) as amount from {batch} where step = 'open'"
                " and age_bucket not in ('none', 'not_due') group by age_bucket)"
                " select age_bucket, ours.amount, ages.amount as expected_amount from ours full join ages using (age_bucket)"
                " where coalesce(ours.amount, 0) <> coalesce(ages.amount, 0)",
                severity="critical",
            ),
            no_rows(
                "cash_is_applied_or_left",
                "All payments less what went back are what they settled of bills and what lies on no bill.",
                f"with ours as (select {_sum('cash')} as cash, {_sum('settlement', _MONEY)} as applied, {_sum('left')} as left_amount"
                " from {batch}),"
                " theirs as (select coalesce(sum(amount), 0) as payments from intermediate.int_payments)"
                " select * from ours cross join theirs where cash <> applied + left_amount or cash <> payments",
                severity="critical",
            ),
        ),
    )
