"""Release gates of the calls: each appears once, none is charged twice, each has an owner, each is billed."""

from __future__ import annotations

from expectations.gates import Suite, key_once, no_rows
from expectations.suites.release.billing import CALLS_BY_USAGE_LINE
from orchestration.call_columns import IDENTITY

CALL_IDS = (
    "select call_id from {batch} union all select call_id from marts.suspended_calls"
    " union all select call_id from marts.duplicate_calls"
)

# An interval that was in force at a number's first and last call was in force at the calls between. Only the calls of numbers
# without such an interval are checked one by one.
CALLS_WITHOUT_OWNER = (
    "with b as (select * from {batch} where billing_period is null"
    " or billing_period not in (select billing_period from closed.periods)),"
    " owners as (select * from intermediate.int_number_assignments where fault is null),"
    " spans as (select charged_number, account_id, min(started_at) as first_start, max(started_at) as last_start from b"
    " group by charged_number, account_id),"
    " looked_at as materialized (select charged_number, account_id from spans where not exists (select 1 from owners as o"
    " where o.service_number = spans.charged_number and o.account_id = spans.account_id"
    " and o.valid_from <= spans.first_start and (o.valid_to is null or o.valid_to > spans.last_start)))"
    " select b.call_id, b.charged_number, b.account_id, b.started_at from b"
    " semi join looked_at on b.charged_number is not distinct from looked_at.charged_number"
    " and b.account_id is not distinct from looked_at.account_id"
    " where not exists (select 1 from owners as o where o.service_number = b.charged_number and o.account_id = b.account_id"
    " and o.valid_from <= b.started_at and (o.valid_to is null or o.valid_to > b.started_at))"
)


def usage_suites() -> tuple[Suite, ...]:
    """The suites on rated_calls, suspended_calls and duplicate_calls."""
    return (_rated_calls(), _suspended_calls(), _duplicate_calls())


def _rated_calls() -> Suite:
    return Suite(
        "rated_calls",
        "release",
        "marts.rated_calls",
        (
            no_rows(
                "no_call_stands_twice",
                "No call record appears twice among the rated, suspended and duplicate calls.",
                f"select call_id, count(*) as times from ({CALL_IDS}) as calls group by call_id having count(*) > 1",
                severity="critical",
            ),
            key_once(
                "no_call_is_charged_twice",
                "No call is charged twice: the same switch, numbers, start (also its instant), duration and trunk groups appear once.",
                IDENTITY,
                severity="critical",
            ),
            no_rows(
                "every_charged_number_had_an_owner",
                "Every rated call is charged to the account that held the charged number when the call began"
                " (calls of closed periods stay as they were).",
                CALLS_WITHOUT_OWNER,
                severity="critical",
            ),
            no_rows(
                "every_rated_call_is_in_a_usage_line",
                "Every rated call is billed: there is a usage line for its account, number, period and bill item"
                " (there is no line where the calls come to 0.00).",
                f"with calls as ({CALLS_BY_USAGE_LINE.format(rated_calls='{batch}')}),"
                " lines as (select * from marts.bill_lines where line_kind = 'usage')"
                " select calls.* from calls left join lines on calls.account_id = lines.account_id"
                " and calls.charged_number = lines.service_number and calls.billing_period = lines.billing_period"
                " and calls.bill_item_id = lines.bill_item_id"
                " where lines.account_id is null and calls.rounded_amount is distinct from 0",
                severity="critical",
            ),
        ),
    )


def _suspended_calls() -> Suite:
    return Suite(
        "suspended_calls",
        "release",
        "marts.suspended_calls",
        (
            no_rows(
                "every_suspended_call_says_why",
                "Every suspended call is of another day, a waiting piece, undocumented or unrated, and has a reason.",
                "select call_id, state, reason from {batch} where state is null"
                " or state not in ('other_day', 'partial', 'undocumented', 'unrated') or coalesce(reason, '') = ''",
                severity="critical",
            ),
        ),
    )


def _duplicate_calls() -> Suite:
    return Suite(
        "duplicate_calls",
        "release",
        "marts.duplicate_calls",
        (
            no_rows(
                "every_duplicate_has_an_original",
                "Every duplicate call names its original call, and that call is not a duplicate itself.",
                "with b as (select * from {batch}) select b.call_id, b.original_call_id from b"
                " where b.original_call_id is null or b.original_call_id in (select call_id from {batch})",
                severity="critical",
            ),
        ),
    )
