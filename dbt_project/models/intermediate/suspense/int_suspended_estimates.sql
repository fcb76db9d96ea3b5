-- One row per suspended record: its charge by today's book and exports, computed like that of all calls (SPEC 5). Plans are
-- tried in this order: the plan that a stripped access code selects, the number's own, its class's, its range's. For an
-- undocumented number only the first and the last exist. The first plan with a price for the whole call counts. A missing
-- price is never estimated as 0. A call whose pieces wait is estimated once, with its first piece, by the known seconds. The
-- dialling rules are those by which the call got its state: a day is rebuilt when they change.
with dialled as (
    select
        calls.call_id,
        calls.called_number,
        sequences.rules,
        {{ strip_codes('calls.called_number', 'sequences.rules') }} as stripped -- noqa: PRS
    from {{ ref('int_calls_suspended') }} as calls
    inner join {{ ref('int_dialling_sequences') }} as sequences
        on
            calls.exchange_id = sequences.exchange_id
            and calls.call_date >= sequences.valid_from
            and calls.call_date < sequences.valid_to
    where calls.access_code is not null
),
selected as (
    select
        call_id,
        {{ first_of_stripped('stripped', 'rules', 'tariff_plan_id') }} as dialled_plan_id,
        {{ first_of_stripped('stripped', 'rules', 'fault') }} as dialling_fault
    from dialled
),
suspended as (
    select
        calls.call_id,
        calls.call_date,
        calls.charged_number,
        calls.rated_number,
        calls.destination_prefix,
        calls.zone_id,
        calls.is_chargeable,
        selected.dialled_plan_id,
        selected.dialling_fault,
        {{ second_of_timestamp('calls.started_at') }} as start_second,
        coalesce(pieces.joined_seconds, calls.duration_seconds) as estimated_seconds,
        calls.state = 'partial' and pieces.joined_seconds is null as is_with_first_piece,
        destinations.fault as destination_fault,
        numbers.tariff_plan_id as range_plan_id,
        coalesce(holders.business_unit_id, numbers.business_unit_id) as unit_id,
        case when calls.state <> 'undocumented' then holders.tariff_plan_id end as own_plan_id,
        case
            when selected.dialled_plan_id is not null then 'dialled_plan'
            when calls.state = 'undocumented' then null
            when holders.tariff_plan_id is not null then 'number_plan'
            when class_plans.tariff_plan_id is not null then 'class_plan'
        end as first_basis,
        case
            when calls.state = 'undocumented' then selected.dialled_plan_id
            else coalesce(selected.dialled_plan_id, holders.tariff_plan_id, class_plans.tariff_plan_id)
        end as first_plan_id,
        case
            when calls.state = 'undocumented' then coalesce(selected.dialled_plan_id, numbers.tariff_plan_id)
            else coalesce(selected.dialled_plan_id, holders.tariff_plan_id, class_plans.tariff_plan_id, numbers.tariff_plan_id)
        end as tariff_plan_id
    from {{ ref('int_calls_suspended') }} as calls
    left join selected on calls.call_id = selected.call_id
    left join {{ source('raw', 'joined_pieces') }} as pieces on calls.call_id = pieces.call_id
    left join {{ ref('int_suspended_numbers') }} as numbers on calls.charged_number = numbers.charged_number
    left join {{ ref('int_destinations') }} as destinations
        on
            calls.destination_prefix = destinations.prefix
            and calls.call_date >= destinations.valid_from
            and calls.call_date < destinations.valid_to
    left join {{ ref('int_number_assignments') }} as holders
        on
            calls.charged_number = holders.service_number
            and calls.started_at >= holders.valid_from
            and calls.started_at < holders.valid_to
    left join {{ ref('int_class_plans') }} as class_plans
        on
            holders.customer_class = class_plans.customer_class
            and calls.call_date >= class_plans.valid_from
            and calls.call_date < class_plans.valid_to
            and class_plans.fault is null
),
planned as (
    select call_id, 1 as precedence, first_basis as basis, first_plan_id as tariff_plan_id from suspended
    union all
    select call_id, 2 as precedence, 'range_plan' as basis, range_plan_id as tariff_plan_id from suspended
),
candidates as (
    select
        suspended.call_id,
        suspended.call_date,
        suspended.start_second,
        suspended.estimated_seconds as duration_seconds,
        planned.precedence,
        planned.basis,
        planned.tariff_plan_id,
        versions.version_id
    from suspended
    inner join planned on suspended.call_id = planned.call_id
    inner join {{ ref('int_tariff_versions') }} as versions
        on
            planned.tariff_plan_id = versions.tariff_plan_id
            and suspended.zone_id = versions.zone_id
            and suspended.call_date >= versions.valid_from
            and suspended.call_date < versions.valid_to
    where
        suspended.is_chargeable and not suspended.is_with_first_piece
        and suspended.dialling_fault is null and suspended.destination_fault is null and versions.fault is null
),
{{ charge_by_increments('candidates', 'candidates') }}, -- noqa: PRS
priced as (
    select
        call_id,
        basis,
        tariff_plan_id,
        amount,
        row_number() over (partition by call_id order by precedence) as choice
    from charged
    where amount is not null
)
select
    suspended.call_id,
    suspended.unit_id as business_unit_id,
    priced.amount as estimated_amount,
    priced.tariff_plan_id as estimated_plan_id,
    case
        when suspended.is_with_first_piece then 'with_first_piece'
        when not suspended.is_chargeable then 'nothing_to_charge'
        else priced.basis
    end as estimated_basis,
    case
        when priced.amount is not null then null
        when suspended.is_with_first_piece then 'counted with the first of the pieces that wait'
        when not suspended.is_chargeable then 'charged to nobody: not answered, in transit or for another party'
        {{ when_no_zone('suspended') }}
        when suspended.tariff_plan_id is null and suspended.charged_number is null
            then 'no plan: there is no number to charge'
        when suspended.tariff_plan_id is null
            then 'no plan: number ' || suspended.charged_number || ' lies in no range that names one'
        {{ when_no_version('suspended', 'versions') }}
        else {{ band_without_rate_reason('suspended') }}
    end as estimate_reason
from suspended
left join priced on suspended.call_id = priced.call_id and priced.choice = 1
left join {{ ref('int_tariff_versions') }} as versions
    on
        suspended.tariff_plan_id = versions.tariff_plan_id
        and suspended.zone_id = versions.zone_id
        and suspended.call_date >= versions.valid_from
        and suspended.call_date < versions.valid_to
