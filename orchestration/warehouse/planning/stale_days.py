"""Which call days a run must rebuild, and nothing else (SPEC 4, last paragraph; DESIGN: incremental by call date).

A day is stale when the files that hold its calls are not those it was built from (new, released, judged otherwise, dated
after the as-of date), or when something that decided one of its calls has changed: who holds a number, a rate, a prefix,
a zone, a switch's exchange, which pieces a long call has, a package, a maximum price. What was used is kept in the state
schema, and the comparison is by effect: a new interval of a number makes only those days stale on which a call of that
number now has another holder. A stale day of a package's holders makes the later days of its month stale that draw on it.
Days found stale stay noted until they are built, so a run that dies loses nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date

import duckdb

from orchestration.ledger.file_ledger import FileLedger
from orchestration.rating.dialling import DiallingRule, strip_codes
from orchestration.warehouse.dbt_runner import ModelCode
from orchestration.warehouse.file_verdicts.call_files import loaded_files
from orchestration.warehouse.raw.raw_schema import RunFacts

#: What was used → the model that says it today. tests/warehouse/test_staleness.py holds it to what the call side reads.
USED_TABLES = {
    "number_assignments": "intermediate.int_number_assignments",
    "tariff_days": "intermediate.int_tariff_days",
    "class_plans": "intermediate.int_class_plans",
    "destinations": "intermediate.int_destinations",
    "dialling_sequences": "intermediate.int_dialling_sequences",
    "zones": "intermediate.int_zones",
    "switches": "reference.switches",
    "info_services": "reference.info_services",
    "joined_pieces": "raw.joined_pieces",
    "anomaly_thresholds": "intermediate.int_anomaly_thresholds",
    "package_grants": "intermediate.int_package_grants",
    "package_pots": "intermediate.int_package_pots",
    "price_caps": "reference.price_caps",
}


# A call of a closed period is what was closed: nothing that changes now makes its day stale.
_OPEN = "(calls.state <> 'rated' or calls.billing_period not in (select billing_period from closed.periods))"


def _differing(key: str, used: str, compared: str = "*") -> str:
    """A query of the keys whose rows are not the same in what was used and in what its model says now."""
    before, now = f"state.used_{used}", USED_TABLES[used]
    return (
        f"select distinct {key} from ((select {compared} from {before} except select {compared} from {now}) "
        f"union all (select {compared} from {now} except select {compared} from {before}))"
    )


# Calls that draw on a package and may still draw otherwise.
_NOT_CLOSED = "calls.call_id not in (select call_id from closed.calls where package_id is not null)"


def _granted(grants: str) -> str:
    """A query of the calls of `concerned` with the packages that fit them."""
    return f"""
        select concerned.*, grants.package_id, grants.package_number
        from concerned
        inner join {grants} as grants on concerned.account_id = grants.account_id and concerned.zone_id = grants.zone_id
            and concerned.call_date >= grants.valid_from and concerned.call_date < grants.valid_to
            and (grants.package_number = '' or grants.package_number = concerned.charged_number)"""


# Where calls are looked up by a time, the concerned ones are materialized first: else the engine, where nothing changed, looks up
# all calls there are.
CHANGED_DAYS = {
    "the holder of a charged number changed": f"""
        with changed as (
            {_differing("service_number", "number_assignments")}
        ),
        concerned as materialized (
            select calls.call_date, calls.charged_number, calls.started_at
            from intermediate.int_calls_judged as calls
            where calls.charged_number in (select service_number from changed)
                and calls.state in ('undocumented', 'unrated', 'rated') and {_OPEN}
        )
        select distinct calls.call_date
        from concerned as calls
        left join state.used_number_assignments as used on calls.charged_number = used.service_number
            and calls.started_at >= used.valid_from and calls.started_at < used.valid_to
        left join intermediate.int_number_assignments as now on calls.charged_number = now.service_number
            and calls.started_at >= now.valid_from and calls.started_at < now.valid_to
        where (used.account_id, used.customer_id, used.customer_class, used.business_unit_id, used.agent_id, used.outlet_id,
                used.tariff_plan_id, used.fault)
            is distinct from (now.account_id, now.customer_id, now.customer_class, now.business_unit_id, now.agent_id, now.outlet_id,
                now.tariff_plan_id, now.fault)
        """,
    "the pieces of a long call changed": _differing("call_date", "joined_pieces"),
    "the class of a calling number changed": f"""
        with changed as (
            {_differing("service_number", "number_assignments")}
        ),
        concerned as materialized (
            select calls.call_date, calls.calling_number, calls.started_at, calls.caller_class
            from intermediate.int_calls_judged as calls
            where calls.calling_number in (select service_number from changed) and calls.state <> 'duplicate' and {_OPEN}
        )
        select distinct calls.call_date
        from concerned as calls
        left join intermediate.int_number_assignments as now on calls.calling_number = now.service_number
            and calls.started_at >= now.valid_from and calls.started_at < now.valid_to
        where calls.caller_class is distinct from coalesce(now.customer_class, 'unknown')
        """,
    "a rate, plan, band or holiday of a call changed": f"""
        with changed as (
            select coalesce(used.call_date, now.call_date) as call_date,
                coalesce(used.tariff_plan_id, now.tariff_plan_id) as tariff_plan_id, coalesce(used.zone_id, now.zone_id) as zone_id,
                used.fingerprint is distinct from now.fingerprint as has_changed
            from state.used_tariff_days as used
            full join intermediate.int_tariff_days as now
                on used.call_date = now.call_date and used.tariff_plan_id = now.tariff_plan_id and used.zone_id = now.zone_id
            where (used.fingerprint, used.next_day_types) is distinct from (now.fingerprint, now.next_day_types)
        )
        select distinct calls.call_date
        from intermediate.int_calls_judged as calls
        inner join changed on calls.call_date = changed.call_date and calls.tariff_plan_id = changed.tariff_plan_id
            and calls.zone_id = changed.zone_id
        where calls.state in ('unrated', 'rated') and {_OPEN}
            and (changed.has_changed
                or cast(calls.started_at + to_seconds(calls.duration_seconds) as date) > calls.call_date)
        """,
    "the plan of a customer class changed": f"""
        with changed as (
            {_differing("customer_class", "class_plans")}
        ),
        concerned as materialized (
            select calls.call_date, calls.customer_class, calls.tariff_plan_id
            from intermediate.int_calls_judged as calls
            where calls.customer_class in (select customer_class from changed) and calls.state in ('unrated', 'rated') and {_OPEN}
        )
        select distinct calls.call_date
        from concerned as calls
        left join state.used_class_plans as used on calls.customer_class = used.customer_class
            and calls.call_date >= used.valid_from and calls.call_date < used.valid_to
        left join intermediate.int_class_plans as now on calls.customer_class = now.customer_class
            and calls.call_date >= now.valid_from and calls.call_date < now.valid_to
        where (used.tariff_plan_id, used.fault) is distinct from (now.tariff_plan_id, now.fault)
            -- A call by another plan than its class had has its number's own, or one that a code selected.
            and calls.tariff_plan_id is not distinct from used.tariff_plan_id
        """,
    "a destination prefix of a call changed": f"""
        with changed as ({_differing("prefix, prefix_length", "destinations")}),
        dialled as (
            select distinct calls.call_date, calls.rated_number, changed.prefix
            from intermediate.int_calls_judged as calls
            inner join changed on starts_with(calls.rated_number, changed.prefix)
            where calls.state <> 'duplicate' and {_OPEN} and not (calls.destination_prefix is null and calls.zone_id is not null)
                and coalesce(length(calls.destination_prefix), 0) <= changed.prefix_length
        )
        select distinct dialled.call_date
        from dialled
        left join state.used_destinations as used on dialled.prefix = used.prefix
            and dialled.call_date >= used.valid_from and dialled.call_date < used.valid_to
        left join intermediate.int_destinations as now on dialled.prefix = now.prefix
            and dialled.call_date >= now.valid_from and dialled.call_date < now.valid_to
        where (used.zone_id, used.fault) is distinct from (now.zone_id, now.fault)
        """,
    "a zone of a call changed": f"""
        with changed as (
            {_differing("zone_id", "zones")}
        )
        select distinct calls.call_date
        from intermediate.int_calls_judged as calls
        left join intermediate.int_destinations as destinations on calls.destination_prefix = destinations.prefix
            and calls.call_date >= destinations.valid_from and calls.call_date < destinations.valid_to
        where coalesce(calls.zone_id, destinations.zone_id) in (select zone_id from changed) and {_OPEN}
        """,
    "the exchange of a switch changed": f"""
        with changed as (
            {_differing("switch_id", "switches", "switch_id, exchange_id")}
        )
        select distinct call_date from intermediate.int_calls_judged as calls
        where switch_id in (select switch_id from changed) and {_OPEN}
        """,
    "the access prefix of an information service changed": f"""
        with changed as (
            {_differing("access_prefix", "info_services", "access_prefix")}
        )
        select distinct calls.call_date from intermediate.int_calls_judged as calls
        inner join changed on starts_with(calls.rated_number, changed.access_prefix)
        where calls.state = 'rated' and {_OPEN}
        """,
    "a package of a call changed": f"""
        with changed as (
            {_differing("account_id, zone_id", "package_grants", "* exclude (allowance_kind, allowance)")}
        ),
        concerned as (
            select distinct calls.call_date, calls.account_id, calls.charged_number, calls.zone_id
            from intermediate.int_calls_judged as calls
            inner join changed on calls.account_id = changed.account_id and calls.zone_id = changed.zone_id
            where calls.state = 'rated' and {_OPEN}
        )
        select distinct call_date from (
            ({_granted("state.used_package_grants")} except {_granted("intermediate.int_package_grants")})
            union all
            ({_granted("intermediate.int_package_grants")} except {_granted("state.used_package_grants")})
        )
        """,
    "the allowance of a package changed": f"""
        with changed as (
            {_differing("package_id, account_id, package_number, billing_period", "package_pots")}
        )
        select distinct calls.call_date
        from intermediate.int_package_calls as calls
        inner join changed on calls.package_id = changed.package_id and calls.account_id = changed.account_id
            and calls.package_number = changed.package_number
            and strftime(calls.call_date, '%Y-%m') = changed.billing_period
        where {_NOT_CLOSED}
        """,
    "a maximum price changed": f"""
        with changed as (
            {_differing("tariff_plan_id, zone_id", "price_caps")}
        )
        select distinct calls.call_date
        from intermediate.int_calls_judged as calls
        inner join changed on calls.tariff_plan_id = changed.tariff_plan_id and calls.zone_id = changed.zone_id
        left join state.used_price_caps as used on calls.tariff_plan_id = used.tariff_plan_id
            and calls.zone_id = used.zone_id and calls.call_date >= used.valid_from
            and calls.call_date < coalesce(used.valid_to, date '9999-12-31')
        left join reference.price_caps as now on calls.tariff_plan_id = now.tariff_plan_id
            and calls.zone_id = now.zone_id and calls.call_date >= now.valid_from
            and calls.call_date < coalesce(now.valid_to, date '9999-12-31')
        where calls.state = 'rated' and {_OPEN} and used.max_amount is distinct from now.max_amount
        """,
    # The days of closed periods too: what is reported of their calls is not closed with them.
    "a threshold of the call anomalies changed": f"""
        select distinct call_date from intermediate.int_calls_judged
        where exists (
            {_differing("1", "anomaly_thresholds", "ultra_short_seconds, ultra_short_calls, over_long_seconds")}
        )
        """,
}

# What a change of the reference book does not cause, and what no amount depends on.
_NOT_OF_THE_BOOK = {
    "the holder of a charged number changed",
    "the pieces of a long call changed",
    "the class of a calling number changed",
    "a threshold of the call anomalies changed",
}


def days_changed_by_book(con: duckdb.DuckDBPyConnection) -> set[date]:
    """The days with calls that the book side, as it stands built, would have rated again."""
    queries = [query for reason, query in CHANGED_DAYS.items() if reason not in _NOT_OF_THE_BOOK]
    return {day for query in queries for (day,) in con.execute(query).fetchall()} | set(_days_dialled_otherwise(con))


def note_built_in_part(con: duckdb.DuckDBPyConnection) -> None:
    """Some of the daily tables were built, and others not: the next whole run rebuilds the days that this was about."""
    _create_state(con)
    days = [day for (day,) in con.execute("select call_date from raw.stale_days").fetchall()]
    note_stale(con, days, "some of its tables were built alone")


def note_stale(con: duckdb.DuckDBPyConnection, days: Iterable[date], why: str) -> None:
    """Have the next run rebuild these days in any case."""
    for day in days:
        con.execute("insert into state.stale_days values (?, ?) on conflict do nothing", [day, why])


def is_up_to_date(con: duckdb.DuckDBPyConnection, code: ModelCode) -> bool:
    """Whether the daily tables were built to the end, by this code."""
    if not all(_exists(con, "state", table) for table in ("code", "stale_days")):
        return False
    is_pending = bool(_single(con, "select count(*) from state.stale_days"))
    return not is_pending and _single(con, "select max(code_fingerprint) from state.code") == code.fingerprint


def find_stale_days(
    con: duckdb.DuckDBPyConnection,
    ledger: FileLedger,
    facts: RunFacts,
    code: ModelCode,
    forced: frozenset[date] = frozenset(),
) -> dict[date, str]:
    """The days to rebuild, with the first reason for each, noted in state.stale_days until `note_built`.

    Needs the book side of the graph to be built for this run. A change of the models' code makes every day stale and
    drops the daily tables that the old code built.
    """
    _create_state(con)
    if _single(con, "select max(code_fingerprint) from state.code") != code.fingerprint:
        _drop_built(con, code.daily_tables)
    signatures = day_signatures(con, ledger, facts)
    built = dict(con.execute("select call_date, signature from state.day_builds").fetchall())
    stale: dict[date, str] = dict.fromkeys(forced, "asked for")
    for day in sorted(signatures.keys() | built.keys()):
        if day not in built:
            stale.setdefault(day, "not built yet")
        elif signatures.get(day) != built[day]:
            stale.setdefault(day, "its files or periods changed")
    if built and _exists(con, "intermediate", "int_calls_judged"):
        for reason, query in CHANGED_DAYS.items():
            for (day,) in con.execute(query).fetchall():
                stale.setdefault(day, reason)
        for day in _days_dialled_otherwise(con):
            stale.setdefault(day, "a dialling rule of a call changed")
        for day in later_package_days(con, stale):
            stale.setdefault(day, "an earlier day of its packages' month changed")
    con.execute("begin")
    for table, model in USED_TABLES.items():
        con.execute(f"create or replace table state.used_{table} as select * from {model}")
    for day, reason in stale.items():
        note_stale(con, [day], reason)
    con.execute("delete from state.code")
    con.execute("insert into state.code values (?)", [code.fingerprint])
    con.execute("commit")
    return dict(con.execute("select call_date, why from state.stale_days order by call_date").fetchall())


def later_package_days(con: duckdb.DuckDBPyConnection, stale: Iterable[date]) -> list[date]:
    """The days after a stale day of the same month with calls that draw on a package: it may be used up sooner or later now."""
    firsts: dict[str, date] = {}
    for day in sorted(stale):
        firsts.setdefault(day.isoformat()[:7], day)
    return [
        later
        for month, first in firsts.items()
        for (later,) in con.execute(
            "select distinct call_date from intermediate.int_package_calls as calls "
            f"where call_date > ? and strftime(call_date, '%Y-%m') = ? and {_NOT_CLOSED}",
            [first, month],
        ).fetchall()
    ]


def _days_dialled_otherwise(con: duckdb.DuckDBPyConnection) -> list[date]:
    """The days with a call of which the rules that were used and those of today do not strip or select the same.

    Only numbers that begin with a code of such an exchange and day can differ; they are stripped one by one until one does.
    """
    rules = {
        table: {
            (exchange_id, valid_from): [DiallingRule(**rule) for rule in listed]
            for exchange_id, valid_from, listed in con.execute(
                f"select exchange_id, valid_from, rules from {table}"
            ).fetchall()
        }
        for table in ("state.used_dialling_sequences", USED_TABLES["dialling_sequences"])
    }
    in_force = (
        "calls.exchange_id = {0}.exchange_id and calls.call_date >= {0}.valid_from and calls.call_date < {0}.valid_to"
    )
    candidates = con.execute(
        f"""
        with days as (
            select distinct call_date, exchange_id from intermediate.int_calls_judged as calls where {_OPEN}
        ),
        changed as (
            select calls.call_date, calls.exchange_id, used.valid_from as used_from, now.valid_from as now_from,
                list_concat(used.rules, now.rules) as rules
            from days as calls
            left join state.used_dialling_sequences as used on {in_force.format("used")}
            left join {USED_TABLES["dialling_sequences"]} as now on {in_force.format("now")}
            where used.rules is distinct from now.rules
        )
        select distinct calls.call_date, calls.exchange_id, changed.used_from, changed.now_from, calls.called_number
        from intermediate.int_calls_judged as calls
        inner join changed on calls.call_date = changed.call_date and calls.exchange_id = changed.exchange_id
        where calls.state <> 'duplicate' and {_OPEN}
            and list_bool_or(list_transform(changed.rules, lambda r : starts_with(calls.called_number, r.code)))
        """
    )
    used, now = rules.values()
    stale: set[date] = set()
    while numbers := candidates.fetchmany(10_000):
        for day, exchange_id, used_from, now_from, called_number in numbers:
            if day not in stale and strip_codes(called_number, used.get((exchange_id, used_from), ())) != strip_codes(
                called_number, now.get((exchange_id, now_from), ())
            ):
                stale.add(day)
    return sorted(stale)


def note_built(con: duckdb.DuckDBPyConnection, ledger: FileLedger, facts: RunFacts, run_id: str) -> None:
    """The stale days are built: keep what they were built from, and forget that they were stale."""
    signatures = day_signatures(con, ledger, facts)
    con.execute("begin")
    stale = [day for (day,) in con.execute("select call_date from state.stale_days order by call_date").fetchall()]
    for day in stale:
        con.execute("delete from state.day_builds where call_date = ?", [day])
        if day in signatures:
            con.execute("insert into state.day_builds values (?, ?, ?)", [day, signatures[day], f"{run_id}/{day}"])
    con.execute("delete from state.stale_days")
    con.execute("commit")


def day_builds(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Per call date the id of its last build, by which the publisher knows what did not change."""
    return {
        day.isoformat(): build
        for day, build in con.execute("select call_date, build_id from state.day_builds").fetchall()
    }


