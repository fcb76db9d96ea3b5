-- One row per start_hour in which every version can charge a call of at most `most_seconds` that ends by `ends_second`
-- without a walk. By it the kernel knows, before the plan of a call is known, that int_rating_starts alone will charge the
-- call.
with starts as (
    select
        starts.start_hour,
        case when versions.band_rule = 'start' then 2147483647 else starts.ends_second end as ends_second,
        least(starts.safe_seconds, greatest(starts.first_until, coalesce(starts.second_until, 0))) as most_seconds
    from {{ ref('int_rating_starts') }} as starts
    inner join {{ ref('int_tariff_versions') }} as versions on starts.version_id = versions.version_id
),
kinds as (
    select cast(count(*) as bigint) as number_of_kinds
    from (select distinct version_id, day_type from {{ ref('int_rating_steps') }}) as kinds_of_days
)
select
    starts.start_hour,
    cast(min(starts.ends_second) as integer) as ends_second,
    cast(min(starts.most_seconds) as integer) as most_seconds
from starts
cross join kinds
group by starts.start_hour, kinds.number_of_kinds
having count(*) = kinds.number_of_kinds
