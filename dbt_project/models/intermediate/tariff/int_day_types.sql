-- One row per type of day that a band set can have: '1' (Monday) … '7' (Sunday) and 'H' (holiday).
select day_type
from (values ('1'), ('2'), ('3'), ('4'), ('5'), ('6'), ('7'), ('H')) as types (day_type)
