"""The package models against the oracle that walks each call increment by increment: random calls over several days of two
months, charged by the tariff book of test_rating_chain, in pots of seconds and of money that run out in mid-call."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from orchestration.warehouse.connection import insert_rows, open_warehouse
from orchestration.warehouse.dbt_runner import run_dbt
from tests.dbt.conftest import home
from tests.dbt.test_rating_chain import BOOK, COMPILED
from tests.oracle.book import read_book
from tests.oracle.packages import Pot, charge
from tests.oracle.rating import Tariffs
from tests.robustness.branch import BOOK as SMALL_BOOK

DAYS = [date(2026, 3, 4), date(2026, 3, 6), date(2026, 3, 7), date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 2)]
PLANS = ["THREE_MINUTES", "BANDS", "BANDS_AT_START", "SEVENTHS"]
# (package, account, number, kind, allowance); A1's two numbers share, A2's have a pot each, A3's is of money, A4 has none.
POTS = [
    ("P1", "A1", "", "seconds", 9001),
    ("P1", "A2", "21", "seconds", 4000),
    ("P1", "A2", "22", "seconds", 1),
    ("P2", "A3", "", "amount", Decimal("17.35")),
]
CALLS = 400


def test_random_calls_are_charged_as_the_oracle_walks_them(tmp_path: Path) -> None:
    draw = random.Random(20261123)
    calls = []
    for number in range(CALLS):
        day, account = draw.choice(DAYS), draw.choice(["A1", "A2", "A3", "A4"])
        begins = draw.choice([draw.randrange(86_400), draw.randrange(74_400, 75_600), draw.randrange(24_900, 25_200)])
        started_at = datetime.combine(day, datetime.min.time()) + timedelta(seconds=begins)
        seconds = draw.choice([draw.randint(1, 90), draw.randint(1, 900), draw.randint(1, 4000)])
        calls.append((f"F:{number}", account, account[1] + draw.choice("12"), draw.choice(PLANS), started_at, seconds))
    reference = tmp_path / "reference"
    reference.mkdir()
    for table, text in {**SMALL_BOOK, **BOOK}.items():
        (reference / f"{table}.csv").write_text(text, encoding="utf-8")
    tariffs = Tariffs(read_book(reference))

    expected = {}
    left = {
        (account, number, month): Pot(kind, Fraction(allowance))
        for _, account, number, kind, allowance in POTS
        for month in (3, 9, 10)
    }
    for call_id, account, number, plan, started_at, seconds in sorted(calls, key=lambda call: (call[4], call[0])):
        pot = left.get((account, number, started_at.month), left.get((account, "", started_at.month)))
        if pot is not None:
            expected[call_id] = charge(tariffs, tariffs.book.plans[plan], "Z", started_at, seconds, pot)

    settings = home(tmp_path, reference)
    with open_warehouse(settings) as con:
        days = [[day] for day in DAYS]
        con.executemany("insert into raw.stale_days values (?)", days)
        con.executemany("insert into raw.call_days select day, day + 1 from (select cast(? as date) as day)", days)
        con.execute(
            "insert into raw.clock_days select call_date from raw.call_days union select last_day from raw.call_days"
        )
    run_dbt(settings, "build", f"{' '.join(BOOK)} {COMPILED}")
    with open_warehouse(settings) as con:
        con.execute(
            "create table drawn (call_id varchar, account_id varchar, charged_number varchar, plan varchar, "
            "started_at timestamp, duration_seconds integer)"
        )
        insert_rows(con, "drawn", [list(call) for call in calls])
        con.execute(
            """
            create table intermediate.int_calls_assigned as
            select drawn.*, versions.version_id, versions.zone_id, cast(started_at as date) as call_date,
                cast(epoch(started_at) as bigint) % 86400 as start_second,
                cast(null as varchar) as early_state, versions.fault as unrated_reason
            from drawn
            inner join intermediate.int_tariff_versions as versions on drawn.plan = versions.tariff_plan_id
                and cast(started_at as date) >= versions.valid_from and cast(started_at as date) < versions.valid_to
            """
        )
        con.execute(
            "create table intermediate.int_package_grants (package_id varchar, subscription_id varchar, zone_id varchar, "
            "account_id varchar, package_number varchar, valid_from date, valid_to date)"
        )
        con.execute(
            "create table intermediate.int_package_pots (package_id varchar, account_id varchar, package_number varchar, "
            "billing_period varchar, allowance_kind varchar, allowance decimal(18, 6))"
        )
        for package, account, number, kind, allowance in POTS:
            con.execute(
                "insert into intermediate.int_package_grants values (?, 'S', 'Z', ?, ?, '2026-01-01', '9999-12-31')",
                [package, account, number],
            )
            for month in ("2026-03", "2026-09", "2026-10"):
                con.execute(
                    "insert into intermediate.int_package_pots values (?, ?, ?, ?, ?, ?)",
                    [package, account, number, month, kind, allowance],
                )
    run_dbt(settings, "build", "int_package_calls int_package_charges")
    with open_warehouse(settings) as con:
        rows = con.execute(
            "select call_id, covered_seconds, list_amount, amount from intermediate.int_package_charges"
        ).fetchall()

    assert {call_id: tuple(charged) for call_id, *charged in rows} == expected
    in_mid_call = [covered for covered, listed, amount in expected.values() if covered and 0 < amount < listed]
    assert len(in_mid_call) >= 5  # the draw does use allowances up within calls
