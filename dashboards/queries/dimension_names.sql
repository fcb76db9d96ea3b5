-- reads: dimension_names
-- One row per member of every dimension: its names.
select
    dimension,
    dimension_id,
    name_zh,
    name_en
from dimension_names
order by dimension, dimension_id
