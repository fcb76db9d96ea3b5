-- reads: bill_item_guide
-- One row per bill item, call category of it, and zone of the category.
select
    bill_item_id,
    item_kind,
    call_category,
    zone_id,
    charged_party
from bill_item_guide
order by bill_item_id asc, call_category asc nulls first, zone_id asc nulls first
