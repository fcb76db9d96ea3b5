-- reads: traffic_by_exchange
-- One row per exchange and day with traffic between two days; of one exchange, or of all.
select
    exchange_id,
    date,
    seizures,
    answers,
    conversation_seconds,
    erlangs,
    asr,
    ner,
    acd_seconds
from traffic_by_exchange
where
    date between cast($first_day as date) and cast($last_day as date)
    and ($exchange is null or exchange_id = $exchange)
order by exchange_id, date
