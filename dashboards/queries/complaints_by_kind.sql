-- reads: complaints
-- One row per month of opening and kind, the newest month first. The times are of its complaints themselves, not of rows of another table.
select
    opened_month,
    kind,
    count(*) as opened,
    count(*) filter (where is_closed) as closed,
    count(*) filter (where not is_closed) as still_open,
    count(*) filter (where is_overdue) as overdue,
    median(handling_hours) filter (where is_closed) as median_hours,
    sum(cast(round(handling_hours * 3600) as bigint)) filter (where is_closed)
    / (3600.0 * nullif(count(handling_hours) filter (where is_closed), 0)) as mean_hours,
    max(handling_hours) filter (where is_closed) as longest_hours
from complaints
where
    ($unit is null or business_unit_id = $unit)
    and ($outlet is null or outlet_id = $outlet)
group by opened_month, kind
order by opened_month desc, kind asc
