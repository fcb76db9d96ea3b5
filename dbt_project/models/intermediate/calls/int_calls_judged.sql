{{ config(materialized='replaced_by_day') }}
-- One row per readable record of the loaded files, in its one state (SPEC 4), with its charge where it was rated. Only stale
-- days are rebuilt. A call of a closed period keeps the row with which it was closed, whatever is known today. A call rated
-- after its period was closed is billed in the oldest open period.
with charged as (
    select
        calls.*,
        case
            when calls.early_state is not null then calls.early_state
            when calls.unrated_reason is not null or calls.amount is null then 'unrated'
            else 'rated'
        end as state
    from {{ ref('int_calls_charged') }} as calls
),
packages as (
    select *
    from {{ ref('int_package_charges') }}
    where call_date in (select stale.call_date from {{ source('raw', 'stale_days') }} as stale)
),
open_periods as (
    select * from {{ ref('int_billing_periods') }} where not is_closed
),
oldest_open as (
    select min(billing_period) as billing_period from open_periods
),
judged as (
    select
        charged.call_id,
        charged.file_id,
        charged.file_name,
        charged.record_number,
        charged.switch_id,
        charged.exchange_id,
        charged.trunk_group_in,
        charged.trunk_group_out,
        charged.calling_number,
        charged.called_number,
        charged.charged_number,
        charged.recorded_charged_number is not null as is_charged_as_recorded,
        charged.started_at,
        charged.started_at_utc,
        charged.call_date,
        charged.duration_seconds,
        charged.release_cause,
        charged.state,
        case charged.state
            when 'other_day'
                then 'began on ' || cast(charged.call_date as varchar) || ', a day that is not its file''s'
            when 'undocumented' then charged.undocumented_reason
            when 'duplicate' then null
            when 'unrated'
                then coalesce(charged.unrated_reason, {{ band_without_rate_reason('charged') }})
            else charged.joining_note
        end as reason,
        charged.original_call_id,
        coalesce(charged.caller_class, 'unknown') as caller_class,
        case when charged.state in ('unrated', 'rated') then charged.account_id end as account_id,
        case when charged.state in ('unrated', 'rated') then charged.customer_id end as customer_id,
        case when charged.state in ('unrated', 'rated') then charged.customer_class end as customer_class,
        case when charged.state in ('unrated', 'rated') then charged.business_unit_id end as business_unit_id,
        case when charged.state in ('unrated', 'rated') then charged.agent_id end as agent_id,
        case when charged.state in ('unrated', 'rated') then charged.outlet_id end as outlet_id,
        charged.access_code,
        charged.rated_number,
        charged.destination_prefix,
        charged.zone_id,
        charged.call_category,
        charged.bill_item_id,
        charged.tariff_plan_id,
        case when charged.state = 'rated' then charged.charged_seconds end as charged_seconds,
        case when charged.state = 'rated' then least(coalesce(packages.amount, charged.amount), caps.max_amount) end as amount,
        case when charged.state = 'rated' then charged.rate_valid_from end as rate_valid_from,
        case when charged.state = 'rated' then charged.band_at_start end as band_at_start,
        case when charged.state = 'rated' then charged.connect_fee end as connect_fee,
        case when charged.state = 'rated' then charged.charge_steps end as charge_steps,
        case when charged.state = 'rated' then cast(charged.total_price as decimal(38, 0)) end as unrounded_numerator,
        case when charged.state = 'rated' then cast(cast(charged.price_denominator as hugeint) * 1000000 as decimal(38, 0)) end
            as unrounded_denominator,
        case when charged.state = 'rated' and (packages.call_id is not null or charged.amount > caps.max_amount) then charged.amount end
            as list_amount,
        case when charged.state = 'rated' then packages.package_id end as package_id,
        case when charged.state = 'rated' then packages.package_number end as package_number,
        case when charged.state = 'rated' then packages.covered_seconds end as covered_seconds,
        case when charged.state = 'rated' then packages.covered_amount end as covered_amount,
        charged.state = 'rated' and coalesce(coalesce(packages.amount, charged.amount) > caps.max_amount, false) as is_capped,
        case when charged.state = 'rated' then coalesce(open_periods.billing_period, oldest_open.billing_period) end as billing_period,
        charged.joined_call_id,
        charged.joined_pieces,
        charged.twin_call_id,
        charged.is_chargeable
    from charged
    cross join oldest_open
    left join open_periods on {{ period_of('charged.call_date') }} = open_periods.billing_period
    left join packages on charged.call_id = packages.call_id
    left join {{ ref('price_caps') }} as caps
        on
            charged.tariff_plan_id = caps.tariff_plan_id
            and charged.zone_id = caps.zone_id
            and charged.call_date >= caps.valid_from
            and charged.call_date < coalesce(caps.valid_to, {{ end_of_time() }})
    left join {{ source('closed', 'calls') }} as closed on charged.call_id = closed.call_id
    where closed.call_id is null
)
select * from judged
union all
select
    closed.call_id,
    closed.file_id,
    closed.file_name,
    closed.record_number,
    closed.switch_id,
    closed.exchange_id,
    closed.trunk_group_in,
    closed.trunk_group_out,
    closed.calling_number,
    closed.called_number,
    closed.charged_number,
    coalesce(closed.is_charged_as_recorded, false) as is_charged_as_recorded,
    closed.started_at,
    closed.started_at_utc,
    closed.call_date,
    closed.duration_seconds,
    closed.release_cause,
    closed.state,
    closed.reason,
    closed.original_call_id,
    closed.caller_class,
    closed.account_id,
    closed.customer_id,
    closed.customer_class,
    closed.business_unit_id,
    closed.agent_id,
    closed.outlet_id,
    closed.access_code,
    -- A call that was closed before codes were stripped was rated by its whole number.
    coalesce(closed.rated_number, closed.called_number) as rated_number,
    closed.destination_prefix,
    closed.zone_id,
    closed.call_category,
    closed.bill_item_id,
    closed.tariff_plan_id,
    closed.charged_seconds,
    closed.amount,
    closed.rate_valid_from,
    closed.band_at_start,
    closed.connect_fee,
    closed.charge_steps,
    closed.unrounded_numerator,
    closed.unrounded_denominator,
    closed.list_amount,
    closed.package_id,
    closed.package_number,
    closed.covered_seconds,
    closed.covered_amount,
    coalesce(closed.is_capped, false) as is_capped,
    closed.billing_period,
    closed.joined_call_id,
    closed.joined_pieces,
    closed.twin_call_id,
    coalesce(closed.is_chargeable, true) as is_chargeable
from {{ source('closed', 'calls') }} as closed
inner join {{ source('raw', 'stale_days') }} as stale on closed.call_date = stale.call_date
