-- reads: collection_curves
-- One row per period and day since its bills were issued, up to a day: what of the receivable was received by the end of that day.
-- Of one member of a dimension; without one, of the branch, or of all units (else outlets, else agents) that the viewer may see.
with widest as (
    select dimension
    from collection_curves
    where dimension <> 'customer_class'
    order by
        case dimension when 'branch' then 1 when 'business_unit' then 2 when 'outlet' then 3 else 4 end
    limit 1
),

chosen as (
    select *
    from collection_curves
    where
        billing_period between $first_period and $last_period
        and ($member is null or dimension_id = $member)
        and dimension = case when $member is null then (select widest.dimension from widest) else $dimension end
),

members as (
    select
        billing_period,
        dimension_id,
        min(issued_on) as issued_on
    from chosen
    group by billing_period, dimension_id
),

days as (
    select
        members.billing_period,
        members.dimension_id,
        numbers.day
    from members
    cross join range(0, cast($last_day as bigint) + 1) as numbers (day)
    where numbers.day <= date_diff('day', members.issued_on, cast($as_of as date))
),

-- Between two rows of a curve the amounts stay as they are.
filled as (
    select
        days.billing_period,
        days.day,
        last_value(chosen.receivable ignore nulls) over member_days as receivable,
        last_value(chosen.received ignore nulls) over member_days as received
    from days
    left join chosen
        on
            days.billing_period = chosen.billing_period
            and days.dimension_id = chosen.dimension_id
            and days.day = chosen.days_since_issue
    window member_days as (partition by days.billing_period, days.dimension_id order by days.day)
)

select
    billing_period,
    day,
    cast(sum(receivable) as decimal(18, 2)) as receivable,
    cast(sum(received) as decimal(18, 2)) as received
from filled
group by billing_period, day
order by billing_period asc, day asc
