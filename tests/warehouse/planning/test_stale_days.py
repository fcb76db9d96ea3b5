"""Which days are stale: for each reason a change that makes some so and one that makes none, on a warehouse of a dozen calls.

The days are worked out by hand from the calls below. Every call stands on a day of its own, so a day names its call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.warehouse.dbt_runner import ModelCode, ensure_manifest
from orchestration.warehouse.planning.stale_days import (
    CHANGED_DAYS,
    USED_TABLES,
    find_stale_days,
    is_up_to_date,
    note_built,
)
from orchestration.warehouse.raw.raw_schema import RunFacts
from tests.warehouse.conftest import Call, RawZone

FACTS = RunFacts(date(2026, 4, 30), "2026-02")
CODE = ModelCode("one code", ())

# 2200001 (A1, residential, HOME) makes most calls; 2200002 (A2, business, OFFICE) those to information services and under a package;
# 2200003 (A3) calls a number that pays; 2200009 is nobody's. 10 February is closed.
WAREHOUSE = """
create schema raw; create schema intermediate; create schema reference; create schema closed; create schema state;
create table closed.periods as select '2026-02' as billing_period;
create table closed.calls (call_id varchar, package_id varchar);
create table intermediate.int_calls_judged (
    call_id varchar, call_date date, state varchar, billing_period varchar, calling_number varchar, caller_class varchar,
    charged_number varchar, called_number varchar, rated_number varchar, started_at timestamp, duration_seconds integer,
    account_id varchar, customer_class varchar, tariff_plan_id varchar, zone_id varchar, destination_prefix varchar,
    switch_id varchar, exchange_id varchar
);
insert into intermediate.int_calls_judged values
('closed', '2026-02-10', 'rated', '2026-02', '2200001', 'residential', '2200001', '2200002', '2200002', '2026-02-10 10:00:00', 60,
    'A1', 'residential', 'HOME', 'LOCAL', '2', 'SW1', 'EX1'),
('local', '2026-03-01', 'rated', '2026-03', '2200001', 'residential', '2200001', '2200002', '2200002', '2026-03-01 10:00:00', 60,
    'A1', 'residential', 'HOME', 'LOCAL', '2', 'SW1', 'EX1'),
('over midnight', '2026-03-02', 'rated', '2026-03', '2200001', 'residential', '2200001', '01012345678', '01012345678',
    '2026-03-02 23:50:00', 1800, 'A1', 'residential', 'HOME', 'NATIONAL', '010', 'SW1', 'EX1'),
('undocumented', '2026-03-03', 'undocumented', null, '2200009', 'unknown', '2200009', '2200001', '2200001',
    '2026-03-03 10:00:00', 60, null, null, null, null, '2', 'SW1', 'EX1'),
('information', '2026-03-04', 'rated', '2026-03', '2200002', 'business', '2200002', '9601', '9601', '2026-03-04 10:00:00', 60,
    'A2', 'business', 'OFFICE', 'INFO', '96', 'SW2', 'EX2'),
('duplicate', '2026-03-05', 'duplicate', null, '2200001', 'residential', '2200001', '2200002', '2200002', '2026-03-05 10:00:00', 60,
    null, null, null, null, null, 'SW1', 'EX1'),
('unrated', '2026-03-06', 'unrated', null, '2200001', 'residential', '2200001', '9999', '9999', '2026-03-06 10:00:00', 60,
    'A1', 'residential', 'HOME', null, null, 'SW1', 'EX1'),
('in package', '2026-04-07', 'rated', '2026-04', '2200002', 'business', '2200002', '2200001', '2200001', '2026-04-07 10:00:00', 60,
    'A2', 'business', 'OFFICE', 'LOCAL', '2', 'SW1', 'EX1'),
('paid by the called', '2026-03-08', 'rated', '2026-03', '2200003', 'residential', '2200002', '8001', '8001', '2026-03-08 10:00:00', 60,
    'A2', 'business', 'OFFICE', 'FREE', '8', 'SW1', 'EX1'),
