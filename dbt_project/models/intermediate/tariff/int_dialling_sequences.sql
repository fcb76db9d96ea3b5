-- One row per (exchange_id, valid_from) on which dialling rules are in force: the rules for calls that the exchange's
-- switches record in [valid_from, valid_to), as a list in the order in which they are tried. A rule for the own area code
-- has the code of the exchange.
with rules as (
    select
        exchanges.exchange_id,
        rules.rule_order,
        case when rules.kind = 'own_area_code' then exchanges.area_code else rules.code end as code,
        rules.min_rest_digits,
        rules.tariff_plan_id,
        rules.zone_id,
        rules.valid_from,
        coalesce(rules.valid_to, {{ end_of_time() }}) as valid_to,
        cast(rules.rule_order as varchar) || '/' || cast(rules.valid_from as varchar) as row_key
    from {{ ref('dialling_rules') }} as rules
    cross join {{ ref('exchanges') }} as exchanges
),
usable as (
    select * from rules where code <> '' and valid_from < valid_to
),
boundaries as (
    select exchange_id, valid_from as changes_on from usable
    union
    select exchange_id, valid_to as changes_on from usable
),
stretches as (
    select
        exchange_id,
        changes_on as valid_from,
        lead(changes_on) over (partition by exchange_id order by changes_on) as valid_to
    from boundaries
),
faults as (
    select row_key, min(detail) as detail
    from {{ ref('int_tariff_faults') }}
    where table_name = 'dialling_rules'
    group by row_key
)
select
    stretches.exchange_id,
    stretches.valid_from,
    stretches.valid_to,
    {{ listed_rules('usable', "'dialling rule ' || usable.rule_order || ': ' || faults.detail") }} as rules
from stretches
inner join usable
    on
        stretches.exchange_id = usable.exchange_id
        and stretches.valid_from >= usable.valid_from
        and stretches.valid_to <= usable.valid_to
left join faults on usable.row_key = faults.row_key
group by stretches.exchange_id, stretches.valid_from, stretches.valid_to
