"""Which call days a run must rebuild, and nothing else (SPEC 4, last paragraph; DESIGN: incremental by call date).

A day is stale when the files that hold its calls are not those it was built from (new, released, with another verdict, dated
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
from pathlib import Path

import duckdb

from orchestration.ledger.file_ledger import FileLedger
from orchestration.rating.dialling import DiallingRule, strip_codes
from orchestration.warehouse.dbt_runner import ModelCode
from orchestration.warehouse.file_verdicts.call_files import loaded_files
from orchestration.warehouse.raw.raw_schema import RunFacts

#: What was used → the model that has it today. tests/warehouse/planning/test_stale_days.py checks that no input is missing.
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


#: Names that daily tables had in earlier versions. A home of such a version still holds their rows until this code drops them.
FORMER_DAILY_TABLES = ("intermediate.int_traffic_parts",)


# A call of a closed period stays as it was closed: no change makes its day stale.
_OPEN = "(calls.state <> 'rated' or calls.billing_period not in (select billing_period from closed.periods))"


# Calls that draw on a package, and whose covered part may still change.
_NOT_CLOSED = "calls.call_id not in (select call_id from closed.calls where package_id is not null)"


_FOLDER = Path(__file__).with_name("changed_days")


def _changed_days() -> dict[str, str]:
    """For each reason the query of its stale days: the files of changed_days/ in order; the first line of each is the reason."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.sql"))]
    return {text.partition("\n")[0].removeprefix("-- "): text for text in texts}


#: For each reason the query of its stale days. Where calls are looked up by a time, the affected ones are materialized first:
#: otherwise the engine looks up all calls, even where nothing changed. Days of closed periods can be stale for the anomalies only.
CHANGED_DAYS = _changed_days()

# Reasons that do not come from the reference book, or on which no amount depends.
_NOT_OF_THE_BOOK = {
    "the holder of a charged number changed",
    "the pieces of a long call changed",
    "the class of a calling number changed",
    "a threshold of the call anomalies changed",
}


def days_changed_by_book(con: duckdb.DuckDBPyConnection) -> set[date]:
    """The days with calls whose rating the book side, as it is built now, changes."""
    queries = [query for reason, query in CHANGED_DAYS.items() if reason not in _NOT_OF_THE_BOOK]
    return {day for query in queries for (day,) in con.execute(query).fetchall()} | set(_days_dialled_otherwise(con))


def note_built_in_part(con: duckdb.DuckDBPyConnection) -> None:
    """Note that only some of the daily tables were built for these days: the next whole run rebuilds the days."""
    _create_state(con)
    days = [day for (day,) in con.execute("select call_date from raw.stale_days").fetchall()]
    note_stale(con, days, "some of its tables were built alone")


def note_stale(con: duckdb.DuckDBPyConnection, days: Iterable[date], why: str) -> None:
    """Note days that the next run must rebuild."""
    for day in days:
        con.execute("insert into state.stale_days values (?, ?) on conflict do nothing", [day, why])


def is_up_to_date(con: duckdb.DuckDBPyConnection, code: ModelCode) -> bool:
    """Whether this code has built all daily tables completely."""
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
    stale: dict[date, str] = dict.fromkeys(forced, "requested")
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
    """The days after a stale day of the same month with calls that draw on a package: it may be used up at another call now."""
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
    """The days with a call for which today's dialling rules strip or select something else than the rules that were used.

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
    """Keep what the stale days were built from; they are stale no longer."""
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
    """For each call date the id of its last build; by it the publisher knows what did not change."""
    return {
        day.isoformat(): build
        for day, build in con.execute("select call_date, build_id from state.day_builds").fetchall()
    }


def day_signatures(con: duckdb.DuckDBPyConnection, ledger: FileLedger, facts: RunFacts) -> dict[date, str]:
    """For each call date a hash of the loaded files with its calls, the orders by which they count, and its billing period."""
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
    """Drop what other code built: the tables that are replaced by day are created again, with the columns of the new code."""
    for table in (*daily_tables, *FORMER_DAILY_TABLES):
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
