-- One row per (prefix, valid_from): the prefix's zone in [valid_from, valid_to). Stretches of one prefix never overlap.
-- `fault` marks the stretches where the book has an error: calls there are unrated, with that reason.
with destinations as (
    select
        coalesce(prefix, '') as prefix,
        zone_id,
        valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to
    from {{ ref('destinations') }}
    where valid_to is null or valid_from < valid_to
),
boundaries as (
    select prefix, valid_from as changes_on from destinations
    union
    select prefix, valid_to as changes_on from destinations
),
stretches as (
    select
        prefix,
        changes_on as valid_from,
        lead(changes_on) over (partition by prefix order by changes_on) as valid_to
    from boundaries
),
faults as (
    select prefix, valid_from, valid_to, min(detail) as detail
    from {{ ref('int_tariff_faults') }}
    where table_name = 'destinations'
    group by prefix, valid_from, valid_to
)
select
    stretches.prefix,
    cast(length(stretches.prefix) as integer) as prefix_length,
    stretches.valid_from,
    stretches.valid_to,
    min(destinations.zone_id) as zone_id,
    min(faults.detail) as fault
from stretches
inner join destinations
    on
        stretches.prefix = destinations.prefix
        and stretches.valid_from >= destinations.valid_from
        and stretches.valid_to <= destinations.valid_to
left join faults
    on
        stretches.prefix = faults.prefix
        and stretches.valid_from < faults.valid_to
        and stretches.valid_to > faults.valid_from
group by stretches.prefix, stretches.valid_from, stretches.valid_to
