-- reads: traffic_by_customer_class
-- One row per customer class with traffic in some days: the sums, and the ratios of the sums.
select
    customer_class,
    cast(count(*) as bigint) as days_with_traffic,
    cast(sum(seizures) as bigint) as seizures,
    cast(sum(answers) as bigint) as answers,
    cast(sum(conversation_seconds) as bigint) as conversation_seconds,
    cast(sum(conversation_seconds) as double) / 3600 as erlangs,
    cast(sum(answers) as double) / cast(nullif(sum(seizures), 0) as double) as asr,
    cast(sum(conversation_seconds) as double) / cast(nullif(sum(answers), 0) as double) as acd_seconds
from traffic_by_customer_class
where date between cast($first_day as date) and cast($last_day as date)
group by customer_class
order by erlangs desc, customer_class asc
