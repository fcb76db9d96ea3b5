-- reads: trunk_traffic_monthly
-- One row per trunk group that ever had traffic.
select distinct trunk_group_id
from trunk_traffic_monthly
order by trunk_group_id
