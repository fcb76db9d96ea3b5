-- One row per (trunk_group_id, direction, hour): the traffic of a trunk group in the hour, from the calls of all days.
-- direction is in (trunk_group_in), out (trunk_group_out) or total (both).
with parts as (
    select * from {{ ref('int_traffic_daily') }}
),
sided as (
    select parts.*, parts.trunk_group_in as trunk_group_id, 'in' as direction from parts where parts.trunk_group_in is not null
    union all
    select parts.*, parts.trunk_group_out as trunk_group_id, 'out' as direction from parts where parts.trunk_group_out is not null
),
directed as (
    select * from sided
    union all
    select parts.*, parts.trunk_group_in as trunk_group_id, 'total' as direction from parts where parts.trunk_group_in is not null
    union all
    select parts.*, parts.trunk_group_out as trunk_group_id, 'total' as direction from parts where parts.trunk_group_out is not null
)
select
    trunk_group_id,
    direction,
    hour,
    cast(sum(seizures) as bigint) as seizures,
    cast(sum(answers) as bigint) as answers,
    cast(sum(effective_seizures) as bigint) as effective_seizures,
    cast(sum(begun_seconds) as bigint) as begun_seconds,
    cast(sum(conversation_seconds) as bigint) as conversation_seconds
from directed
group by trunk_group_id, direction, hour
having sum(seizures) > 0 or sum(conversation_seconds) > 0
