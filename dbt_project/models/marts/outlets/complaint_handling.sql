-- One row per (opened_month, business_unit_id, outlet_id, kind): the complaints opened in the month, how many of them are closed,
-- still open and overdue on the as-of date, and how long the closed ones took. The rows sum to all complaints; a median or a mean of
-- rows is none of a sum of them.
select
    opened_month,
    business_unit_id,
    outlet_id,
    kind,
    count(*) as opened,
    cast(sum(case when is_closed then 1 else 0 end) as bigint) as closed,
    cast(sum(case when is_closed then 0 else 1 end) as bigint) as still_open,
    cast(sum(case when is_overdue then 1 else 0 end) as bigint) as overdue,
    cast(median(case when is_closed then handling_hours end) as double) as median_hours,
    -- In whole seconds, so that the order of the rows changes no digit.
    {{ ratio(
        'sum(case when is_closed then cast(round(handling_hours * 3600) as bigint) end)',
        '3600 * count(case when is_closed then handling_hours end)'
    ) }} as mean_hours,
    max(case when is_closed then handling_hours end) as longest_hours
from {{ ref('complaints') }}
group by opened_month, business_unit_id, outlet_id, kind