('own plan', '2026-03-09', 'rated', '2026-03', '2200003', 'residential', '2200003', '2200001', '2200001', '2026-03-09 10:00:00', 60,
    'A3', 'residential', 'OWN', 'LOCAL', '2', 'SW1', 'EX1'),
('later in package', '2026-04-10', 'rated', '2026-04', '2200002', 'business', '2200002', '2200001', '2200001',
    '2026-04-10 10:00:00', 60, 'A2', 'business', 'OFFICE', 'LOCAL', '2', 'SW1', 'EX1');
create table intermediate.int_number_assignments as
select number as service_number, timestamp '2025-01-01' as valid_from, timestamp '9999-12-31' as valid_to, account as account_id,
    'C' || account as customer_id, class as customer_class, 'BU1' as business_unit_id, null::varchar as agent_id, 'OU1' as outlet_id,
    null::varchar as tariff_plan_id, null::varchar as fault
from (values ('2200001', 'A1', 'residential'), ('2200002', 'A2', 'business'), ('2200003', 'A3', 'residential'))
    as n (number, account, class);
create table intermediate.int_tariff_days as
select call_date, tariff_plan_id, zone_id, 'rates' as fingerprint, 'ordinary day' as next_day_types
from (select distinct call_date from intermediate.int_calls_judged)
cross join (values ('HOME'), ('OFFICE'), ('OWN')) as p (tariff_plan_id)
cross join (values ('LOCAL'), ('NATIONAL'), ('INFO'), ('FREE')) as z (zone_id);
create table intermediate.int_class_plans as
select class as customer_class, date '2015-01-01' as valid_from, date '9999-12-31' as valid_to, plan as tariff_plan_id,
    null::varchar as fault
from (values ('residential', 'HOME'), ('business', 'OFFICE')) as c (class, plan);
create table intermediate.int_destinations as
select prefix, length(prefix) as prefix_length, zone as zone_id, null::varchar as fault, date '2015-01-01' as valid_from,
    date '9999-12-31' as valid_to
from (values ('2', 'LOCAL'), ('01', 'NATIONAL'), ('010', 'NATIONAL'), ('96', 'INFO'), ('8', 'FREE')) as d (prefix, zone);
create table intermediate.int_zones as
select zone as zone_id, 'calling' as charged_party
from (values ('LOCAL'), ('NATIONAL'), ('INFO'), ('FREE'), ('SPARE')) as z (zone);
create table intermediate.int_dialling_sequences (
    exchange_id varchar, valid_from date, valid_to date,
    rules struct(code varchar, min_rest_digits integer, tariff_plan_id varchar, zone_id varchar, fault varchar)[]
);
create table reference.switches as
select * from (values ('SW1', 'EX1', 'canonical'), ('SW2', 'EX2', 'canonical')) as s (switch_id, exchange_id, cdr_format);
create table reference.info_services as select '96' as access_prefix, 'Weather' as provider_name;
create table raw.joined_pieces as select 'F1:3' as call_id, date '2026-03-02' as call_date, 1800 as joined_seconds;
create table intermediate.int_anomaly_thresholds as
select 3 as ultra_short_seconds, 100 as ultra_short_calls, 86400 as over_long_seconds, 'warn' as severity;
create table intermediate.int_package_grants as
select 'A2' as account_id, 'LOCAL' as zone_id, 'TALK' as package_id, '' as package_number, date '2026-01-01' as valid_from,
    date '9999-12-31' as valid_to, 'seconds' as allowance_kind, 6000 as allowance;