def day_signatures(con: duckdb.DuckDBPyConnection, ledger: FileLedger, facts: RunFacts) -> dict[date, str]:
    """Per call date a hash of the loaded files that hold its calls, the orders they count by, and the period it bills to."""
    files = {f.file_id: f for f in loaded_files(ledger, facts.as_of)}
    decoded = {entry.file_id: entry.decoded_with for entry in ledger.files("cdr")}
    closed = {period for (period,) in con.execute("select billing_period from closed.periods").fetchall()}
    first, last = facts.first_billing_period or "", facts.as_of.isoformat()[:7]
    oldest_open = min((p for p in _periods(first, last) if p not in closed), default="")
    texts: dict[date, list[str]] = {}
    for day in ledger.call_days():
        file = files.get(day.file_id)
        if file is not None:
            texts.setdefault(day.call_date, []).append(
                f"{file.file_id} {file.order} {file.other_day_order if day.other_day_records else ''} {decoded[file.file_id]}"
            )
    signatures = {}
    for call_date, lines in texts.items():
        period = call_date.isoformat()[:7]
        # A day of a closed period keeps its signature: its calls are frozen, and late ones come with a file of their own.
        billed_in = period if first <= period <= last else f"late {oldest_open}"
        signatures[call_date] = hashlib.sha256("\n".join([billed_in, *sorted(lines)]).encode()).hexdigest()
    return signatures


