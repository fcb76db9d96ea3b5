-- One row per complaint of every kind opened up to the as-of date (complaint_id), with its handling time: from the opening to the
-- closing, of an open one to the end of the as-of date. It is overdue where that is longer than `complaint_hours` (gate_thresholds).
-- Its outlet is the one that took it, else that of the account on the as-of date; its unit that of the outlet, else of the account.
-- `unassigned` where none is known. One that closed before it was opened has no handling time.
with complaints as (
    select
        *,
        case when cast(closed_at as date) <= {{ as_of_date() }} then closed_at end as closed_by_then
    from {{ ref('int_complaints_known') }}
    where opened_at is null or cast(opened_at as date) <= {{ as_of_date() }}
),
limits as (
    select max(warn_above) as hours
    from {{ source('raw', 'gate_thresholds') }}
    where gate_id = 'complaint_hours'
),
owners as (
    select account_id, business_unit_id, outlet_id
    from {{ ref('int_account_owners') }}
    where valid_from <= {{ as_of_date() }} and valid_to > {{ as_of_date() }}
),
timed as (
    select
        complaints.*,
        {{ seconds_between(
            'complaints.opened_at',
            'coalesce(complaints.closed_by_then, cast(' ~ add_days(as_of_date(), 1) ~ ' as timestamp))'
        ) }} as seconds
    from complaints
)
select
    timed.complaint_id,
    timed.account_id,
    coalesce(outlets.business_unit_id, units.business_unit_id, 'unassigned') as business_unit_id,
    {{ or_unassigned('outlets.outlet_id') }} as outlet_id,
    coalesce(nullif(trim(timed.kind), ''), 'unassigned') as kind,
    coalesce(timed.was_billing_error, false) as was_billing_error,
    coalesce({{ period_of('timed.opened_at') }}, 'unassigned') as opened_month,
    timed.opened_at,
    timed.closed_by_then as closed_at,
    timed.closed_by_then is not null as is_closed,
    {{ ratio('case when timed.seconds >= 0 then timed.seconds end', '3600') }} as handling_hours,
    coalesce(timed.seconds > limits.hours * 3600, false) as is_overdue
from timed
cross join limits
left join owners on timed.account_id = owners.account_id
left join {{ ref('outlets') }} as own_outlets on timed.outlet_id = own_outlets.outlet_id
left join {{ ref('outlets') }} as outlets on coalesce(own_outlets.outlet_id, owners.outlet_id) = outlets.outlet_id
left join {{ ref('business_units') }} as units on owners.business_unit_id = units.business_unit_id
