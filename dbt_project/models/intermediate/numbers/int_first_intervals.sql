-- One row per service number: the first of its intervals, by which it was activated. `ends_at` is null while the number
-- continues, also where another interval begins at the same moment.
with intervals as (
    select * from {{ ref('int_number_intervals') }}
    where valid_to is null or valid_from < valid_to
),
ranked as (
    select
        service_number,
        account_id,
        valid_from,
        valid_to,
        row_number() over (partition by service_number order by valid_from, account_id) as interval_rank
    from intervals
)
select
    ranked.service_number,
    ranked.account_id,
    ranked.valid_from as starts_at,
    case
        when
            not exists (
                select 1 from intervals as successors
                where successors.service_number = ranked.service_number and successors.valid_from = ranked.valid_to
            )
            then ranked.valid_to
    end as ends_at
from ranked
where ranked.interval_rank = 1
