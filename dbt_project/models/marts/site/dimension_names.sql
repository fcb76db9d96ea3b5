-- One row per (dimension, dimension_id): its name in Chinese and English, for pages and lists.
select 'branch' as dimension, 'branch' as dimension_id, '全分公司' as name_zh, 'Branch' as name_en
union all
select 'business_unit' as dimension, business_unit_id as dimension_id, name_zh, name_en from {{ ref('business_units') }}
union all
select 'sales_area' as dimension, sales_area_id as dimension_id, name_zh, name_en from {{ ref('sales_areas') }}
union all
select 'agent' as dimension, agent_id as dimension_id, name_zh, name_en from {{ ref('agents') }}
union all
select 'outlet' as dimension, outlet_id as dimension_id, name_zh, name_en from {{ ref('outlets') }}
union all
select 'exchange' as dimension, exchange_id as dimension_id, name_zh, name_en from {{ ref('exchanges') }}
union all
select 'bill_item' as dimension, bill_item_id as dimension_id, name_zh, name_en from {{ ref('bill_items') }}
union all
select 'call_category' as dimension, call_category as dimension_id, name_zh, name_en from {{ ref('call_categories') }}
union all
select 'zone' as dimension, zone_id as dimension_id, name_zh, name_en from {{ ref('zones') }}
union all
select 'trunk_group' as dimension, trunk_group_id as dimension_id, trunk_group_id as name_zh, trunk_group_id as name_en
from {{ ref('trunk_groups') }}
{% for dimension in ('business_unit', 'agent', 'outlet', 'customer_class') %}
union all
select '{{ dimension }}' as dimension, 'unassigned' as dimension_id, '未归属' as name_zh, 'Unassigned' as name_en
{% endfor %}
