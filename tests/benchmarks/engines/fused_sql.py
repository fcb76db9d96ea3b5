"""The bare work in DuckDB, as one script written for this one day: what the product's cost is measured against.

Load the CSV typed → duplicates by the hash of the key, confirmed on the key → zone, holder, plan, charge → rated calls as
Parquet (lz4) with the columns of the published mart, usage lines, records per state. No ledger, no gates, no history.
"""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from tests.benchmarks.outcome import Outcome
from tests.benchmarks.tariff import HEAD_DIGITS, Book
from tests.benchmarks.workload import Workload

_COLUMNS = {
    "record_number": "INTEGER", "calling_number": "VARCHAR", "called_number": "VARCHAR", "trunk_group_in": "VARCHAR",
    "trunk_group_out": "VARCHAR", "started_at": "TIMESTAMP", "duration_seconds": "INTEGER", "release_cause": "INTEGER",
}  # fmt: skip
_KEY = "switch_id, calling_number, called_number, started_at, duration_seconds, trunk_group_in, trunk_group_out"


def read_calls(paths: list[Path]) -> str:
    """A typed scan of canonical files."""
    files = ", ".join(f"'{path}'" for path in paths)
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in _COLUMNS.items())
    return f"read_csv([{files}], auto_detect = false, header = true, delim = ',', quote = '', columns = {{{columns}}}, filename = true)"


def load_book(con: duckdb.DuckDBPyConnection, made: Workload, book: Book) -> None:
    """The compiled book and the exports as small tables of the connection."""
    heads, long = book.heads()
    roundings = {rounding.plan: rounding for rounding in book.roundings}
    tables = {
        "heads": {"head": list(heads), "prefix": list(heads.values())},
        **{
            f"long_{length}": {"prefix": found, "zone_id": [book.destinations[p] for p in found]}
            for length, found in long.items()
        },
        "zoned_prefixes": {
            "prefix": list(book.destinations),
            "zone_id": list(book.destinations.values()),
            "call_category": [book.zones[zone][0] for zone in book.destinations.values()],
            "bill_item_id": [book.zones[zone][1] for zone in book.destinations.values()],
            "is_charged_to_called": [book.zones[zone][2] for zone in book.destinations.values()],
        },
        "class_plans": {"customer_class": list(book.class_plans), "tariff_plan_id": list(book.class_plans.values())},
        "rates": {
            "tariff_plan_id": [s.plan for s in book.starts],
            "zone_id": [s.zone for s in book.starts],
            "start_hour": [s.hour for s in book.starts],
            "connect_price": [s.connect_price for s in book.starts],
            "factor": [roundings[s.plan].factor for s in book.starts],
            "shift": [roundings[s.plan].offset for s in book.starts],
            "divisor": [roundings[s.plan].divisor for s in book.starts],
            "unit": [roundings[s.plan].unit for s in book.starts],
            "band_ends": [s.band_ends for s in book.starts],
            **{
                f"{part}_{field}": [getattr(getattr(s, part), field) for s in book.starts]
                for part in ("first", "then")
                for field in ("until", "increment", "price", "increment_after", "price_after")
            },
        },
    }
    for name, columns in tables.items():
        con.register("given", pa.table(columns))
        con.execute(f"create or replace temp table {name} as select * from given")
        con.unregister("given")
    con.execute(
        "create or replace temp table files as select path as filename, parse_filename(path) as file_name, "
        "split_part(parse_filename(path), '_', 1) as switch_id, exchange_id, "
        "cast(strptime(split_part(parse_filename(path), '_', 2), '%Y%m%d') as date) as file_date, "
        "cast(row_number() over (order by path) as integer) as file_order "
        "from unnest(?) as paths(path) inner join (select unnest(?) as switch_id, unnest(?) as exchange_id) as switches "
        "on split_part(parse_filename(path), '_', 1) = switches.switch_id",
        [[str(path) for path in made.call_files()], list(book.exchanges), list(book.exchanges.values())],
    )


