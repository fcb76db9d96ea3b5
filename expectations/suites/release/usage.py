"""Release gates of the calls: each stands once, none is charged twice, each has an owner, each is billed."""

from __future__ import annotations

from expectations.gates import Suite, no_rows
from expectations.suites.release.billing import CALLS_BY_USAGE_LINE

DUPLICATE_KEY = (
    "switch_id",
    "calling_number",
    "called_number",
    "started_at",
    "duration_seconds",
    "trunk_group_in",
    "trunk_group_out",
)


def usage_suites() -> tuple[Suite, ...]:
    """The suites on rated_calls, suspended_calls and duplicate_calls."""
    return (_rated_calls(), _suspended_calls(), _duplicate_calls())


def _call_charged_twice_query() -> str:
    # Two passes: grouping millions of rows by one number is a third of the work of grouping them by seven columns,
    # and only what shares a hash is compared in full.
    key = ", ".join(DUPLICATE_KEY)
    return (
        f"with hashed as (select hash({key}) as key_hash from {{batch}}),"
        " suspected as (select key_hash from hashed group by key_hash having count(*) > 1)"
        f" select {key}, min(call_id) as first_call_id, max(call_id) as last_call_id, count(*) as calls"
        f" from {{batch}} where hash({key}) in (select key_hash from suspected) group by {key} having count(*) > 1"
    )


def _call_id_twice_query() -> str:
    everything = (
        "select call_id, 'rated_calls' as mart from {batch}"
        " union all select call_id, 'suspended_calls' as mart from marts.suspended_calls"
        " union all select call_id, 'duplicate_calls' as mart from marts.duplicate_calls"
    )
    return (
        f"with calls as ({everything}), hashed as (select hash(call_id) as id_hash from calls),"
        " suspected as (select id_hash from hashed group by id_hash having count(*) > 1)"
        " select call_id, count(*) as times, min(mart) as first_mart, max(mart) as last_mart from calls"
        " where hash(call_id) in (select id_hash from suspected) group by call_id having count(*) > 1"
    )


def _rated_calls() -> Suite:
    return Suite(
        "rated_calls",
        "release",
        "marts.rated_calls",
        (
            no_rows(
                "no_call_stands_twice",
                "No call record stands twice among the rated, suspended and duplicate calls.",
                _call_id_twice_query(),
                severity="critical",
            ),
            no_rows(
                "no_call_is_charged_twice",
                "No call is charged twice: same switch, numbers, start, duration and trunk groups appear once.",
                _call_charged_twice_query(),
                severity="critical",
            ),
            no_rows(
                "every_charged_number_had_an_owner",
                "Every rated call's charged number belonged to the account it is charged to when the call began"
                " (calls of closed periods stay as they were).",
                "with b as (select * from {batch}) select b.call_id, b.charged_number, b.account_id, b.started_at from b"
                " where not exists (select 1 from closed.periods as p where p.billing_period = b.billing_period)"
                " and not exists (select 1 from intermediate.int_number_assignments as a"
                " where a.service_number = b.charged_number and a.account_id = b.account_id"
                " and a.valid_from <= b.started_at and (a.valid_to is null or a.valid_to > b.started_at))",
                severity="critical",
            ),
            no_rows(
                "every_rated_call_is_in_a_usage_line",
                "Every rated call is billed: a usage line of its account, number, period and bill item holds it"
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
                "Every suspended call is of another day, undocumented or unrated, and says why.",
                "select call_id, state, reason from {batch} where state is null"
                " or state not in ('other_day', 'undocumented', 'unrated') or coalesce(reason, '') = ''",
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
                "Every duplicate call names the call it repeats, and that call is no duplicate itself.",
                "with b as (select * from {batch}) select b.call_id, b.original_call_id from b"
                " where b.original_call_id is null or b.original_call_id in (select call_id from {batch})",
                severity="critical",
            ),
        ),
    )
