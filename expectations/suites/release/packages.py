"""Release gates of the packages: no more is covered than the allowance, and the used part is what the calls were covered."""

from __future__ import annotations

from expectations.gates import Suite, control_totals_equal, no_rows

POT = ("package_id", "account_id", "package_number", "billing_period", "allowance_kind")

# What each call used of its package: that of the month in which it began, in whichever month it is billed.
DRAWN = (
    "select package_id, account_id, package_number, strftime(call_date, '%Y-%m') as billing_period,"
    " case when covered_seconds is null then 'amount' else 'seconds' end as allowance_kind,"
    " coalesce(covered_seconds, covered_amount) as used, covered_amount, call_id, started_at,"
    " billing_period as billed_in, tariff_plan_id, zone_id"
    " from marts.rated_calls where package_id is not null"
)


def package_suites() -> tuple[Suite, ...]:
    """The suite on package_use."""
    key = ", ".join(POT)
    return (
        Suite(
            "package_use",
            "release",
            "marts.package_use",
            (
                no_rows(
                    "nobody_is_covered_beyond_the_allowance",
                    "A package covers a call only while some of the allowance is left, and never more than what is left, except the"
                    " rest of an increment that had begun (calls of closed periods keep what they were given).",
                    f"with b as (select * from {{batch}}), drawn as ({DRAWN}),"
                    f" running as (select *, sum(used) over (partition by {key} order by billed_in, started_at, call_id"
                    " rows between unbounded preceding and current row) - used as used_before from drawn),"
                    " increments as (select tariff_plan_id, zone_id, max(increment_seconds) as longest"
                    " from reference.tariff_rates group by all)"
                    f" select running.call_id, {', '.join(f'running.{column}' for column in POT)}, b.allowance,"
                    " running.used_before, running.used from running"
                    f" left join b using ({key})"
                    " left join increments on running.tariff_plan_id = increments.tariff_plan_id"
                    " and running.zone_id = increments.zone_id"
                    " where running.used > 0 and running.billed_in not in (select billing_period from closed.periods)"
                    " and (running.used_before >= coalesce(b.allowance, 0)"
                    " or running.used_before + running.used > coalesce(b.allowance, 0) + case running.allowance_kind"
                    " when 'seconds' then coalesce(increments.longest, 1) - 1 else 0 end)",
                    severity="critical",
                ),
                control_totals_equal(
                    "package_use_is_what_its_calls_were_covered",
                    "The used part of every package is the covered part of its rated calls, to the second and the cent.",
                    POT,
                    f"select {key}, (sum(used), sum(covered_amount)) as total from {{batch}} where calls > 0 group by all",
                    f"select {key}, (sum(used), sum(covered_amount)) as total from ({DRAWN}) as calls group by all",
                    severity="critical",
                ),
            ),
        ),
    )
