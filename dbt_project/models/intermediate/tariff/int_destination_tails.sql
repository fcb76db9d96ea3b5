-- One row per eight digits that longer destination prefixes begin with, and one each for * and # where prefixes of service
-- codes begin with it: those prefixes as a list, the deepest first. A head has few of them, so a list finds them whatever
-- their lengths.
with nodes as (
    select
        *,
        substring(prefix, 1, 1) in ('*', '#') as is_service_code
    from {{ ref('int_destination_nodes') }}
)
select
    case when is_service_code then substring(prefix, 1, 1) else substring(prefix, 1, 8) end as head,
    {{ listed_destinations() }} as destinations
from nodes
where is_service_code or prefix_length > 8
group by case when is_service_code then substring(prefix, 1, 1) else substring(prefix, 1, 8) end
