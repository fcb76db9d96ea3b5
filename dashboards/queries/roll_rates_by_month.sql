-- reads: roll_rates
-- One row per month and bucket, the newest month first: what was paid of the money in it and what rolled on, of one member of a dimension.
select
    month,
    until_day,
    from_bucket,
    from_amount,
    paid_amount,
    written_off_amount,
    rolled_amount,
    roll_rate,
    amount_not_due,
    amount_1_30,
    amount_31_60,
    amount_61_90,
    amount_91_plus
from roll_rates
where dimension = $dimension and dimension_id = $member
order by
    month desc,
    case from_bucket when 'billed' then 0 when 'not_due' then 1 when '1-30' then 2 when '31-60' then 3 when '61-90' then 4 else 5 end asc
