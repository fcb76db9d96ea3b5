-- One row per (head, valid_from): the deepest destination of at most five digits for numbers that begin with these five
-- digits (or that are exactly these fewer digits), and which longer prefixes exist below it. One join finds what five joins
-- would find: a head without a row has no destination.
with nodes as (
    select * from {{ ref('int_destination_nodes') }}
),
digits as (
    {% for digit in range(10) %}
    select '{{ digit }}' as digit
    {{ 'union all' if not loop.last }}
    {% endfor %}
),
known as (
    select distinct prefix from nodes where prefix_length <= 5
),
-- The empty prefix is the root of all prefixes, whether the book has it or not.
heads_0 as (
    select '' as head, '' as prefix
),
{% for length in range(1, 6) %}
spelt_{{ length }} as (
    select above.head || digits.digit as head, above.prefix as prefix_above
    from heads_{{ length - 1 }} as above
    cross join digits
),
heads_{{ length }} as (
    select spelt.head, coalesce(known.prefix, spelt.prefix_above) as prefix
    from spelt_{{ length }} as spelt
    left join known on spelt.head = known.prefix
),
{% endfor %}
heads as (
    {% for length in range(6) %}
    select head, prefix from heads_{{ length }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),
starts as (
    {% for length in range(6) %}
    select prefix, substring(prefix, 1, {{ length }}) as start from known where length(prefix) >= {{ length }}
    union
    {% endfor %}
    select '' as prefix, '' as start
),
-- A prefix of the book and the prefixes that it begins with: they apply to its numbers on days when it is not in force.
covers as (
    select starts.prefix, nodes.valid_from, nodes.valid_to, nodes.destination_id
    from starts
    inner join nodes on starts.start = nodes.prefix
),
boundaries as (
    select prefix, valid_from as changes_on from covers
    union
    select prefix, valid_to as changes_on from covers
    union
    select distinct prefix, {{ beginning_of_time() }} as changes_on from starts
),
stretches as (
    select
        prefix,
        changes_on as valid_from,
        coalesce(lead(changes_on) over (partition by prefix order by changes_on), {{ end_of_time() }}) as valid_to
    from boundaries
),
deepest as (
    select stretches.prefix, stretches.valid_from, stretches.valid_to, max(covers.destination_id) as destination_id
    from stretches
    left join covers
        on
            stretches.prefix = covers.prefix
            and stretches.valid_from >= covers.valid_from
            and stretches.valid_to <= covers.valid_to
    where stretches.valid_from < stretches.valid_to
    group by stretches.prefix, stretches.valid_from, stretches.valid_to
),
below as (
    select
        substring(prefix, 1, 5) as head,
        max(prefix_length = 6) as has_six_digits,
        max(prefix_length = 7) as has_seven_digits,
        max(prefix_length = 8) as has_eight_digits,
        max(prefix_length > 8) as has_more_digits
    from nodes
    where prefix_length > 5
    group by substring(prefix, 1, 5)
)
select
    heads.head,
    deepest.valid_from,
    deepest.valid_to,
    deepest.destination_id,
    coalesce(below.has_six_digits, false) as has_six_digits,
    coalesce(below.has_seven_digits, false) as has_seven_digits,
    coalesce(below.has_eight_digits, false) as has_eight_digits,
    coalesce(below.has_more_digits, false) as has_more_digits
from heads
inner join deepest on heads.prefix = deepest.prefix
left join below on heads.head = below.head
where deepest.destination_id is not null or below.head is not null