create table intermediate.int_package_pots as
select 'TALK' as package_id, 'A2' as account_id, '' as package_number, period as billing_period, 6000 as allowance
from (values ('2026-04'), ('2026-05')) as p (period);
create table intermediate.int_package_calls as
select call_id, call_date, 'TALK' as package_id, account_id, '' as package_number
from intermediate.int_calls_judged where call_id in ('in package', 'later in package');
create table reference.price_caps (tariff_plan_id varchar, zone_id varchar, valid_from date, valid_to date, max_amount decimal(18, 6));
"""

HOLDER = "the holder of a charged number changed"
PIECES = "the pieces of a long call changed"
CALLER_CLASS = "the class of a calling number changed"
RATE = "a rate, plan, band or holiday of a call changed"
CLASS_PLAN = "the plan of a customer class changed"
PREFIX = "a destination prefix of a call changed"
ZONE = "a zone of a call changed"
EXCHANGE = "the exchange of a switch changed"
INFORMATION = "the access prefix of an information service changed"
PACKAGE = "a package of a call changed"
ALLOWANCE = "the allowance of a package changed"
CAP = "a maximum price changed"
ANOMALY = "a threshold of the call anomalies changed"
DIALLING = "a dialling rule of a call changed"
EARLIER = "an earlier day of its packages' month changed"


def _assigned(number: str, account: str, since: str, until: str) -> str:
    return (
        f"insert into intermediate.int_number_assignments select '{number}', '{since}', '{until}', '{account}', 'C{account}', "
        "'residential', 'BU1', null, 'OU1', null, null"
    )


def _dialled(code: str) -> str:
    return (
        "insert into intermediate.int_dialling_sequences values ('EX2', '2015-01-01', '9999-12-31', "
        f"[{{'code': '{code}', 'min_rest_digits': 2, 'tariff_plan_id': null, 'zone_id': null, 'fault': null}}])"
    )


# What changed, by which statement, and the days (of 2026) that it makes stale with their reason. The closed call and the
# duplicate never are, but where a threshold of what is reported changed.
CHANGES: list[tuple[str, str, dict[str, str]]] = [
    (
        "another account has the number",
        "update intermediate.int_number_assignments set account_id = 'A9' where service_number = '2200001'",
        {"03-01": HOLDER, "03-02": HOLDER, "03-06": HOLDER},
    ),
    (
        "somebody has the number that was nobody's",
        _assigned("2200009", "A9", "2026-03-03 00:00:00", "9999-12-31"),
        {"03-03": HOLDER},
    ),
    (
        "the number that was nobody's is somebody's from the second after the call",
        _assigned("2200009", "A9", "2026-03-03 10:00:01", "9999-12-31"),
        {},
    ),
    ("an earlier owner of the number", _assigned("2200001", "A9", "2020-01-01", "2021-01-01"), {}),
    ("a number that no call has", _assigned("2200777", "A9", "2020-01-01", "9999-12-31"), {}),
    (
        "a piece came",
        "insert into raw.joined_pieces values ('F1:9', '2026-03-08', 60)",
        {"03-08": PIECES},
    ),
    (
        "the same pieces in another order of writing",
        "create or replace table raw.joined_pieces as select 'F1:3' as call_id, date '2026-03-02' as call_date, 1800 as joined_seconds",
        {},
    ),
    (
        "the caller is of another class",
        "update intermediate.int_number_assignments set customer_class = 'business' where service_number = '2200003'",
        {"03-08": CALLER_CLASS, "03-09": HOLDER},
    ),
    (
        "the caller is of another outlet",
        "update intermediate.int_number_assignments set outlet_id = 'OU2' where service_number = '2200003'",
        {"03-09": HOLDER},
    ),
    (
        "a rate of that day",
        "update intermediate.int_tariff_days set fingerprint = 'dearer' where call_date = '2026-03-01' and zone_id = 'LOCAL'",
        {"03-01": RATE},
    ),
    (
        "a rate of a plan, a zone and a day that no call has",
        (
            "update intermediate.int_tariff_days set fingerprint = 'dearer' where (call_date, zone_id) = ('2026-03-01', 'NATIONAL') or "
            "(call_date, tariff_plan_id) = ('2026-03-04', 'HOME')"
        ),
        {},
    ),
    (
        "a rate of a closed day",
        "update intermediate.int_tariff_days set fingerprint = 'dearer' where call_date = '2026-02-10'",
        {},
    ),
    (
        "the next day of every day became a holiday",
        "update intermediate.int_tariff_days set next_day_types = 'holiday'",
        {"03-02": RATE},
    ),
    (
        "another plan of a class",
        "update intermediate.int_class_plans set tariff_plan_id = 'OFFICE' where customer_class = 'residential'",
        {"03-01": CLASS_PLAN, "03-02": CLASS_PLAN, "03-06": CLASS_PLAN},
    ),
    (
        "another plan of a class from the third of March on",
        (
            "update intermediate.int_class_plans set valid_to = '2026-03-03' where customer_class = 'residential'; "
            "insert into intermediate.int_class_plans values ('residential', '2026-03-03', '9999-12-31', 'OFFICE', null)"
        ),
        {"03-06": CLASS_PLAN},
    ),
    (
        "a plan of a class that nobody is of",
        "insert into intermediate.int_class_plans values ('hotel', '2015-01-01', '9999-12-31', 'OFFICE', null)",
        {},
    ),
    (
        "the zone of a prefix",
        "update intermediate.int_destinations set zone_id = 'FREE' where prefix = '010'",
        {"03-02": PREFIX},
    ),
    (
        "a longer prefix",
        "insert into intermediate.int_destinations values ('0101', 4, 'FREE', null, '2015-01-01', '9999-12-31')",
        {"03-02": PREFIX},
    ),
    (
        "a prefix where there was none",
        "insert into intermediate.int_destinations values ('99', 2, 'FREE', null, '2015-01-01', '9999-12-31')",
        {"03-06": PREFIX},
    ),
    (
        "the zone of a shorter prefix",
        "update intermediate.int_destinations set zone_id = 'FREE' where prefix = '01'",
        {},
    ),
    (
        "a longer prefix from next year on",
        "insert into intermediate.int_destinations values ('0101', 4, 'FREE', null, '2027-01-01', '9999-12-31')",
        {},
    ),
    (
        "the party that a zone charges",
        "update intermediate.int_zones set charged_party = 'called' where zone_id = 'LOCAL'",
        {"03-01": ZONE, "03-03": ZONE, "04-07": ZONE, "03-09": ZONE, "04-10": ZONE},
    ),
    ("a zone without calls", "update intermediate.int_zones set charged_party = 'called' where zone_id = 'SPARE'", {}),
    ("the exchange", "update reference.switches set exchange_id = 'EX3' where switch_id = 'SW2'", {"03-04": EXCHANGE}),
    ("the format of a switch", "update reference.switches set cdr_format = 'other' where switch_id = 'SW2'", {}),
    ("an information service is gone", "delete from reference.info_services", {"03-04": INFORMATION}),
    ("another provider", "update reference.info_services set provider_name = 'News'", {}),
    ("a service that nobody calls", "insert into reference.info_services values ('97', 'News')", {}),
    (
        "a package that begins between two calls",
        "update intermediate.int_package_grants set valid_from = '2026-04-08'",
        {"04-07": PACKAGE, "04-10": EARLIER},
    ),
    ("a package that ends after all calls", "update intermediate.int_package_grants set valid_to = '2026-05-01'", {}),
    (
        "a package that was not given any more",
        "delete from intermediate.int_package_grants",
        {"04-07": PACKAGE, "04-10": PACKAGE},
    ),
    (
        "an allowance",
        "update intermediate.int_package_pots set allowance = 60 where billing_period = '2026-04'",
        {"04-07": ALLOWANCE, "04-10": ALLOWANCE},
    ),
    (
        "an allowance of a month without calls",
        "update intermediate.int_package_pots set allowance = 60 where billing_period = '2026-05'",
        {},
    ),
    (
        "a maximum price",
        "insert into reference.price_caps values ('OFFICE', 'INFO', '2026-01-01', null, 5)",
        {"03-04": CAP},
    ),
    (
        "a maximum price of later, and of a plan without such calls",
        "insert into reference.price_caps values ('OFFICE', 'INFO', '2026-03-05', null, 5), ('HOME', 'INFO', '2026-01-01', null, 5)",
        {},
    ),
    ("how a finding is shown", "update intermediate.int_anomaly_thresholds set severity = 'error'", {}),
    ("a code that a call begins with", _dialled("96"), {"03-04": DIALLING}),
    ("a code that no call begins with", _dialled("17"), {}),
    ("a code that leaves too few digits", _dialled("960"), {}),
]


# What the call side reads besides what is compared, and what is compared in its place: a table of what was used, or
FILES = "the files of each day, the orders they count by, and the period it bills to (day_signatures)"
FROZEN = "nothing: what is closed does not change, and a restored period notes its days itself"
STANDS_IN = {
    "raw.calls": FILES,
    "raw.call_days": FILES,
    "raw.duplicate_calls": FILES,
    "raw.settlement_twins": FILES,
    "staging.stg_ledger__files": FILES,
    "intermediate.int_billing_periods": FILES,
    "raw.stale_days": "nothing: it is the plan",
    "closed.calls": FROZEN,
    "closed.reopened_calls": FROZEN,
    "intermediate.int_band_days": "intermediate.int_tariff_days",
    "intermediate.int_single_band_hours": "intermediate.int_tariff_days",
    "intermediate.int_rating_starts": "intermediate.int_tariff_days",
    "intermediate.int_rating_steps": "intermediate.int_tariff_days",
    "intermediate.int_tariff_versions": "intermediate.int_tariff_days",
    "intermediate.int_destination_heads": "intermediate.int_destinations",
    "intermediate.int_destination_nodes": "intermediate.int_destinations",
    "intermediate.int_destination_tails": "intermediate.int_destinations",
}
SIDES = {"book", "calls", "accounts"}


class Planner:
    """The warehouse with the ledger of the one file that holds all its calls."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.zone = RawZone(folder)
        self.con: duckdb.DuckDBPyConnection = self.zone.con
        self.con.execute(WAREHOUSE)
        days = self.con.execute("select distinct call_date from intermediate.int_calls_judged order by 1").fetchall()
        self.days = [day for (day,) in days]
        self.deliver("F1", [f"{day} 10:00:00" for day in self.days])

    def deliver(self, name: str, starts: list[str]) -> None:
        """Load one more file."""
        self.zone.deliver(name, "2026-04-10", [Call(started_at=start) for start in starts])
        self.zone.ledger.set_status(name, "loaded", None)

    def find(self, code: ModelCode = CODE, forced: frozenset[date] = frozenset()) -> dict[date, str]:
        """The stale days with their reasons."""
        return find_stale_days(self.con, self.zone.ledger, FACTS, code, forced)

    def build(self) -> None:
        """What a run does after the stale days are rated."""
        note_built(self.con, self.zone.ledger, FACTS, "run")


