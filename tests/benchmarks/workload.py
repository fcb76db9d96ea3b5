"""The benchmark's branch: a reference book, customer exports and a day's call files, made anew from a seed.

Ten switches, 2 000 destination prefixes, five customer classes with a plan each, bands of the day, tiers; among the records
duplicates (in a file and across files), calls over midnight, calls of another day, unanswered and incoming calls, numbers
that nobody holds and numbers that no rate covers. Nothing is malformed. The same seed gives the same files.

What does not live here: how any engine reads them, and what they should come to.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

SWITCHES = 10
PREFIXES = 2_000
CALLS_PER_FILE = 100_000
CALLS_PER_NUMBER = 50
TOLLFREE_NUMBERS = 20
#: A Wednesday whose neighbours are ordinary weekdays too, so that one kind of day holds for all calls of its files.
FIRST_DAY = date(2026, 3, 11)
#: No call is longer, and no band shorter than that: a call meets at most one border between bands.
LONGEST_CALL_SECONDS = 7_200

# Shares of the records.
DUPLICATES, OVER_MIDNIGHT, OTHER_DAY, INCOMING, UNDOCUMENTED, UNANSWERED = 0.01, 0.003, 0.002, 0.10, 0.01, 0.20
# Shares of the calls that subscribers make, by zone; the last are dialled numbers with no prefix.
_DIALLED = {
    "LOCAL": 0.55, "INTERZONE": 0.08, "MOBILE": 0.16, "NATIONAL": 0.12, "INTL_NEAR": 0.009, "INTL_FAR": 0.006, "IP": 0.04,
    "INFO": 0.01, "TOLLFREE": 0.02, "EMERGENCY": 0.004, "": 0.001,
}  # fmt: skip
_CLASSES = {"residential": 0.70, "business": 0.20, "public_phone": 0.03, "trunk_line": 0.05, "staff": 0.02}
# Calls by hour of the day, as a fixed network has them.
_HOURS = np.array([2, 1, 1, 1, 1, 2, 4, 12, 40, 70, 75, 68, 45, 42, 60, 66, 64, 58, 50, 60, 58, 40, 18, 6], dtype=float)

_LONG_AGO = 1_500_000_000  # a delivered file's time: written long since, and settled

_ZONES = """zone_id,call_category,charged_party,name_zh,name_en
LOCAL,local,calling,市话,Local
INTERZONE,inter_zone,calling,区间,Inter-zone
MOBILE,mobile,calling,移动,Mobile
NATIONAL,domestic,calling,国内长途,Domestic
INTL_NEAR,international,calling,国际一区,International 1
INTL_FAR,international,calling,国际二区,International 2
IP,ip,calling,IP电话,IP
INFO,info,calling,信息台,Information
TOLLFREE,toll_free,called,被叫付费,Toll free
EMERGENCY,free,calling,紧急,Emergency
"""
_BOOK = {
    "business_units": "business_unit_id,name_zh,name_en\nBU1,城中,Centre\n",
    "sales_areas": "sales_area_id,business_unit_id,name_zh,name_en\nSA1,BU1,鼓楼,Drum Tower\n",
    "agents": "agent_id,name_zh,name_en,business_unit_id,commission_plan_id\n",
    "outlets": (
        "outlet_id,name_zh,name_en,business_unit_id,sales_area_id,outlet_kind,agent_id\nOU1,营业厅,Hall,BU1,SA1,own,\n"
    ),
    "bill_items": (
        "bill_item_id,item_kind,name_zh,name_en\nCALLS,call,市话,Local calls\nTRUNK,call,长途,Long distance\n"
        "INFORMATION,info_service,信息费,Information\nDISCOUNT,discount,优惠,Discount\n"
    ),
    "call_categories": (
        "call_category,bill_item_id,name_zh,name_en\nlocal,CALLS,市话,Local\ninter_zone,CALLS,区间,Inter-zone\n"
        "mobile,CALLS,移动,Mobile\ndomestic,TRUNK,国内,Domestic\ninternational,TRUNK,国际,International\nip,TRUNK,IP,IP\n"
        "info,INFORMATION,信息台,Information\ntoll_free,TRUNK,被叫付费,Toll free\nfree,CALLS,免费,Free\n"
    ),
    "zones": _ZONES,
    "holidays": "holiday_date,name_zh,name_en\n2026-05-01,劳动节,Labour Day\n",
    "time_bands": (
        "band_set_id,days,starts_at,ends_at,band_id\nALL_DAY,1234567,00:00,24:00,ALL\n"
        "DAY_NIGHT,12345,00:00,07:00,NIGHT\nDAY_NIGHT,12345,07:00,21:00,DAY\nDAY_NIGHT,12345,21:00,24:00,EVENING\n"
        "DAY_NIGHT,67,00:00,07:00,NIGHT\nDAY_NIGHT,67,07:00,24:00,WEEKEND\nDAY_NIGHT,H,00:00,24:00,WEEKEND\n"
    ),
    "tariff_plans": (
        "tariff_plan_id,band_set_id,band_rule,rounding_mode,rounding_decimals\nHOME,DAY_NIGHT,increment,half_up,2\n"
        "OFFICE,DAY_NIGHT,increment,half_up,2\nBOOTH,DAY_NIGHT,start,up,1\nPBX,DAY_NIGHT,increment,half_up,3\n"
        "STAFF,ALL_DAY,increment,down,2\nSECONDS,DAY_NIGHT,increment,half_up,4\n"
    ),
    "class_plans": (
        "customer_class,tariff_plan_id,valid_from,valid_to\nresidential,HOME,2015-01-01,\nbusiness,OFFICE,2015-01-01,\n"
        "public_phone,BOOTH,2015-01-01,\ntrunk_line,OFFICE,2015-01-01,2026-01-01\ntrunk_line,PBX,2026-01-01,\n"
        "staff,STAFF,2015-01-01,\n"
    ),
    "products": "product_id,bill_item_id,monthly_fee,proration,name_zh,name_en\n",
    "promotions": "promotion_id,kind,value,bill_item_id,name_zh,name_en\n",
    "info_services": (
        "access_prefix,provider_id,provider_name,contact,provider_share_percent,name_zh,name_en\n"
        "160,SP1,Provider,1,50,信息台,Information\n"
    ),
    "commission_plans": (
        "commission_plan_id,valid_from,valid_to,tier_from_rate,commission_percent,late_percent,activation_bonus,clawback_days\n"
    ),
    "debit_result_codes": "bank_code,result_code,outcome,cause,name_zh,name_en\nICBC,00,success,none,成功,Debited\n",
    "gate_thresholds": (
        "gate_id,warn_above,hold_above\nmalformed,0.001,0.05\nduplicate,0.05,0.20\nother_day,0.05,0.20\n"
        "key_account_fall,0.30,\nkey_account_rise,1.00,\n"
    ),
}
# zone: per plan in the order of tariff_plans the first price and, where there is one, that of the second tier.
_RATES: dict[str, tuple[tuple[str, ...], int, int, int]] = {
    # prices of HOME, OFFICE, BOOTH, PBX, STAFF, SECONDS; rate_unit_seconds, increment_seconds, seconds of the first tier
    "LOCAL": (("0.22 0.11", "0.24 0.12", "0.50 0.20", "0.22 0.11", "0.11 0.055", "0.21 0.09"), 180, 180, 180),
    "INTERZONE": (("0.40", "0.40", "0.50", "0.38", "0.20", "0.35"), 60, 60, 0),
    "MOBILE": (("0.22 0.11", "0.22 0.11", "0.60", "0.21", "0.11", "0.20"), 180, 180, 180),
    "NATIONAL": (("0.07", "0.07 0.06", "0.10", "0.06", "0.035", "0.05"), 6, 6, 600),
    "INTL_NEAR": (("0.80", "0.80 0.72", "0.90", "0.78", "0.60", "0.75"), 6, 6, 300),
    "INTL_FAR": (("1.20", "1.20 1.10", "", "1.15", "0.90", "1.10"), 6, 6, 300),
    "IP": (("0.30", "0.30", "0.30", "0.28", "0.30", "0.25"), 60, 60, 0),
    "INFO": (("1.00", "1.00", "", "1.00", "1.00", "1.00"), 60, 60, 0),
    "TOLLFREE": (("0.30", "0.30", "0.30", "0.25", "0.30", "0.25"), 60, 6, 0),
    "EMERGENCY": (("0", "0", "0", "0", "0", "0"), 60, 60, 0),
}
_PLANS = ("HOME", "OFFICE", "BOOTH", "PBX", "STAFF", "SECONDS")
_HEADERS = {
    "payments": "payment_id,account_id,paid_at,amount,channel,outlet_id",
    "account_merges": "merge_id,from_account_id,into_account_id,merged_at,outlet_id",
    "number_orders": "order_id,service_number,outlet_id,ordered_at,status",
    "complaints": "complaint_id,account_id,outlet_id,opened_at,closed_at,kind,was_billing_error",
    "subscriptions": "subscription_id,account_id,service_number,product_id,promotion_id,valid_from,valid_to",
}


@dataclass(frozen=True)
class Workload:
    """A branch on disk: `home` to run in, its reference book, and the size of its days."""

    folder: Path
    calls: int

    @property
    def home(self) -> Path:
        """TOLLHOUSE_HOME."""
        return self.folder / "home"

    @property
    def reference(self) -> Path:
        """TOLLHOUSE_REFERENCE."""
        return self.folder / "reference"

    @property
    def numbers_per_switch(self) -> int:
        """Subscribers' numbers of a switch."""
        return max(20, self.calls // CALLS_PER_NUMBER // SWITCHES)

    def call_files(self) -> list[Path]:
        """All call files delivered, by date and switch and number."""
        return sorted(
            (self.home / "inbox" / "cdr").glob("*/*.csv"), key=lambda path: (path.name.split("_")[1], path.name)
        )

    def export(self, table: str) -> Path:
        """The newest export of a table."""
        return max((self.home / "inbox" / "customers").glob(f"{table}_*.csv"))


def make_workload(folder: Path, calls: int, days: int = 1, seed: int = 1) -> Workload:
    """A home with book, exports and `days` days of `calls` records each, nothing run yet."""
    made = Workload(folder, calls)
    write_book(made)
    write_exports(made, FIRST_DAY)
    for at in range(days):
        write_day(made, FIRST_DAY + timedelta(days=at), seed)
    return made


def prefixes() -> list[tuple[str, str]]:
    """(prefix, zone), 2 000 of them; some start others, so that the longest must be looked for."""
    made = {"2": "LOCAL", "3": "INTERZONE", "800": "TOLLFREE", "160": "INFO", "1601": "INFO", "168": "INFO"}
    made |= dict.fromkeys(("110", "119", "120", "122"), "EMERGENCY")
    made |= dict.fromkeys(("17909", "179090", "1790900", "17951", "179510"), "IP")
    made |= {f"1{at}": "MOBILE" for at in (*range(30, 40), *range(50, 60), *range(80, 90))}
    made |= {f"0{at}": "NATIONAL" for at in (10, *range(20, 30))}
    made |= {f"0{at}": "NATIONAL" for at in range(310, 960)}
    made |= {f"00{at}": "INTL_FAR" for at in (1, 7, *range(20, 70))}
    made |= {f"00{at}": "INTL_NEAR" for at in (*range(81, 87), *range(850, 857), *range(880, 887))}
    made |= {f"00{at}": "INTL_FAR" for at in range(210, 300)}
    made |= {f"001{at}": "INTL_NEAR" if at % 7 == 0 else "INTL_FAR" for at in range(201, 701)}
    left = PREFIXES - len(made)
    made |= {f"008{at}": "INTL_NEAR" if at % 5 else "INTL_FAR" for at in range(61_000, 61_000 + left)}
    assert len(made) == PREFIXES
    return sorted(made.items())


def write_book(made: Workload) -> None:
    """The reference book; some rows of it ended long ago, as in every book that is in use."""
    made.reference.mkdir(parents=True, exist_ok=True)
    tables = dict(_BOOK)
    tables["exchanges"] = "exchange_id,name_zh,name_en,area_code\n" + "".join(
        f"E{at},机房{at},Exchange {at},0548\n" for at in range(SWITCHES)
    )
    tables["switches"] = "switch_id,exchange_id,cdr_format,expected_files_per_day\n" + "".join(
        f"S{at},E{at},canonical,\n" for at in range(SWITCHES)
    )
    tables["trunk_groups"] = "trunk_group_id,exchange_id,direction,carrier,circuits\n" + "".join(
        f"T{at}{group},E{at},{'in' if group < 2 else 'out'},Carrier,600\n"
        for at in range(SWITCHES)
        for group in range(4)
    )
    tables["number_ranges"] = (
        "range_start,range_end,exchange_id,business_unit_id,sales_area_id,billing_area,usage_type\n"
        + "".join(f"2{at}000000,2{at}999999,E{at},BU1,SA1,city,residential\n" for at in range(SWITCHES))
        + "8000000000,8000009999,E0,BU1,SA1,city,toll_free\n"
    )
    tables["destinations"] = "prefix,zone_id,valid_from,valid_to\n" + "".join(
        f"{prefix},MOBILE,2015-01-01,2025-01-01\n{prefix},{zone},2025-01-01,\n"
        if at % 50 == 0
        else f"{prefix},{zone},2015-01-01,\n"
        for at, (prefix, zone) in enumerate(prefixes())
    )
    tables["tariff_rates"] = "\n".join([
        "tariff_plan_id,zone_id,band_id,valid_from,valid_to,connect_fee,from_second,rate,rate_unit_seconds,increment_seconds",
        *_rate_lines(),
        "",
    ])  # fmt: skip
    for table, text in tables.items():
        (made.reference / f"{table}.csv").write_text(text, encoding="utf-8")


def _rate_lines() -> Iterable[str]:
    for zone, (prices, unit, increment, first_tier) in _RATES.items():
        for plan, text in zip(_PLANS, prices, strict=True):
            fee = "0.10" if plan == "BOOTH" and zone == "NATIONAL" else "0"
            step = 1 if plan == "SECONDS" else increment
            for at, price in enumerate(text.split()):
                # The later tiers of a call are priced by the minute where the first is by three.
                unit_then, step_then = (60, 1 if plan == "SECONDS" else 60) if at and unit == 180 else (unit, step)
                tail = f"{fee},{first_tier * at},{price},{unit_then},{step_then}"
                if zone == "NATIONAL" and at == 0:
                    yield f"{plan},{zone},,2015-01-01,2025-01-01,{fee},0,0.09,{unit},{step}"
                yield f"{plan},{zone},,{'2025' if zone == 'NATIONAL' else '2015'}-01-01,,{tail}"
            # At night long distance costs less; by the second for those who are charged by six.
            if text and zone in ("NATIONAL", "INTL_NEAR", "IP") and plan not in ("STAFF",):
                yield f"{plan},{zone},NIGHT,2015-01-01,,0,0,{'0.04' if zone != 'INTL_NEAR' else '0.48'},{unit},{step}"


def write_exports(made: Workload, day: date) -> None:
    """The customer system's exports of a day: one account and customer a number; a few numbers have changed hands."""
    folder = made.home / "inbox" / "customers"
    folder.mkdir(parents=True, exist_ok=True)
    stamp, numbers = day.strftime("%Y%m%d"), made.numbers_per_switch * SWITCHES
    bounds = np.cumsum(list(_CLASSES.values()))
    names = list(_CLASSES)
    of_class = " ".join(
        f"when (n * 7919) % 1000 < {round(bound * 1000)} then '{name}'"
        for bound, name in zip(bounds, names, strict=True)
    )
    subscriber = (
        f"'2' || (n // {made.numbers_per_switch}) || lpad(cast(n % {made.numbers_per_switch} as varchar), 6, '0')"
    )
    number = f"case when n < {numbers} then {subscriber} else cast(8000000000 + n - {numbers} as varchar) end"
    switch = f"case when n < {numbers} then n // {made.numbers_per_switch} else 0 end"
    every = f"range({numbers + TOLLFREE_NUMBERS}) as numbers(n)"
    plan = "case when n % 50 = 3 then 'SECONDS' end"
    tables = {
        "customers": (
            "select 'C' || n as customer_id, 'Customer ' || n as name, "
            f"case when n >= {numbers} then 'business' {of_class} end as customer_class, 'false' as is_key_account, "
            "'BU1' as business_unit_id, 'OU1' as outlet_id, null as agent_id, date '2020-01-01' as opened_on, null as closed_on "
            f"from {every} order by n"
        ),
        "accounts": (
            "select 'A' || n as account_id, 'C' || n as customer_id, 'counter' as payment_method, null as bank_code, "
            f"null as bank_account, date '2020-01-01' as opened_on, null as closed_on from {every} order by n"
        ),
        # Every hundredth number was another account's until the noon of the first day.
        "service_numbers": (
            f"select {number} as service_number, 'A' || n as account_id, 'E' || ({switch}) as exchange_id, "
            f"{plan} as tariff_plan_id, case when n % 100 = 7 then timestamp '{FIRST_DAY} 12:00:00' "
            f"else timestamp '2020-01-01 00:00:00' end as valid_from, null as valid_to from {every} "
            f"union all select {number}, 'A' || (n - 1), 'E' || ({switch}), {plan}, timestamp '2020-01-01 00:00:00', "
            f"timestamp '{FIRST_DAY} 12:00:00' from {every} where n % 100 = 7 order by service_number, valid_from"
        ),
    }
    with duckdb.connect() as con:
        for table, query in tables.items():
            path = folder / f"{table}_{stamp}.csv"
            con.execute(f"copy ({query}) to '{path}' (format csv, header true)")
            os.utime(path, (_LONG_AGO, _LONG_AGO))
    for table, header in _HEADERS.items():
        path = folder / f"{table}_{stamp}.csv"
        path.write_text(header + "\n", encoding="utf-8")
        os.utime(path, (_LONG_AGO, _LONG_AGO))


def write_day(made: Workload, day: date, seed: int = 1) -> None:
    """The day's call files of every switch, numbered on from the days before."""
    with duckdb.connect() as con:
        for switch in range(SWITCHES):
            _write_switch(con, made, switch, day, seed)


def _write_switch(con: duckdb.DuckDBPyConnection, made: Workload, switch: int, day: date, seed: int) -> None:
    records = made.calls // SWITCHES + (switch < made.calls % SWITCHES)
    files = max(1, math.ceil(records / CALLS_PER_FILE))
    table = _records(made, switch, day, seed, records)
    con.register("records", table)
    folder = made.home / "inbox" / "cdr" / f"S{switch}"
    folder.mkdir(parents=True, exist_ok=True)
    first = (day - FIRST_DAY).days * files + 1
    per_file = math.ceil(records / files)
    for at in range(files):
        path = folder / f"S{switch}_{day:%Y%m%d}_{first + at:06d}.csv"
        part = table.slice(at * per_file, per_file)
        con.register("part", part.add_column(0, "record_number", pa.array(np.arange(1, len(part) + 1))))
        con.execute(f"copy part to '{path}' (format csv, header true)")
        os.utime(path, (_LONG_AGO + at, _LONG_AGO + at))


def _records(made: Workload, switch: int, day: date, seed: int, records: int) -> pa.Table:
    """A switch's records in the order it wrote them."""
    chance = np.random.default_rng([seed, (day - FIRST_DAY).days, switch])
    repeats = round(records * DUPLICATES)
    calls = records - repeats
    midnight = np.datetime64(datetime.combine(day, time()), "s")

    begins = chance.choice(24, calls, p=_HOURS / _HOURS.sum()) * 3_600 + chance.integers(0, 3_600, calls)
    seconds = np.clip(chance.lognormal(4.4, 1.1, calls), 1, LONGEST_CALL_SECONDS).astype(np.int64)
    seconds[chance.random(calls) < UNANSWERED] = 0
    written = begins.copy()  # in what order, in seconds of the day
    kind = chance.random(calls)
    overnight = kind < OVER_MIDNIGHT
    late = chance.integers(1, 1_800, int(overnight.sum()))
    begins[overnight], written[overnight] = -late, 0
    seconds[overnight] = late + chance.integers(0, 1_800, len(late))
    astray = (kind >= OVER_MIDNIGHT) & (kind < OVER_MIDNIGHT + OTHER_DAY)
    begins[astray] -= 2 * 86_400
    cause = np.where(
        seconds > 0, 16, chance.choice(np.array([17, 18, 19, 34, 41]), calls, p=[0.4, 0.15, 0.35, 0.05, 0.05])
    )

    callers, called = _numbers(made, switch, chance)
    caller = chance.integers(0, made.numbers_per_switch, calls)
    strangers = len(callers) - made.numbers_per_switch
    unknown = chance.random(calls) < UNDOCUMENTED
    caller[unknown] = made.numbers_per_switch + chance.integers(0, strangers // 2, int(unknown.sum()))
    zone = chance.choice(len(_DIALLED), calls, p=np.array(list(_DIALLED.values())) / sum(_DIALLED.values()))
    incoming = chance.random(calls) < INCOMING
    caller[incoming] = (
        made.numbers_per_switch + strangers // 2 + chance.integers(0, strangers // 2, int(incoming.sum()))
    )
    zones = list(_DIALLED)
    zone[incoming & (zone != zones.index("TOLLFREE"))] = zones.index("LOCAL")
    sizes, starts = np.array([len(part) for part in called]), np.cumsum([0, *[len(part) for part in called[:-1]]])
    dialled = starts[zone] + (chance.random(calls) * sizes[zone]).astype(np.int64)
    outgoing = ~np.isin(zone, [zones.index("LOCAL"), zones.index("INFO"), zones.index("EMERGENCY")]) & ~incoming
    group_in = np.where(incoming, chance.integers(0, 2, calls), -1)
    group_out = np.where(outgoing, chance.integers(2, 4, calls), -1)

    again = chance.choice(calls, repeats, replace=False)
    source = np.concatenate([np.arange(calls), again])
    written = np.concatenate([written, written[again] + chance.integers(1, 7_200, repeats)])
    order = source[np.argsort(written, kind="stable")]
    groups = pa.array([f"T{switch}{group}" for group in range(4)])

    def picked(indices: np.ndarray, values: pa.Array) -> pa.DictionaryArray:
        mask = indices < 0
        return pa.DictionaryArray.from_arrays(pa.array(indices.astype(np.int32), mask=mask), values)

    return pa.table({
        "calling_number": picked(caller[order], pa.array(callers)),
        "called_number": picked(dialled[order], pa.array([number for part in called for number in part])),
        "trunk_group_in": picked(group_in[order], groups),
        "trunk_group_out": picked(group_out[order], groups),
        "started_at": pa.array(midnight + begins[order].astype("timedelta64[s]")),
        "duration_seconds": pa.array(seconds[order]),
        "release_cause": pa.array(cause[order]),
    })  # fmt: skip


def _numbers(made: Workload, switch: int, chance: np.random.Generator) -> tuple[list[str], list[list[str]]]:
    """The numbers that call (subscribers, then as many that nobody holds and that call from elsewhere), and those that are
    called, zone by zone: in all about one for every five calls."""
    own = [f"2{switch}{at:06d}" for at in range(made.numbers_per_switch)]
    strangers = max(20, made.numbers_per_switch // 10)
    unknown = [f"2{switch}9{at:05d}" for at in range(strangers)]
    elsewhere = [f"0571{at:08d}" for at in chance.integers(10_000_000, 90_000_000, strangers)]
    pool = max(200, made.calls // SWITCHES // 5)
    by_zone: dict[str, list[str]] = {}
    for prefix, zone in prefixes():
        by_zone.setdefault(zone, []).append(prefix)
    called: list[list[str]] = []
    for zone, share in _DIALLED.items():
        wanted = max(20, round(pool * share))
        if zone == "LOCAL":
            at = chance.integers(0, made.numbers_per_switch, wanted)
            of = chance.integers(0, SWITCHES, wanted)
            called.append([f"2{o}{a:06d}" for o, a in zip(of.tolist(), at.tolist(), strict=True)])
        elif zone == "TOLLFREE":
            called.append([str(8_000_000_000 + at) for at in range(TOLLFREE_NUMBERS)])
        elif zone == "EMERGENCY":
            called.append(by_zone[zone])
        else:
            heads = by_zone.get(zone, ["9"])
            picked = chance.integers(0, len(heads), wanted).tolist()
            tails = chance.integers(0, 10**7, wanted).tolist()
            called.append([f"{heads[head]}{tail:07d}" for head, tail in zip(picked, tails, strict=True)])
    return own + unknown + elsewhere, called


def read_table(path: Path) -> list[dict[str, str]]:
    """A small CSV file's rows."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
