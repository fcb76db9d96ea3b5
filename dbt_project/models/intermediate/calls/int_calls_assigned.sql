{{ config(materialized='view') }}
-- One row per record of the stale days with all states but the last two decided in the order of SPEC 4 (`early_state`, null where
-- the record is to be rated), the holder of the charged number, his plan and the version of its rates.
with zoned as (
    select * from {{ ref('int_calls_zoned') }}
),
-- Of the records of one call that name other charge parties at most one is charged: that of the zone's charged party,
-- else the one that names none, else the other party's. A record that is for a carrier's account never is.
calls as (
    select
        zoned.*,
        nullif(twins.first_call_id, zoned.call_id) as twin_call_id,
        case
            when zoned.charge_party is null then case when zoned.is_charged_to_called then twins.has_called else twins.has_calling end
            when zoned.charge_party not in ('calling', 'called') then true
            when zoned.charge_party = case when zoned.is_charged_to_called then 'called' else 'calling' end then false
            else twins.has_unsaid or (twins.has_calling and twins.has_called)
        end as is_another_partys
    from zoned
    left join {{ source('raw', 'settlement_twins') }} as twins on zoned.call_id = twins.call_id
),
assigned as (
    select
        calls.*,
        {{ second_of_timestamp('calls.started_at') }} as start_second,
        repeated.original_call_id,
        callers.customer_class as caller_class,
        holders.account_id,
        holders.customer_id,
        holders.customer_class,
        holders.business_unit_id,
        holders.agent_id,
        holders.outlet_id,
        coalesce(calls.joined_seconds, calls.duration_seconds) > 0 and not {{ is_not_charged('calls') }} as is_chargeable,
        case
            when repeated.call_id is not null then 'duplicate'
            when calls.is_other_day then 'other_day'
            when calls.is_partial then 'partial'
            when calls.duration_seconds = 0 then 'not_answered'
            when {{ is_not_charged('calls') }} then 'not_charged'
            when holders.account_id is null or holders.fault is not null then 'undocumented'
        end as early_state,
        case
            when holders.account_id is null then 'no account holds number ' || calls.charged_number || ' at that time'
            else holders.fault
        end as undocumented_reason,
        holders.tariff_plan_id as own_plan_id
    from calls
    left join {{ source('raw', 'repeated_calls') }} as repeated on calls.call_id = repeated.call_id
    left join {{ ref('int_number_assignments') }} as holders
        on
            calls.charged_number = holders.service_number
            and calls.started_at >= holders.valid_from
            and calls.started_at < holders.valid_to
    left join {{ ref('int_number_assignments') }} as callers
        on
            calls.calling_number = callers.service_number
            and calls.started_at >= callers.valid_from
            and calls.started_at < callers.valid_to
),
planned as (
    select
        assigned.*,
        case when assigned.early_state is null then coalesce(assigned.dialled_plan_id, assigned.own_plan_id, class_plans.tariff_plan_id) end
            as tariff_plan_id,
        case when coalesce(assigned.dialled_plan_id, assigned.own_plan_id) is null then class_plans.fault end as plan_fault
    from assigned
    left join {{ ref('int_class_plans') }} as class_plans
        on
            assigned.customer_class = class_plans.customer_class
            and assigned.call_date >= class_plans.valid_from
            and assigned.call_date < class_plans.valid_to
)
select
    planned.*,
    versions.version_id,
    {{ unrated_reason('planned', 'versions') }} as unrated_reason
from planned
left join {{ ref('int_tariff_versions') }} as versions
    on
        planned.tariff_plan_id = versions.tariff_plan_id
        and planned.zone_id = versions.zone_id
        and planned.call_date >= versions.valid_from
        and planned.call_date < versions.valid_to
