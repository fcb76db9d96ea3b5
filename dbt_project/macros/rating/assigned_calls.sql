{#
  Everything by which a record is charged: its zone, who pays, and the version of the plan's rates. Views give it for all records.
  int_calls_multi_band computes it a second time for the few records that may need a walk through the stretches of their day.
#}

{#
  The records of `calls` (columns of stg_switch__calls) with their zone. The zone is that of the longest destination prefix in
  force that the called number begins with after the dialling rules, or the zone that a stripped code selects. Every join uses a
  key that was computed before it, and finds one row.
#}
{% macro zoned_calls(calls) -%}
with placed as (
    select
        calls.*,
        switches.exchange_id,
        sequences.rules,
        case when {{ starts_with_any('calls.called_number', 'sequences.rules') }} -- noqa: PRS, LT02
            then {{ strip_codes('calls.called_number', 'sequences.rules') }}
        end as stripped
    from {{ calls }} as calls
    left join {{ ref('switches') }} as switches on calls.switch_id = switches.switch_id
    left join {{ ref('int_dialling_sequences') }} as sequences
        on
            switches.exchange_id = sequences.exchange_id
            and calls.call_date >= sequences.valid_from
            and calls.call_date < sequences.valid_to
),
dialled as (
    select
        placed.*,
        case when placed.stripped is null then placed.called_number else {{ stripped_rest('placed.stripped') }} end as rated_number,
        case when placed.stripped is not null then nullif({{ stripped_codes('placed.stripped', 'placed.rules') }}, '') end as access_code,
        case when placed.stripped is not null then {{ first_of_stripped('placed.stripped', 'placed.rules', 'tariff_plan_id') }} end
            as dialled_plan_id,
        case when placed.stripped is not null then {{ first_of_stripped('placed.stripped', 'placed.rules', 'zone_id') }} end
            as dialled_zone_id,
        case when placed.stripped is not null then {{ first_of_stripped('placed.stripped', 'placed.rules', 'fault') }} end
            as dialling_fault
    from placed
),
headed as (
    select dialled.*, substring(dialled.rated_number, 1, 5) as head from dialled
),
probes as (
    select
        headed.*,
        heads.destination_id as short_id,
        case when heads.has_six_digits then substring(headed.rated_number, 1, 6) end as six_digits,
        case when heads.has_seven_digits then substring(headed.rated_number, 1, 7) end as seven_digits,
        case when heads.has_eight_digits then substring(headed.rated_number, 1, 8) end as eight_digits,
        -- A service code (* and # sort before the digits) is looked up only among the prefixes that begin with * or #.
        case
            when headed.rated_number < '0' then substring(headed.rated_number, 1, 1)
            when heads.has_more_digits then substring(headed.rated_number, 1, 8)
        end as tail_head
    from headed
    left join {{ ref('int_destination_heads') }} as heads
        on
            headed.head = heads.head
            and headed.call_date >= heads.valid_from
            and headed.call_date < heads.valid_to
),
{% for length, name in [(6, 'six'), (7, 'seven'), (8, 'eight')] %}
{{ name }}_digits as (
    select prefix, valid_from, valid_to, destination_id from {{ ref('int_destination_nodes') }} where prefix_length = {{ length }}
),
{% endfor %}
found as (
    select
        probes.*,
        case when probes.dialled_zone_id is null then coalesce(
            {{ deepest_listed('probes.rated_number', 'probes.call_date', 'tails.destinations') }},
            eight_digits.destination_id, seven_digits.destination_id, six_digits.destination_id, probes.short_id
        ) end as destination_id
    from probes
    {% for name in ['six', 'seven', 'eight'] %}
    left join {{ name }}_digits
        on
            probes.{{ name }}_digits = {{ name }}_digits.prefix
            and probes.call_date >= {{ name }}_digits.valid_from
            and probes.call_date < {{ name }}_digits.valid_to
    {% endfor %}
    left join {{ ref('int_destination_tails') }} as tails on probes.tail_head = tails.head
)
select
    {{ all_columns_but('found', [
        'rules', 'stripped', 'dialled_zone_id', 'head', 'short_id', 'six_digits', 'seven_digits', 'eight_digits', 'tail_head',
        'destination_id'
    ]) }},
    nodes.prefix as destination_prefix,
    case when found.dialled_zone_id is null then nodes.zone_id else chosen.zone_id end as zone_id,
    case when found.dialled_zone_id is null then nodes.call_category else chosen.call_category end as call_category,
    case when found.dialled_zone_id is null then nodes.bill_item_id else chosen.bill_item_id end as bill_item_id,
    nodes.fault as destination_fault,
    -- A number that the record itself names pays. Otherwise a tandem call is charged to nobody here, even if a number of ours
    -- equals the caller's. A caller who withholds his number has none.
    case
        when found.recorded_charged_number is not null then found.recorded_charged_number
        when found.call_kind = 'transit' then null
        when coalesce(nodes.charged_party, chosen.charged_party) = 'called' then nullif(found.rated_number, '')
        else nullif(found.calling_number, '')
    end as charged_number,
    coalesce(coalesce(nodes.charged_party, chosen.charged_party) = 'called', false) as is_charged_to_called
from found
left join {{ ref('int_destination_nodes') }} as nodes on found.destination_id = nodes.destination_id
left join {{ ref('int_zones') }} as chosen on found.dialled_zone_id = chosen.zone_id
{%- endmacro %}

{#
  The records of `zoned` (columns of int_calls_zoned) with all states but the last two decided in the order of SPEC 4
  (`early_state`, null where the record is to be rated), the holder of the charged number, his plan and the version of its rates.
#}
{% macro assigned_calls(zoned) -%}
with zoned as (
    select * from {{ zoned }}
),
-- Of the records of one call that name different charge parties at most one is charged: that of the zone's charged party,
-- else the one that names none, else that of the other party. A record for a carrier's account is never charged, unless it
-- names the number that pays and has no twin.
calls as (
    select
        zoned.*,
        nullif(twins.first_call_id, zoned.call_id) as twin_call_id,
        case
            when zoned.recorded_charged_number is not null and twins.call_id is null then false
            when zoned.charge_party is null then case when zoned.is_charged_to_called then twins.has_called else twins.has_calling end
            when zoned.charge_party not in ('calling', 'called') then true
            when zoned.charge_party = case when zoned.is_charged_to_called then 'called' else 'calling' end then false
            else twins.has_unsaid or (twins.has_calling and twins.has_called)
        end as is_billed_elsewhere
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
            when calls.charged_number is null then 'nobody to charge: neither party that the zone charges has a number'
            when holders.account_id is null then 'no account holds number ' || calls.charged_number || ' at that time'
            else holders.fault
        end as undocumented_reason,
        holders.tariff_plan_id as own_plan_id
    from calls
    left join {{ source('raw', 'duplicate_calls') }} as repeated on calls.call_id = repeated.call_id
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
{%- endmacro %}
