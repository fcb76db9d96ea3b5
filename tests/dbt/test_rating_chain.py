"""Rating from the reference book to the charge: the book's tables are compiled by the tariff models and calls are charged by
what they compile to. Single rules stand in the unit tests beside the models; here they meet. Figures worked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.dbt_runner import run_dbt
from tests.dbt.conftest import home
from tests.dbt.multi_band_calls import multi_band_from

BOOK = {
    "dialling_rules": "rule_order,kind,code,min_rest_digits,tariff_plan_id,zone_id,valid_from,valid_to,name_zh,name_en\n",
    "time_bands": """band_set_id,days,starts_at,ends_at,band_id
ALL,1234567,00:00,24:00,all
DN,12345,07:00,21:00,day
DN,12345,00:00,07:00,night
DN,12345,21:00,24:00,night
DN,67,00:00,24:00,night
DN,H,00:00,24:00,holiday
""",
    "tariff_plans": """tariff_plan_id,band_set_id,band_rule,rounding_mode,rounding_decimals
THREE_MINUTES,ALL,increment,half_up,2
BANDS,DN,increment,half_up,2
BANDS_AT_START,DN,start,half_up,2
SEVENTHS,ALL,increment,up,2
""",
    # BANDS: night has rows of its own, day and holiday fall back on the rows without band.
    "tariff_rates": """tariff_plan_id,zone_id,band_id,valid_from,valid_to,connect_fee,from_second,rate,rate_unit_seconds,increment_seconds
