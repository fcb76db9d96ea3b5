-- One row per (exchange_id, date) with traffic: seizures and answers of the calls begun that day, and the conversation
-- seconds within the day. erlangs is the day's traffic volume in erlang-hours (conversation_seconds ÷ 3600).
select
    exchange_id,
    cast(hour as date) as date,
    {{ traffic_measures() }}
from {{ ref('int_traffic_daily') }}
group by exchange_id, cast(hour as date)
having sum(seizures) > 0 or sum(conversation_seconds) > 0
