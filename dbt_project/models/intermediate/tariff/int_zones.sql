-- One row per zone: its call category, the bill item of its calls, and the charged party.
select
    zones.zone_id,
    zones.call_category,
    categories.bill_item_id,
    zones.charged_party
from {{ ref('zones') }} as zones
left join {{ ref('call_categories') }} as categories on zones.call_category = categories.call_category
