-- One row per interval (service_number, account_id, valid_from) that counts, as the newest export with the interval has it.
-- An interval that a newer export lacks ends by the rules of SPEC 3.3. `vanished_on` is the date of an export that lacks it
-- without a known reason.
with history as (
    select * from {{ source('raw', 'crm_service_numbers_history') }}
),
ranked as (
    select
        *,
        row_number() over (partition by service_number, account_id, valid_from order by seen_from desc) as recency
    from history
),
newest as (
    select * from ranked where recency = 1
),
-- For an open interval that is gone: what the first export without it has for the number. An interval that began in this export
-- and is there in another form existed before.
replacements as (
    select
        gone.service_number,
        gone.account_id,
        gone.valid_from,
        min(case when others.valid_from > gone.valid_from then others.valid_from end) as next_valid_from,
        count(
            case
                when others.valid_from <= gone.valid_from and others.seen_from = gone.gone_on and earlier.service_number is null then 1
            end
        ) as corrections
    from newest as gone
    inner join history as others
        on
            gone.service_number = others.service_number
            and others.seen_from <= gone.gone_on
            and (others.gone_on is null or others.gone_on > gone.gone_on)
    left join history as earlier
        on
            others.service_number = earlier.service_number
            and others.account_id = earlier.account_id
            and others.valid_from = earlier.valid_from
            and others.seen_from = earlier.gone_on
    where gone.gone_on is not null and gone.valid_to is null
    group by gone.service_number, gone.account_id, gone.valid_from
)
select
    newest.service_number,
    newest.account_id,
    newest.exchange_id,
    newest.tariff_plan_id,
    newest.valid_from,
    case
        when newest.valid_to is not null or newest.gone_on is null then newest.valid_to
        when replacements.next_valid_from is not null then replacements.next_valid_from
        else greatest(cast(newest.gone_on as timestamp), newest.valid_from)
    end as valid_to,
    coalesce(newest.channels, 1) as channels,
    case when newest.valid_to is null and replacements.next_valid_from is null then newest.gone_on end as vanished_on
from newest
left join replacements
    on
        newest.service_number = replacements.service_number
        and newest.account_id = replacements.account_id
        and newest.valid_from = replacements.valid_from
where coalesce(replacements.corrections, 0) = 0
