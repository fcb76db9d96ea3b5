-- reads: revenue_balance_daily
-- One row per day of call files: their records by what became of them, and the amounts of the rated ones.
select
    file_date,
    cast(coalesce(sum(records) filter (where step = 'read'), 0) as bigint) as read_records,
    cast(coalesce(sum(seconds) filter (where step = 'read'), 0) as bigint) as read_seconds,
    cast(coalesce(sum(records) filter (where item in ('malformed', 'ignored', 'held', 'duplicate')), 0) as bigint) as set_aside,
    cast(coalesce(sum(records) filter (where item in ('not_answered', 'not_charged')), 0) as bigint) as without_charge,
    cast(coalesce(sum(records) filter (where item in ('other_day', 'partial', 'undocumented', 'unrated')), 0) as bigint) as suspended,
    cast(coalesce(sum(records) filter (where step = 'state' and item = 'rated'), 0) as bigint) as rated,
    cast(coalesce(sum(amount) filter (where item = 'list_price'), 0) as decimal(18, 6)) as list_amount,
    cast(coalesce(sum(amount) filter (where item = 'packages'), 0) as decimal(18, 6)) as packages,
    cast(coalesce(sum(amount) filter (where item = 'price_caps'), 0) as decimal(18, 6)) as price_caps,
    cast(coalesce(sum(amount) filter (where step = 'state'), 0) as decimal(18, 6)) as rated_amount,
    cast(coalesce(sum(estimated_amount), 0) as decimal(18, 6)) as suspended_amount
from revenue_balance_daily
where file_date between $first_day and $last_day
group by file_date
order by file_date asc