def load_holders(con: duckdb.DuckDBPyConnection, made: Workload) -> None:
    """Who holds which number, with class and plan (part of what is measured)."""
    con.execute(f"""
        create or replace temp table holders as
        select
            numbers.service_number, numbers.valid_from, coalesce(numbers.valid_to, timestamp '9999-12-31') as valid_to,
            numbers.account_id, accounts.customer_id, customers.customer_class, customers.business_unit_id,
            customers.agent_id, customers.outlet_id, coalesce(numbers.tariff_plan_id, class_plans.tariff_plan_id) as tariff_plan_id
        from read_csv('{made.export("service_numbers")}', all_varchar = false, types = {{'service_number': 'VARCHAR',
            'tariff_plan_id': 'VARCHAR', 'valid_from': 'TIMESTAMP', 'valid_to': 'TIMESTAMP'}}) as numbers
        inner join read_csv('{made.export("accounts")}') as accounts using (account_id)
        inner join read_csv('{made.export("customers")}', types = {{'agent_id': 'VARCHAR'}}) as customers using (customer_id)
        left join class_plans using (customer_class)""")


def charged_sql(calls: str) -> str:
    """CTEs from `calls` to `charged`: the price (180ths of a millionth) and the seconds charged, by the call's row of `rates`.

    Four stretches in the order of the clock: two tiers in the band of the start, two in the one after it. Each is a
    column, for a repeated expression is reckoned again.
    """
    d = "duration_seconds"
    return f"""
        one as (
            select *, least({d}, band_ends - start_second) as room,
                (least({d}, band_ends - start_second, first_until) + first_increment - 1) // first_increment as n1
            from {calls}
        ),
        two as (
            select *, case when room > n1 * first_increment
                then (room - n1 * first_increment + first_increment_after - 1) // first_increment_after else 0 end as n2
            from one
        ),
        price_of_first as (
            select *, n1 * first_increment + n2 * first_increment_after as first_charged,
                connect_price + n1 * first_price + n2 * first_price_after as first_total
            from two
        ),
        three as (
            select *, case when first_charged < {d} and first_charged < then_until
                then (least({d}, then_until) - first_charged + then_increment - 1) // then_increment else 0 end as n3
            from price_of_first
        ),
        four as (
            select *, case when first_charged < {d} and {d} > first_charged + n3 * then_increment
                then ({d} - first_charged - n3 * then_increment + then_increment_after - 1) // then_increment_after else 0 end as n4
            from three
        ),
        charged as (
            select *, first_total + n3 * then_price + n4 * then_price_after as price,
                first_charged + n3 * then_increment + n4 * then_increment_after as charged_seconds
            from four
        )"""


