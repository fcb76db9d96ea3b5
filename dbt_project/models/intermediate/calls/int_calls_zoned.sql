{{ config(materialized='view') }}
-- One row per record of the stale days with its zone: the longest destination prefix in force that starts the called number.
with calls as (
    select * from {{ ref('stg_switch__calls') }}
),
dialled as (
    select distinct called_number, call_date from calls
),
lengths as (
    select distinct prefix_length from {{ ref('int_destinations') }}
),
probes as (
    select
        dialled.called_number,
        dialled.call_date,
        lengths.prefix_length,
        substring(dialled.called_number, 1, lengths.prefix_length) as prefix
    from dialled
    inner join lengths on length(dialled.called_number) >= lengths.prefix_length
),
longest as (
    select
        probes.called_number,
        probes.call_date,
        max(probes.prefix_length) as prefix_length
    from probes
    inner join {{ ref('int_destinations') }} as destinations
        on
            probes.prefix = destinations.prefix
            and probes.call_date >= destinations.valid_from
            and probes.call_date < destinations.valid_to
    group by probes.called_number, probes.call_date
),
prefixed as (
    select
        called_number,
        call_date,
        substring(called_number, 1, prefix_length) as prefix
    from longest
),
zoned as (
    select
        prefixed.called_number,
        prefixed.call_date,
        prefixed.prefix as destination_prefix,
        zones.zone_id,
        zones.call_category,
        zones.bill_item_id,
        zones.charged_party,
        destinations.fault as destination_fault
    from prefixed
    inner join {{ ref('int_destinations') }} as destinations
        on
            prefixed.prefix = destinations.prefix
            and prefixed.call_date >= destinations.valid_from
            and prefixed.call_date < destinations.valid_to
    left join {{ ref('int_zones') }} as zones on destinations.zone_id = zones.zone_id
)
select
    calls.*,
    switches.exchange_id,
    zoned.destination_prefix,
    zoned.zone_id,
    zoned.call_category,
    zoned.bill_item_id,
    zoned.destination_fault,
    -- A tandem call is charged to nobody here, whoever has a number like the caller's.
    case
        when calls.call_kind = 'transit' then null
        when zoned.charged_party = 'called' then calls.called_number
        else calls.calling_number
    end as charged_number,
    coalesce(zoned.charged_party = 'called', false) as is_charged_to_called
from calls
left join zoned on calls.called_number = zoned.called_number and calls.call_date = zoned.call_date
left join {{ ref('switches') }} as switches on calls.switch_id = switches.switch_id
