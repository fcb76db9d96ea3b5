{{ config(materialized='view') }}
-- One row per record of the stale days with its zone: the longest destination prefix in force that starts what the dialling rules
-- leave of the called number, or the zone that a stripped code selects. Every join is by a key made before it and finds one row.
with placed as (
    select
        calls.*,
        switches.exchange_id,
        sequences.rules,
        case when {{ starts_with_any('calls.called_number', 'sequences.rules') }} -- noqa: PRS, LT02
            then {{ strip_codes('calls.called_number', 'sequences.rules') }}
        end as stripped
    from {{ ref('stg_switch__calls') }} as calls
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
        case when heads.has_more_digits then substring(headed.rated_number, 1, 8) end as tail_head
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
    found.call_id,
    found.file_id,
    found.file_name,
    found.record_number,
    found.switch_id,
    found.trunk_group_in,
    found.trunk_group_out,
    found.calling_number,
    found.called_number,
    found.started_at,
    found.call_date,
    found.duration_seconds,
    found.release_cause,
    found.is_other_day,
    found.call_kind,
    found.charge_party,
    found.partial_kind,
    found.call_reference,
    found.is_partial,
    found.joined_call_id,
    found.joined_pieces,
    found.joined_seconds,
    found.joining_note,
    found.exchange_id,
    found.access_code,
    found.rated_number,
    found.dialled_plan_id,
    found.dialling_fault,
    nodes.prefix as destination_prefix,
    case when found.dialled_zone_id is null then nodes.zone_id else chosen.zone_id end as zone_id,
    case when found.dialled_zone_id is null then nodes.call_category else chosen.call_category end as call_category,
    case when found.dialled_zone_id is null then nodes.bill_item_id else chosen.bill_item_id end as bill_item_id,
    nodes.fault as destination_fault,
    -- A tandem call is charged to nobody here, whoever has a number like the caller's.
    case
        when found.call_kind = 'transit' then null
        when coalesce(nodes.charged_party, chosen.charged_party) = 'called' then found.rated_number
        else found.calling_number
    end as charged_number,
    coalesce(coalesce(nodes.charged_party, chosen.charged_party) = 'called', false) as is_charged_to_called
from found
left join {{ ref('int_destination_nodes') }} as nodes on found.destination_id = nodes.destination_id
left join {{ ref('int_zones') }} as chosen on found.dialled_zone_id = chosen.zone_id