THREE_MINUTES,Z,,2026-01-01,2026-10-02,0,0,0.22,180,180
THREE_MINUTES,Z,,2026-01-01,2026-10-02,0,180,0.11,60,60
THREE_MINUTES,Z,,2026-10-02,,0.05,0,0.30,60,6
BANDS,Z,,2026-01-01,,0,0,0.60,60,60
BANDS,Z,,2026-01-01,,0,120,0.40,60,60
BANDS,Z,night,2026-01-01,,0,0,0.20,60,60
BANDS,Z,night,2026-01-01,,0,120,0.10,60,60
BANDS_AT_START,Z,,2026-01-01,,0,0,0.60,60,60
BANDS_AT_START,Z,night,2026-01-01,,0,0,0.20,60,60
SEVENTHS,Z,,2026-01-01,,0.01,0,0.10,7,1
""",
    "zones": "zone_id,call_category,charged_party,name_zh,name_en\nZ,local,calling,区,Zone\n",
    "destinations": "prefix,zone_id,valid_from,valid_to\n,Z,2026-01-01,\n",
    "class_plans": "customer_class,tariff_plan_id,valid_from,valid_to\nresidential,BANDS,2026-01-01,\n",
    "holidays": "holiday_date,name_zh,name_en\n2026-10-01,国庆,National Day\n",
}
COMPILED = (
    "int_day_types int_band_stretches int_band_days int_tariff_faults int_tariff_rows int_tariff_versions "
    "int_rating_steps int_rating_starts int_single_band_hours"
)

# (what, plan, day, begins at, seconds, seconds charged, amount)
CALLS = [
    ("the first three minutes are one increment", "THREE_MINUTES", "2026-03-04", "10:00:00", 1, 180, "0.22"),
    ("0.22 + 7 × 0.11", "THREE_MINUTES", "2026-03-04", "10:00:00", 600, 600, "0.99"),
    ("the version of the start holds over midnight: 0.22", "THREE_MINUTES", "2026-10-01", "23:59:00", 180, 180, "0.22"),
    ("the next version: 0.05 + 11 × 0.03", "THREE_MINUTES", "2026-10-02", "10:00:00", 61, 66, "0.38"),
    (
        "two by day, then from 120 s on at night 0.10: 2 × 0.60 + 2 × 0.10",
        "BANDS",
        "2026-03-04",
        "20:58:30",
        200,
        240,
        "1.40",
    ),
    ("one by day, one at night, then 0.10: 0.60 + 0.20 + 0.10", "BANDS", "2026-03-04", "20:59:30", 180, 180, "0.90"),
    ("begun at 21:00 to the second: 0.20", "BANDS", "2026-03-04", "21:00:00", 60, 60, "0.20"),
    ("07:00 to the second is day: 0.60", "BANDS", "2026-03-04", "07:00:00", 60, 60, "0.60"),
    ("a second before it is night: 0.20", "BANDS", "2026-03-04", "06:59:59", 60, 60, "0.20"),
    ("Saturday is night all day: 2 × 0.20 + 0.10", "BANDS", "2026-03-07", "10:00:00", 180, 180, "0.50"),
    ("a holiday falls back on the rows without band: 0.60", "BANDS", "2026-10-01", "03:00:00", 60, 60, "0.60"),
    ("out of the holiday into Friday night: 0.60 + 0.20", "BANDS", "2026-10-01", "23:59:30", 120, 120, "0.80"),
    ("the band at the start holds for all: 4 × 0.60", "BANDS_AT_START", "2026-03-04", "20:58:30", 200, 240, "2.40"),
    (
        "24 h from 12:00 by the band at the start: 1440 × 0.60",
        "BANDS_AT_START",
        "2026-03-04",
        "12:00:00",
        86400,
        86400,
        "864.00",
    ),
    # Day 2 × 0.60 + 538 × 0.40 (12–21 h), night 600 × 0.10, day 300 × 0.40: 1.20 + 215.20 + 60.00 + 120.00.
    ("24 h from 12:00 by the bands it walks through", "BANDS", "2026-03-04", "12:00:00", 86400, 86400, "396.40"),
    ("0.01 + 10 ÷ 7 × 0.10 = 0.1528…, up", "SEVENTHS", "2026-03-04", "10:00:00", 10, 10, "0.16"),
    ("0.01 + 35 ÷ 7 × 0.10 = 0.51 exactly, up adds nothing", "SEVENTHS", "2026-03-04", "10:00:00", 35, 35, "0.51"),
    ("0.01 + 86 400 ÷ 7 × 0.10 = 1234.2957…, up", "SEVENTHS", "2026-03-04", "00:00:00", 86400, 86400, "1234.30"),
]

Charge = tuple[int, Decimal]


@pytest.fixture(scope="module")
def charges(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str, str, int], Charge]:
    """(plan, day, time, seconds) → (seconds charged, amount), computed by the tariff models and int_calls_charged."""
    folder: Path = tmp_path_factory.mktemp("rating")
    reference = folder / "reference"
    reference.mkdir()
    for table, text in BOOK.items():
        (reference / f"{table}.csv").write_text(text, encoding="utf-8")
    settings = home(folder, reference)
    with open_warehouse(settings) as con:
        days = [[day] for day in sorted({call[2] for call in CALLS})]
        con.executemany("insert into raw.stale_days values (?)", days)
        con.executemany("insert into raw.call_days select day, day + 1 from (select cast(? as date) as day)", days)
        con.execute(
            "insert into raw.clock_days select call_date from raw.call_days union select last_day from raw.call_days"
        )
    run_dbt(settings, "build", f"{' '.join(BOOK)} {COMPILED}")
    with open_warehouse(settings) as con:
        con.execute("create table wanted (plan varchar, call_date date, begins_at time, duration_seconds integer)")
        con.executemany(
            "insert into wanted values (?, ?, ?, ?)", [[c[1], date.fromisoformat(c[2]), c[3], c[4]] for c in CALLS]
        )
        con.execute(
            """
            create table intermediate.int_calls_assigned as
            select versions.version_id, wanted.*, cast(epoch(begins_at) as integer) as start_second,
                cast(null as varchar) as early_state, versions.fault as unrated_reason
            from wanted
            inner join intermediate.int_tariff_versions as versions
                on wanted.plan = versions.tariff_plan_id
                and wanted.call_date >= versions.valid_from and wanted.call_date < versions.valid_to
            """
        )
        con.execute(
            f"create table intermediate.int_calls_multi_band as {multi_band_from('intermediate.int_calls_assigned')}"
        )
    run_dbt(settings, "build", "int_calls_charged")
    with open_warehouse(settings) as con:
        rows = con.execute(
            """
            select plan, cast(call_date as varchar), cast(begins_at as varchar), duration_seconds, charged_seconds, amount
            from intermediate.int_calls_charged
            """
        ).fetchall()
    return {(plan, day, begins, seconds): (charged, amount) for plan, day, begins, seconds, charged, amount in rows}


@pytest.mark.parametrize("call", CALLS, ids=[f"{call[1]}: {call[0]}" for call in CALLS])
def test_charge(
    call: tuple[str, str, str, str, int, int, str], charges: Mapping[tuple[str, str, str, int], Charge]
) -> None:
    _, plan, day, begins, seconds, charged_seconds, amount = call

    assert charges[plan, day, begins, seconds] == (charged_seconds, Decimal(amount))
