-- One row per month that a branch's history can span, counted from 0 (100 years).
with digits as (
    select digit from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as digits (digit)
)
select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as month_offset
from digits as ones
cross join digits as tens
cross join digits as hundreds
cross join (select digit from digits where digit < 2) as thousands
where ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit < 1200