def run(made: Workload, book: Book, day: date, work: Path, threads: int) -> Outcome:
    """Do the work once; returns totals and the seconds of each step. Rated calls go to `work`/rated_calls.parquet."""
    seconds: dict[str, float] = {}
    con = duckdb.connect()
    con.execute(f"set threads = {threads}")
    con.execute("set preserve_insertion_order = false")
    load_book(con, made, book)

    def step(name: str, *statements: str) -> None:
        begun = time.perf_counter()
        for statement in statements:
            con.execute(statement)
        seconds[name] = round(time.perf_counter() - begun, 3)

    step(
        "load",
        f"""
        create temp table calls as
        select file_order, switch_id, record_number, calling_number, called_number, trunk_group_in, trunk_group_out,
            started_at, duration_seconds,
            hash({_KEY}) as key_hash
        from {read_calls(made.call_files())} inner join files using (filename)""",
    )
    step(
        "dedup",
        "create temp table alike as select key_hash from calls group by key_hash having count(*) > 1",
        f"""
        create temp table repeated as
        select file_order, record_number from (
            select file_order, record_number, row_number() over (partition by {_KEY} order by file_order, record_number) as nth
            from calls semi join alike using (key_hash)
        ) where nth > 1""",
    )
    begun = time.perf_counter()
    load_holders(con, made)
    seconds["holders"] = round(time.perf_counter() - begun, 3)
    lengths = sorted({len(p) for p in book.destinations if len(p) > HEAD_DIGITS}, reverse=True)
    tried = "".join(
        f" left join long_{length} on substring(numbered.called_number, 1, {length}) = long_{length}.prefix"
        for length in lengths
    )
    longest = ", ".join([*(f"long_{length}.prefix" for length in lengths), "heads.prefix"])
    rated = work / "rated_calls.parquet"
    step(
        "assign, rate and write",
        f"""
        copy (
        with numbered as (
            select calls.*, substring(called_number, 1, {HEAD_DIGITS}) as head,
                repeated.record_number is not null as is_repeated
            from calls left join repeated using (file_order, record_number)
        ),
        prefixed as (
            select numbered.*, coalesce({longest}) as prefix from numbered left join heads using (head){tried}
        ),
        zoned as (
            select prefixed.*, zoned_prefixes.* exclude (prefix),
                case when is_charged_to_called then called_number else calling_number end as charged_number
            from prefixed left join zoned_prefixes using (prefix)
        ),
        assigned as (
            select zoned.*, holders.* exclude (service_number, valid_from, valid_to),
                case
                    -- An other_day record that was not released is nobody's first, so its like is no duplicate either.
                    when cast(started_at as date) <> date '{day}' and not (cast(started_at as date) = date '{day}' - 1
                        and started_at + to_seconds(duration_seconds) >= timestamp '{day}') then 'other_day'
                    when is_repeated then 'duplicate'
                    when duration_seconds = 0 then 'not_answered'
                    when trunk_group_in is not null and not coalesce(is_charged_to_called, false) then 'not_charged'
                    when holders.account_id is null then 'undocumented'
                end as early_state,
                cast(hour(started_at) as integer) as start_hour,
                cast(epoch(started_at) % 86400 as integer) as start_second
            from zoned left join holders
                on zoned.charged_number = holders.service_number
                and zoned.started_at >= holders.valid_from and zoned.started_at < holders.valid_to
        ),
        wanted as (
            select *, case when early_state is null then tariff_plan_id end as rated_plan_id from assigned
        ),
        priced as (
            select wanted.*, rates.* exclude (tariff_plan_id, zone_id, start_hour)
            from wanted left join rates
                on wanted.rated_plan_id = rates.tariff_plan_id and wanted.zone_id = rates.zone_id
                and wanted.start_hour = rates.start_hour
        ),
        {charged_sql("priced")}
        select coalesce(early_state, case when price is null then 'unrated' else 'rated' end) as state,
            replace(file_name, '.csv', ':') || record_number as call_id, charged.switch_id, exchange_id, trunk_group_in,
            trunk_group_out, calling_number, called_number, charged_number, started_at, cast(started_at as date) as call_date,
            duration_seconds, account_id, customer_id, customer_class, business_unit_id, agent_id, outlet_id, file_name,
            record_number, prefix as destination_prefix, zone_id, call_category, bill_item_id, tariff_plan_id,
            charged_seconds,
            cast(cast((price * factor + shift) // divisor * unit as decimal(11, 0))
                * cast(0.000001 as decimal(7, 6)) as decimal(18, 6)) as amount,
            '{day:%Y-%m}' as billing_period
        from charged inner join files using (file_order)
        ) to '{rated}' (format parquet, compression lz4)""",
    )
    step(
        "usage",
        f"create temp table states as select file_name, state, count(*) as records from read_parquet('{rated}') group by all",
        "create temp table usage as select account_id, charged_number, bill_item_id, count(*) as calls, sum(amount) as amount, "
        f"sum(charged_seconds) as charged_seconds from read_parquet('{rated}') where state = 'rated' group by all",
    )
    states = dict(con.execute("select state, cast(sum(records) as bigint) from states group by state").fetchall())
    lines, amount, charged_seconds = con.execute(
        "select count(*), sum(amount), cast(sum(charged_seconds) as bigint) from usage"
    ).fetchone() or (0, 0, 0)
    con.close()
    return Outcome(states, amount, charged_seconds, lines, seconds)
