-- One row per charged number of the suspended calls that has neighbours: the accounts that hold numbers at most 10 away from
-- it in the same range on the as-of date, the nearest first and at most 5. A clerk can ask them about the number.
with offsets as (
    select
        cast(numbers_away as integer) as numbers_away
    from (
        values
        {% for away in range(1, 11) -%}
        ({{ away }}), (-{{ away }}){{ ',' if not loop.last }}
        {% endfor %}
    ) as steps (numbers_away)
),
sought as (
    select
        numbers.charged_number,
        numbers.range_start,
        abs(offsets.numbers_away) as distance,
        cast(length(numbers.charged_number) as integer) as number_length,
        {{ whole_number_of('numbers.charged_number') }} + offsets.numbers_away as number_value
    from {{ ref('int_suspended_numbers') }} as numbers
    cross join offsets
    where numbers.range_start is not null
),
held as (
    select
        service_number,
        account_id,
        cast(length(service_number) as integer) as number_length,
        {{ whole_number_of('service_number') }} as number_value
    from {{ ref('int_number_assignments') }}
    where
        cast(valid_from as date) <= {{ as_of_date() }}
        and cast(valid_to as date) > {{ as_of_date() }}
),
found as (
    select
        sought.charged_number,
        held.account_id,
        min(sought.distance) as distance
    from sought
    inner join held on sought.number_value = held.number_value and sought.number_length = held.number_length
    inner join {{ ref('int_number_ranges') }} as ranges on sought.range_start = ranges.range_start
    where held.service_number >= ranges.range_start and held.service_number <= ranges.range_end
    group by sought.charged_number, held.account_id
),
ranked as (
    select
        *,
        row_number() over (partition by charged_number order by distance, account_id) as nearness
    from found
)
select
    charged_number,
    {{ joined_text('account_id', ', ', 'nearness') }} as accounts_nearby
from ranked
where nearness <= 5
group by charged_number
