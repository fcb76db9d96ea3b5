-- reads: trainings
-- One row per training, the newest first. A title that is missing in one language is that of the other, else the id.
select
    training_id,
    held_on,
    coalesce(title_zh, title_en, training_id) as title_zh,
    coalesce(title_en, title_zh, training_id) as title_en,
    business_unit_id,
    outlet_id,
    is_held,
    invited,
    attended,
    attendance,
    examined,
    passed,
    pass_share,
    mean_score
from trainings
where
    ($unit is null or business_unit_id = $unit)
    and ($outlet is null or outlet_id = $outlet)
order by held_on desc, training_id asc
