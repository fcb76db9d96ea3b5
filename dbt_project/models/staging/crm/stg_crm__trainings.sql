-- One row per training of the newest trainings export dated up to the as-of date.
select
    training_id,
    held_on,
    title_zh,
    title_en,
    business_unit_id,
    outlet_id,
    invited,
    attended
from {{ source('raw', 'crm_trainings') }}
