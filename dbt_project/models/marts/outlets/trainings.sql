-- One row per training (培训) of the newest trainings export (training_id), held or still to come: who came of those invited, and how many
-- of those who sat the exam passed it. A training without an outlet is of its unit, one without both of the branch; `unassigned` is an
-- outlet or unit that is not in the reference book. No person is named. A share over 0, or of more people than were invited, is null.
with exams as (
    select
        training_id,
        count(*) as examined,
        sum(case when has_passed then 1 else 0 end) as passed,
        {{ ratio('sum(score)', 'count(score)') }} as mean_score
    from {{ ref('stg_crm__training_exams') }}
    group by training_id
)
select
    trainings.training_id,
    trainings.held_on,
    trainings.title_zh,
    trainings.title_en,
    case
        when trainings.business_unit_id is null then outlets.business_unit_id
        else coalesce(units.business_unit_id, 'unassigned')
    end as business_unit_id,
    case when trainings.outlet_id is not null then {{ or_unassigned('outlets.outlet_id') }} end as outlet_id,
    trainings.held_on <= {{ as_of_date() }} as is_held,
    cast(trainings.invited as bigint) as invited,
    cast(trainings.attended as bigint) as attended,
    {{ ratio('case when trainings.attended between 0 and trainings.invited then trainings.attended end', 'trainings.invited') }}
        as attendance,
    coalesce(exams.examined, 0) as examined,
    cast(coalesce(exams.passed, 0) as bigint) as passed,
    {{ ratio('exams.passed', 'exams.examined') }} as pass_share,
    exams.mean_score
from {{ ref('stg_crm__trainings') }} as trainings
left join exams on trainings.training_id = exams.training_id
left join {{ ref('business_units') }} as units on trainings.business_unit_id = units.business_unit_id
left join {{ ref('outlets') }} as outlets on trainings.outlet_id = outlets.outlet_id