def _periods(first: str, last: str) -> list[str]:
    periods = []
    while first and first <= last:
        periods.append(first)
        year, month = int(first[:4]), int(first[5:])
        first = f"{year + month // 12:04d}-{month % 12 + 1:02d}"
    return periods


def _create_state(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create table if not exists state.code (code_fingerprint varchar)")
    con.execute(
        "create table if not exists state.day_builds (call_date date primary key, signature varchar, build_id varchar)"
    )
    con.execute("create table if not exists state.stale_days (call_date date primary key, why varchar)")
    for table, model in USED_TABLES.items():
        con.execute(f"create table if not exists state.used_{table} as select * from {model} limit 0")


def _drop_built(con: duckdb.DuckDBPyConnection, daily_tables: tuple[str, ...]) -> None:
    """Forget what other code built: the tables that are replaced day by day are made again, in the new code's columns."""
    for table in daily_tables:
        con.execute(f"drop table if exists {table} cascade")
    con.execute("delete from state.day_builds")
    for used in USED_TABLES:
        con.execute(f"drop table if exists state.used_{used}")
    _create_state(con)


def _exists(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    return bool(
        _single(
            con,
            f"select count(*) from information_schema.tables where table_schema = '{schema}' and table_name = '{table}'",
        )
    )


def _single(con: duckdb.DuckDBPyConnection, query: str) -> object:
    row = con.execute(query).fetchone()
    return None if row is None else row[0]
