-- reads: traffic_by_exchange
-- One row per exchange with traffic in some days: the sums, and the ratios of the sums.
select
    exchange_id,
    cast(count(*) as bigint) as days_with_traffic,
    cast(sum(seizures) as bigint) as seizures,
    cast(sum(answers) as bigint) as answers,
    cast(sum(conversation_seconds) as bigint) as conversation_seconds,
    cast(sum(conversation_seconds) as double) / 3600 as erlangs,
    cast(sum(answers) as double) / cast(nullif(sum(seizures), 0) as double) as asr,
    cast(sum(conversation_seconds) as double) / cast(nullif(sum(answers), 0) as double) as acd_seconds
from traffic_by_exchange
where date between cast($first_day as date) and cast($last_day as date)
group by exchange_id
order by erlangs desc, exchange_id asc
