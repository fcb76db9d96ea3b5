"""A branch small enough to be worked out by hand: its reference book, its exports and its call files, ready to be spoilt.

Four numbers: 2200001 (residential), 2200002 (business), both documented; 2200009 calls and is nobody's; 9999 is dialled and
has no prefix. A day's file holds seven calls, four of them rated: 0.10 and 0.60 residential, 0.20 and 0.80 business.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from tests.branch_folder import BranchFolder
from tests.lean_runs import RUNNING, lean_runs
from tests.robustness.commands import Typed, tollhouse

SWITCH = "SW1"
CDR_HEADER = "record_number,calling_number,called_number,trunk_group_in,trunk_group_out,started_at,duration_seconds,release_cause"
STATES = (
    "malformed", "ignored", "held", "duplicate", "other_day", "partial", "not_answered", "not_charged", "undocumented", "unrated",
    "rated",
)  # fmt: skip

BOOK = {
    "business_units": "business_unit_id,name_zh,name_en\nBU1,城中,Centre\n",
    "sales_areas": "sales_area_id,business_unit_id,name_zh,name_en\nSA1,BU1,鼓楼,Drum Tower\n",
    "agents": "agent_id,name_zh,name_en,business_unit_id,commission_plan_id\nAG1,代理,Agent,BU1,CP1\n",
    "outlets": (
        "outlet_id,name_zh,name_en,business_unit_id,sales_area_id,outlet_kind,agent_id\n"
        "OU1,营业厅,Hall,BU1,SA1,own,\nOU2,代办点,Agency,BU1,SA1,agent,AG1\n"
    ),
    "exchanges": "exchange_id,name_zh,name_en,area_code\nEX1,机房,Exchange,0548\n",
    "switches": f"switch_id,exchange_id,cdr_format,expected_files_per_day\n{SWITCH},EX1,canonical,\n",
    "trunk_groups": "trunk_group_id,exchange_id,direction,carrier,circuits\nTG1,EX1,both,Carrier,30\n",
    "number_ranges": (
        "range_start,range_end,exchange_id,business_unit_id,sales_area_id,billing_area,usage_type\n"
        "2200000,2299999,EX1,BU1,SA1,city,residential\n"
    ),
    "bill_items": (
        "bill_item_id,item_kind,name_zh,name_en\nRENTAL,rental,月租,Rental\nCALLS,call,通话,Calls\nDISCOUNT,discount,优惠,Discount\n"
    ),
    "call_categories": "call_category,bill_item_id,name_zh,name_en\nlocal,CALLS,市话,Local\nnational,CALLS,长途,National\n",
    "zones": (
        "zone_id,call_category,charged_party,name_zh,name_en\n"
        "LOCAL,local,calling,市话,Local\nNATIONAL,national,calling,长途,National\n"
    ),
    "destinations": "prefix,zone_id,valid_from,valid_to\n2,LOCAL,2015-01-01,\n0,NATIONAL,2015-01-01,\n",
    "holidays": "holiday_date,name_zh,name_en\n",
    "time_bands": "band_set_id,days,starts_at,ends_at,band_id\nALL_DAY,1234567,00:00,24:00,ALL\n",
    "tariff_plans": (
        "tariff_plan_id,band_set_id,band_rule,rounding_mode,rounding_decimals\n"
        "HOME,ALL_DAY,increment,half_up,2\nOFFICE,ALL_DAY,increment,half_up,2\n"
    ),
    "tariff_rates": (
        "tariff_plan_id,zone_id,band_id,valid_from,valid_to,connect_fee,from_second,rate,rate_unit_seconds,increment_seconds\n"
        "HOME,LOCAL,,2015-01-01,,0,0,0.10,60,60\nHOME,NATIONAL,,2015-01-01,,0,0,0.30,60,60\n"
        "OFFICE,LOCAL,,2015-01-01,,0,0,0.20,60,60\nOFFICE,NATIONAL,,2015-01-01,,0,0,0.40,60,60\n"
    ),
    "class_plans": (
        "customer_class,tariff_plan_id,valid_from,valid_to\nresidential,HOME,2015-01-01,\nbusiness,OFFICE,2015-01-01,\n"
    ),
    "products": "product_id,bill_item_id,monthly_fee,proration,name_zh,name_en\nLINE,RENTAL,20.00,none,月租,Rental\n",
    "promotions": "promotion_id,kind,value,bill_item_id,name_zh,name_en\nMATCH,rental_match,,,抵月租,Match\n",
    "info_services": "access_prefix,provider_id,provider_name,contact,provider_share_percent,name_zh,name_en\n",
    "commission_plans": (
        "commission_plan_id,valid_from,valid_to,tier_from_rate,commission_percent,late_percent,activation_bonus,clawback_days\n"
        "CP1,2015-01-01,,0,4,2,10,90\n"
    ),
    "debit_result_codes": (
        "bank_code,result_code,outcome,cause,name_zh,name_en\nICBC,00,success,none,成功,Debited\n"
        "ICBC,51,failed,insufficient_funds,余额不足,Insufficient funds\n"
    ),
    "gate_thresholds": (
        "gate_id,warn_above,hold_above\nmalformed,0.01,0.5\nduplicate,0.01,0.5\nother_day,0.01,0.5\n"
        "key_account_fall,0.3,\nkey_account_rise,1,\n"
    ),
}

EXPORTS = {
    "customers": (
        "customer_id,name,customer_class,is_key_account,business_unit_id,outlet_id,agent_id,opened_on,closed_on\n"
        "C1,Zhang,residential,false,BU1,OU2,AG1,2025-01-01,\nC2,Li Trading,business,true,BU1,OU1,,2025-01-01,\n"
    ),
    "accounts": (
        "account_id,customer_id,payment_method,bank_code,bank_account,opened_on,closed_on\n"
        "A1,C1,counter,,,2025-01-01,\nA2,C2,debit,ICBC,62220001,2025-01-01,\n"
    ),
    "service_numbers": (
        "service_number,account_id,exchange_id,tariff_plan_id,valid_from,valid_to\n"
        "2200001,A1,EX1,,2025-01-01 00:00:00,\n2200002,A2,EX1,,2025-01-01 00:00:00,\n"
    ),
    "subscriptions": (
        "subscription_id,account_id,service_number,product_id,promotion_id,valid_from,valid_to\n"
        "S1,A1,2200001,LINE,MATCH,2025-01-01,\n"
    ),
    "payments": "payment_id,account_id,paid_at,amount,channel,outlet_id\nP1,A1,2026-03-02 09:00:00,5.00,counter,OU1\n",
    "account_merges": "merge_id,from_account_id,into_account_id,merged_at,outlet_id\n",
    "number_orders": "order_id,service_number,outlet_id,ordered_at,status\n",
    "complaints": "complaint_id,account_id,outlet_id,opened_at,closed_at,kind,was_billing_error\n",
}


@dataclass
class Branch(BranchFolder):
    """A home with its reference book beside it. Its runs are lean (tests/lean_runs.py) unless `has_whole_runs`."""

    has_whole_runs: bool = False

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a run."""
        return {"TOLLHOUSE_HOME": str(self.home), "TOLLHOUSE_REFERENCE": str(self.book), "TOLLHOUSE_THREADS": "1"}

    def tollhouse(self, *words: str, **settings: str) -> Typed:
        """Type a command."""
        with nullcontext() if self.has_whole_runs or words[0] not in RUNNING else lean_runs():
            return tollhouse({**self.settings, **settings}, *words)

    def deliver_day(self, day: int, month: int = 3) -> Path:
        """The seven calls of a day of 2026, as file number month × 100 + day of the switch, with its companion."""
        name = f"{SWITCH}_2026{month:02d}{day:02d}_{1000 * month + day:06d}.csv"
        content = cdr(calls_of_day(f"2026-{month:02d}-{day:02d}"))
        self.deliver(f"cdr/{SWITCH}", f"{name}.ctl", "records=7\nseconds=540\n")
        return self.deliver(f"cdr/{SWITCH}", name, content)

    def deliver_exports(self, date: str = "20260301", **tables: str) -> None:
        """All exports of a date; `tables` replace the usual content of some."""
        for table, content in {**EXPORTS, **tables}.items():
            self.deliver("customers", f"{table}_{date}.csv", content)

    def copy_to(self, home: Path, *, has_whole_runs: bool = False) -> Branch:
        """The same branch with all its state in another place."""
        shutil.copytree(self.home, home)
        return Branch(home, has_whole_runs)

    @property
    def pointer(self) -> dict[str, str]:
        """current.json."""
        value: dict[str, str] = json.loads((self.published / "current.json").read_text(encoding="utf-8"))
        return value

    @property
    def manifest(self) -> dict[str, Any]:
        """The current edition's manifest."""
        text = (self.published / self.pointer["path"] / "manifest.json").read_text(encoding="utf-8")
        value: dict[str, Any] = json.loads(text)
        return value

    def mart(self, mart: str, columns: str = "*", manifest: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """A mart's rows, sorted, from the files that the manifest lists."""
        files = [str(self.published / entry["path"]) for entry in (manifest or self.manifest)["marts"][mart]["files"]]
        return sorted(
            duckdb.execute(f"select {columns} from read_parquet(?, union_by_name = true)", [files]).fetchall(), key=repr
        )

    def states(self, manifest: dict[str, Any] | None = None) -> dict[str, dict[str, int]]:
        """Per CDR file its states above 0, after a check that they sum to what was read."""
        columns = ", ".join(STATES)
        found = {}
        for name, kind, read, *counts in self.mart(
            "file_reconciliation", f"file_name, file_kind, read_records, {columns}", manifest
        ):
            if kind == "cdr":
                assert sum(counts) == read, name
                found[name] = {state: count for state, count in zip(STATES, counts, strict=True) if count}
        return found

    def files(self) -> dict[str, tuple[str, str | None]]:
        """File name → (status, reason), of every registered file."""
        return {
            name: (status, why)
            for name, status, why in self.mart("file_reconciliation", "file_name, file_status, status_reason")
        }

    def content(self) -> dict[str, bytes]:
        """Every file of the home but the lock, which even a refused run touches."""
        return {
            str(path.relative_to(self.home)): path.read_bytes()
            for path in sorted(self.home.rglob("*"))
            if path.is_file() and path.name != "run.lock"
        }


def new_branch(home: Path) -> Branch:
    """A branch with a sound book and an empty inbox."""
    branch = Branch(home)
    branch.write_book(BOOK)
    return branch


@cache
def run_over_two_days(place: Path) -> Branch:
    """A branch after an ordinary run over two days of March 2026, made once for all tests of a session."""
    branch = new_branch(place / "branch_that_ran" / "home")
    branch.has_whole_runs = True
    branch.deliver_day(2)
    branch.deliver_day(3)
    branch.deliver_exports()
    typed = branch.tollhouse("run")
    assert typed.exit_code == 0, typed.message
    return branch


def cdr(records: Iterable[str], header: str = CDR_HEADER) -> str:
    """A CDR file of records without their numbers."""
    return "\n".join([header, *(f"{number},{record}" for number, record in enumerate(records, start=1))]) + "\n"


def calls_of_day(day: str) -> list[str]:
    """The day's seven calls: 540 seconds; 0.10, 0.60, 0.20 and 0.80 rated, one each not answered, undocumented, unrated."""
    return [
        f"2200001,2200002,,,{day} 10:00:00,60,16",
        f"2200001,01012345678,,TG1,{day} 10:10:00,120,16",
        f"2200002,2200001,,,{day} 10:20:00,60,16",
        f"2200002,01012345678,,TG1,{day} 10:30:00,120,16",
        f"2200001,2200002,,,{day} 10:40:00,0,19",
        f"2200009,2200001,,,{day} 10:50:00,120,16",
        f"2200001,9999,,,{day} 11:00:00,60,16",
    ]


USUAL_STATES = {"not_answered": 1, "undocumented": 1, "unrated": 1, "rated": 4}