@pytest.fixture
def planner(tmp_path: Path) -> Iterator[Planner]:
    """A warehouse whose days are all built."""
    made = Planner(tmp_path / "home")
    assert made.find() == dict.fromkeys(made.days, "not built yet")
    made.build()
    yield made
    made.con.close()
    made.zone.ledger.close()


@pytest.mark.parametrize(("statement", "days"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_a_change_makes_just_the_days_stale_that_it_touches(
    planner: Planner, statement: str, days: dict[str, str]
) -> None:
    planner.con.execute(statement)
    assert planner.find() == {date.fromisoformat(f"2026-{day}"): reason for day, reason in days.items()}
    planner.build()
    assert planner.find() == {}, "what was used is kept"


def test_a_threshold_of_what_is_reported_concerns_every_day(planner: Planner) -> None:
    """The closed day too: what is reported of its calls is not closed with them."""
    planner.con.execute("update intermediate.int_anomaly_thresholds set over_long_seconds = 3600")
    assert planner.find() == dict.fromkeys(planner.days, ANOMALY)


def test_every_reason_is_tried() -> None:
    """But the one above, each has a change that triggers it."""
    tried = {reason for _, _, days in CHANGES for reason in days.values()}
    assert tried == set(CHANGED_DAYS) - {ANOMALY} | {DIALLING, EARLIER}


def test_nothing_changed(planner: Planner) -> None:
    assert planner.find() == {}
    planner.build()
    assert is_up_to_date(planner.con, CODE)
    assert not is_up_to_date(planner.con, ModelCode("other code", ()))


def test_files_and_periods(planner: Planner) -> None:
    """A file with calls of a day, a file that is not loaded any more, and a period that was closed meanwhile."""
    planner.deliver("F2", ["2026-03-01 11:00:00", "2026-03-20 11:00:00"])
    files, new = "its files or periods changed", "not built yet"
    assert planner.find() == {date(2026, 3, 1): files, date(2026, 3, 20): new}
    planner.build()
    planner.zone.ledger.set_status("F2", "rejected", "a test of the switch")
    assert planner.find() == {date(2026, 3, 1): files, date(2026, 3, 20): files}
    planner.build()
    planner.con.execute("insert into closed.periods values ('2026-03')")
    planner.con.execute("update intermediate.int_tariff_days set fingerprint = 'dearer'")
    of_april = {date(2026, 4, 7): RATE, date(2026, 4, 10): RATE}
    assert planner.find() == of_april, (
        "what is rated of a closed period stays; the unrated call has no zone, so no rate"
    )


def test_what_is_stale_stays_so_until_it_is_built(planner: Planner) -> None:
    """A run that dies between the two loses nothing: what it noted is found again, though what was used is kept already."""
    planner.con.execute("update intermediate.int_tariff_days set fingerprint = 'dearer' where call_date = '2026-03-01'")
    found = planner.find()
    assert found == {date(2026, 3, 1): RATE} and not is_up_to_date(planner.con, CODE)
    assert planner.find() == found
    assert planner.find(forced=frozenset({date(2026, 3, 4)})) == {**found, date(2026, 3, 4): "requested"}


def test_other_code_builds_every_day_anew(planner: Planner) -> None:
    """And drops the tables that the old code built, also under the name that they had then."""
    planner.con.execute("create table intermediate.int_daily as select 1 as old_column")
    planner.con.execute("create table intermediate.int_traffic_parts as select 1 as old_column")
    code = ModelCode("other code", ("intermediate.int_daily",))
    assert planner.find(code) == dict.fromkeys(planner.days, "not built yet")
    assert planner.con.execute(
        "select count(*) from information_schema.tables where table_name in ('int_daily', 'int_traffic_parts')"
    ).fetchone() == (0,)


def _name(node: dict[str, Any]) -> str:
    schema = node["source_name"] if node["resource_type"] == "source" else node["schema"]
    return f"{schema}.{node['name']}"


def test_whatever_the_call_side_reads_is_compared() -> None:
    """Itself, or what stands in for it. A model that reads something new fails here until somebody has thought of it."""
    manifest = json.loads(ensure_manifest().read_text(encoding="utf-8"))
    nodes: dict[str, dict[str, Any]] = {**manifest["nodes"], **manifest["sources"]}
    models = [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")]
    assert [_name(node) for node in models if len(SIDES & set(node["tags"])) != 1] == [], "each has exactly one side"
    read = {
        _name(nodes[parent])
        for node in models
        if "calls" in node["tags"]
        for parent in node["depends_on"]["nodes"]
        if "calls" not in nodes[parent].get("tags", [])
    }
    compared = set(USED_TABLES.values())
    assert read - compared == set(STANDS_IN)
    in_their_place = set(STANDS_IN.values()) - {FILES, FROZEN, STANDS_IN["raw.stale_days"]}
    assert in_their_place | (read & compared) == compared
