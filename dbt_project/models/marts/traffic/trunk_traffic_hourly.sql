-- One row per (trunk_group_id, direction, hour): traffic of a trunk group in a clock hour; hour is its start.
select
    trunk_group_id,
    direction,
    hour,
    {{ traffic_measures() }}
from {{ ref('int_trunk_hours') }}
group by trunk_group_id, direction, hour
