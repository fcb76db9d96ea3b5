-- One row per book, so one: how many days after its collection a debit can be taken back by a line that names neither the debit
-- nor a period (SPEC 3.3). It is `return_window_days` of gate_thresholds, by hold_above; 400 where the book lacks it, and
-- without bounds (null) where it is empty.
with book as (
    select
        max(case when gate_id = 'return_window_days' then 1 else 0 end) as has_days,
        max(case when gate_id = 'return_window_days' then hold_above end) as days
    from {{ ref('gate_thresholds') }}
)
select cast(case when has_days = 1 then days else 400 end as integer) as days from book
