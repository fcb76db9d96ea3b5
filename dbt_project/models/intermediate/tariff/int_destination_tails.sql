-- One row per eight digits that longer destination prefixes begin with: those prefixes as a list, the deepest first. So long
-- prefixes are few below eight digits; a list finds them whatever their lengths.
select
    substring(prefix, 1, 8) as head,
    {{ listed_destinations() }} as destinations
from {{ ref('int_destination_nodes') }}
where prefix_length > 8
group by substring(prefix, 1, 8)
