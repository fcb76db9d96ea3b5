-- reads: traffic_by_customer_class
-- One row per customer class and day with traffic between two days.
select
    customer_class,
    date,
    seizures,
    answers,
    conversation_seconds,
    erlangs,
    asr,
    ner,
    acd_seconds
from traffic_by_customer_class
where date between cast($first_day as date) and cast($last_day as date)
order by customer_class, date
