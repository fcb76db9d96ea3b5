-- One row per (bill_item_id, call_category, zone_id): the call categories of a bill item, and the zones of each category. An
-- item without calls has one row without category; a category without zones has one row without zone.
select
    items.bill_item_id,
    categories.call_category,
    zones.zone_id,
    items.item_kind,
    items.name_zh as bill_item_zh,
    items.name_en as bill_item_en,
    categories.name_zh as call_category_zh,
    categories.name_en as call_category_en,
    zones.name_zh as zone_zh,
    zones.name_en as zone_en,
    zones.charged_party
from {{ ref('bill_items') }} as items
left join {{ ref('call_categories') }} as categories on items.bill_item_id = categories.bill_item_id
left join {{ ref('zones') }} as zones on categories.call_category = zones.call_category
