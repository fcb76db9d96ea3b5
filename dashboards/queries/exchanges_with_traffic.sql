-- reads: traffic_by_exchange
-- One row per exchange that ever had traffic.
select distinct exchange_id
from traffic_by_exchange
order by exchange_id
