"""A small branch for the oracle's own tests: a reference book of a few rows, and an inbox to put files into."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.branch_folder import BranchFolder

BOOK = {
    "business_units": "business_unit_id,name_zh,name_en\nU1,一部,One\n",
    "sales_areas": "sales_area_id,business_unit_id,name_zh,name_en\nSA1,U1,东,East\nSA2,U1,西,West\n",
    "agents": "agent_id,name_zh,name_en,business_unit_id,commission_plan_id\nG1,甲,Agent,U1,CP\n",
    "outlets": (
        "outlet_id,name_zh,name_en,business_unit_id,sales_area_id,outlet_kind,agent_id\n"
        "O1,店一,First,U1,SA1,own,\nO2,店二,Second,U1,SA2,agent,G1\n"
    ),
    "exchanges": "exchange_id,name_zh,name_en,area_code\nX1,机房,Exchange,0500\n",
    "switches": "switch_id,exchange_id,cdr_format,expected_files_per_day\nSW1,X1,canonical,\n",
    "trunk_groups": "trunk_group_id,exchange_id,direction,carrier,circuits\nT1,X1,both,Other,30\n",
    "number_ranges": (
        "range_start,range_end,exchange_id,business_unit_id,sales_area_id,billing_area,usage_type\n"
        "5550000,5559999,X1,U1,SA1,city,subscriber\n"
    ),
    "bill_items": (
        "bill_item_id,item_kind,name_zh,name_en\nlocal,call,市话,Local\nrental,rental,月租,Rental\n"
        "vas,value_added,增值,Services\ninfo,info_service,信息台,Information\noff,discount,优惠,Discount\n"
    ),
    "call_categories": "call_category,bill_item_id,name_zh,name_en\nlocal,local,市话,Local\ninfo,info,信息,Info\n",
    "zones": (
        "zone_id,call_category,charged_party,name_zh,name_en\nZL,local,calling,市,Local\n"
        "ZI,info,calling,信息,Info\nZ8,local,called,免费,Freephone\n"
    ),
    "destinations": (
        "prefix,zone_id,valid_from,valid_to\n555,ZL,2025-01-01,\n168,ZI,2025-01-01,\n"
        "5558,Z8,2025-01-01,\n5557,ZI,2026-01-10,2026-01-12\n"
    ),
    "holidays": "holiday_date,name_zh,name_en\n2026-01-01,元旦,New Year\n",
    "time_bands": (
        "band_set_id,days,starts_at,ends_at,band_id\nB1,1234567,00:00,07:00,night\n"
        "B1,1234567,07:00,21:00,day\nB1,1234567,21:00,24:00,night\n"
    ),
    "tariff_plans": (
        "tariff_plan_id,band_set_id,band_rule,rounding_mode,rounding_decimals\n"
        "P1,B1,increment,half_up,2\nPS,B1,start,half_up,2\n"
    ),
    "tariff_rates": (
        "tariff_plan_id,zone_id,band_id,valid_from,valid_to,connect_fee,from_second,rate,rate_unit_seconds,"
        "increment_seconds\n"
        "P1,ZL,,2025-01-01,,0,0,0.22,180,180\nP1,ZL,,2025-01-01,,0,180,0.11,60,60\n"
        "P1,ZI,,2025-01-01,,0,0,1.005,60,60\nP1,Z8,,2025-01-01,,0.10,0,0.30,60,1\n"
        "PS,ZL,day,2025-01-01,,0,0,0.60,60,60\nPS,ZL,night,2025-01-01,,0,0,0.30,60,60\n"
    ),
    "class_plans": "customer_class,tariff_plan_id,valid_from,valid_to\nresidential,P1,2025-01-01,\n",
    "products": (
        "product_id,bill_item_id,monthly_fee,proration,name_zh,name_en\n"
        "line,rental,18.00,none,月租,Line\ncid,vas,2.80,none,来显,Caller id\nadsl,vas,31.00,daily,宽带,Broadband\n"
    ),
    "promotions": (
        "promotion_id,kind,value,bill_item_id,name_zh,name_en\nmatch,rental_match,0,,送话费,Match\n"
        "tenth,percent_off,10,vas,九折,Tenth\nfive,fixed_credit,5.00,rental,减五元,Five\n"
    ),
    "info_services": (
        "access_prefix,provider_id,provider_name,contact,provider_share_percent,name_zh,name_en\n"
        "168,V1,Voice,1234,70,信息,Info\n1688,V2,Stock,5678,50,股市,Stock\n"
    ),
    "commission_plans": (
        "commission_plan_id,valid_from,valid_to,tier_from_rate,commission_percent,late_percent,activation_bonus,"
        "clawback_days\nCP,2025-01-01,,0.80,3,1.5,20.00,90\nCP,2025-01-01,,0.95,5,1.5,20.00,90\n"
    ),
    "debit_result_codes": (
        "bank_code,result_code,outcome,cause,name_zh,name_en\nBK,00,success,none,成功,Done\n"
        "BK,51,failed,insufficient_funds,不足,No funds\n"
    ),
    "gate_thresholds": (
        "gate_id,warn_above,hold_above\nmalformed,0.1,0.5\nduplicate,0.1,0.5\nother_day,0.1,0.5\nexport_rows,,\ndate_gap,,\n"
    ),
}

HEADER = (
    "record_number,calling_number,called_number,trunk_group_in,trunk_group_out,started_at,duration_seconds,"
    "release_cause\n"
)

# A book whose gates hold no file: an empty value is no limit.
NO_LIMITS = "gate_id,warn_above,hold_above\nmalformed,,\nduplicate,,\nother_day,,\nexport_rows,,\ndate_gap,,\n"

EXPORT_HEADERS = {
    "customers": "customer_id,name,customer_class,is_key_account,business_unit_id,outlet_id,agent_id,opened_on,closed_on",
    "accounts": "account_id,customer_id,payment_method,bank_code,bank_account,opened_on,closed_on",
    "service_numbers": "service_number,account_id,exchange_id,tariff_plan_id,valid_from,valid_to",
    "subscriptions": "subscription_id,account_id,service_number,product_id,promotion_id,valid_from,valid_to",
    "payments": "payment_id,account_id,paid_at,amount,channel,outlet_id",
    "account_merges": "merge_id,from_account_id,into_account_id,merged_at,outlet_id",
    "number_orders": "order_id,service_number,outlet_id,ordered_at,status",
}


class Branch(BranchFolder):
    """A folder with a reference book and an inbox; the methods put the calls and exports of these tests into them."""

    def calls(self, day: str, sequence: int, *lines: str, switch: str = "SW1") -> str:
        """Put a CDR file whose lines are numbered 1…n; returns its name."""
        name = f"{switch}_{day}_{sequence:06d}.csv"
        body = "".join(f"{number},{line}\n" for number, line in enumerate(lines, start=1))
        self.deliver(f"cdr/{switch}", name, HEADER + body)
        return name

    def export(self, table: str, day: str, *lines: str) -> None:
        """Put a snapshot of an export."""
        self.deliver("customers", f"{table}_{day}.csv", "\n".join([EXPORT_HEADERS[table], *lines]) + "\n")

    def owner(self, day: str = "20260101") -> None:
        """One residential customer C1 of agent G1 with account A1 and the number 5550001."""
        self.export("customers", day, "C1,Li,residential,false,U1,O2,G1,2025-01-01,")
        self.export("accounts", day, "A1,C1,counter,,,2025-01-01,")
        self.export("service_numbers", day, "5550001,A1,X1,,2025-01-01 00:00:00,")


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    """An empty inbox beside the small reference book."""
    made = Branch(tmp_path)
    made.write_book(BOOK)
    return made
