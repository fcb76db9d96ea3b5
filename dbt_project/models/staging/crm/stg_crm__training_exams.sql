-- One row per exam of a person after a training (training_id, person_id), of the newest training_exams export dated up to the
-- as-of date.
select
    training_id,
    person_id,
    score,
    has_passed
from {{ source('raw', 'crm_training_exams') }}
