-- One row per (customer_class, valid_from): the class's plan in [valid_from, valid_to); stretches never overlap.
with plans as (
    select
        customer_class,
        tariff_plan_id,
        valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to
    from {{ ref('class_plans') }}
    where valid_to is null or valid_from < valid_to
),
boundaries as (
    select customer_class, valid_from as changes_on from plans
    union
    select customer_class, valid_to as changes_on from plans
),
stretches as (
    select
        customer_class,
        changes_on as valid_from,
        lead(changes_on) over (partition by customer_class order by changes_on) as valid_to
    from boundaries
),
faults as (
    select customer_class, valid_from, valid_to, min(detail) as detail
    from {{ ref('int_tariff_faults') }}
    where table_name = 'class_plans'
    group by customer_class, valid_from, valid_to
)
select
    stretches.customer_class,
    stretches.valid_from,
    stretches.valid_to,
    min(plans.tariff_plan_id) as tariff_plan_id,
    min(faults.detail) as fault
from stretches
inner join plans
    on
        stretches.customer_class = plans.customer_class
        and stretches.valid_from >= plans.valid_from
        and stretches.valid_to <= plans.valid_to
left join faults
    on
        stretches.customer_class = faults.customer_class
        and stretches.valid_from < faults.valid_to
        and stretches.valid_to > faults.valid_from
group by stretches.customer_class, stretches.valid_from, stretches.valid_to
