"""From the number as dialled to zone and plan: the compiled book and int_calls_zoned against a search by hand.

The book is drawn at random with prefixes of every length, validities and dialling rules; the expected zone comes from
orchestration/rating/dialling.py (whose own cases are worked by hand) and from trying every prefix of the book.
"""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.rating.dialling import DialledNumber, rules_in_force, strip_codes
from orchestration.reference_book.tables import REFERENCE_TABLES
from orchestration.warehouse.connection import insert_rows, open_warehouse
from orchestration.warehouse.dbt_runner import run_dbt
from tests.dbt.conftest import home

COMPILED = (
    "int_day_types int_band_stretches int_tariff_rows int_tariff_faults int_zones int_destinations int_destination_nodes "
    "int_destination_heads int_destination_tails int_dialling_sequences"
)
FIRST = date(2026, 1, 1)
DAYS = 120
EXCHANGES = {"E1": "0548", "E2": "010", "E3": ""}
NO_SIGNS = str.maketrans("", "", "*#")
ZONES = {"Z1": "calling", "Z2": "calling", "Z3": "called"}

Row = dict[str, Any]


def drawn_book(rng: random.Random) -> dict[str, list[Row]]:
    """A book with nested prefixes of 0 to 14 digits and some rules; no prefix and no place in the order stands twice."""
    digits = "0158"
    destinations: list[Row] = []
    prefixes = {"", "5", "55555"} | {"".join(rng.choices(digits, k=rng.randint(1, 14))) for _ in range(120)}
    prefixes |= {"*", "*57*", "#1"} | {
        rng.choice("*#") + "".join(rng.choices("018*#", k=rng.randint(1, 10))) for _ in range(20)
    }
    for prefix in sorted(prefixes | {prefix[:-1] for prefix in prefixes if len(prefix) > 4}):
        begins = FIRST + timedelta(days=rng.randint(-20, 60))
        while begins < FIRST + timedelta(days=DAYS):
            ends = begins + timedelta(days=rng.randint(1, 90)) if rng.random() < 0.6 else None
            destinations.append(
                {"prefix": prefix, "zone_id": rng.choice([*ZONES]), "valid_from": begins, "valid_to": ends}
            )
            if ends is None:
                break
            begins = ends + timedelta(days=rng.choice([0, 0, 7]))
    rules: list[Row] = []
    for order in range(1, 8):
        begins = FIRST + timedelta(days=rng.randint(-5, 70))
        kind = "own_area_code" if rng.random() < 0.25 else "code"
        rules.append(
            {
                "rule_order": order * 10,
                "kind": kind,
                "code": drawn_code(rng, digits) if kind == "code" else None,
                "min_rest_digits": rng.randint(0, 9),
                "tariff_plan_id": rng.choice([None, None, "P1", "P2"]),
                "zone_id": rng.choice([None, None, None, *ZONES]),
                "valid_from": begins,
                "valid_to": rng.choice([None, begins + timedelta(days=30)]),
                "name_zh": None,
                "name_en": None,
            }
        )
    return {"destinations": destinations, "dialling_rules": rules}


def drawn_code(rng: random.Random, digits: str) -> str:
    """A code of 1 to 5 digits, or one of those by which a caller shows or withholds his number."""
    return rng.choice(["*31#", "#31#"]) if rng.random() < 0.3 else "".join(rng.choices(digits, k=rng.randint(1, 5)))


def written_book(folder: Path, drawn: dict[str, list[Row]]) -> Path:
    """The book's files that the compiled models read."""
    folder.mkdir()
    fixed: dict[str, list[Row]] = {
        "zones": [{"zone_id": z, "call_category": "c", "charged_party": p, "name_zh": "", "name_en": ""} for z, p in ZONES.items()],
        "call_categories": [{"call_category": "c", "bill_item_id": "B", "name_zh": "", "name_en": ""}],
        "exchanges": [{"exchange_id": e, "name_zh": "", "name_en": "", "area_code": a} for e, a in EXCHANGES.items()],
        "switches": [
            {"switch_id": f"S{e}", "exchange_id": e, "cdr_format": "canonical", "expected_files_per_day": ""}
            for e in EXCHANGES
        ],
        "tariff_plans": [
            {"tariff_plan_id": p, "band_set_id": "A", "band_rule": "start", "rounding_mode": "up", "rounding_decimals": 2}
            for p in ("P1", "P2")
        ],
        "time_bands": [{"band_set_id": "A", "days": "1234567", "starts_at": "00:00", "ends_at": "24:00", "band_id": "a"}],
    }  # fmt: skip
    for table, rows in (fixed | drawn).items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    for table in ("tariff_rates", "class_plans"):
        (folder / f"{table}.csv").write_text(",".join(REFERENCE_TABLES[table].header) + "\n", encoding="utf-8")
    return folder


def drawn_calls(rng: random.Random, book: dict[str, list[Row]], count: int) -> list[tuple[str, str, date, str]]:
    """(call, called number, day, switch): many numbers begin with a few codes and a prefix of the book."""
    codes = [row["code"] for row in book["dialling_rules"] if row["code"]] + ["0548", "010"]
    prefixes = [row["prefix"] for row in book["destinations"]]
    calls = []
    for number in range(count):
        parts = [*rng.choices(codes, k=rng.choice([0, 0, 1, 2, 3])), rng.choice(prefixes)]
        number_dialled = "".join(parts)
        # Only a number that begins with * or # keeps them.
        kept = "01589*#" if number_dialled.startswith(("*", "#")) and rng.random() < 0.5 else "01589"
        number_dialled = number_dialled if number_dialled.startswith(("*", "#")) else number_dialled.translate(NO_SIGNS)
        tail = "".join(rng.choices(kept, k=rng.randint(0, 9)))
        day = FIRST + timedelta(days=rng.randrange(DAYS))
        calls.append((f"F:{number}", number_dialled + tail, day, "S" + rng.choice([*EXCHANGES])))
    return calls


def longest_prefix(number: str, day: date, destinations: list[Row]) -> Row | None:
    """Every prefix of the book is tried; the empty one starts no service code."""
    fits = [
        row
        for row in destinations
        if number.startswith(row["prefix"])
        and (row["prefix"] != "" or not number.startswith(("*", "#")))
        and row["valid_from"] <= day
        and (row["valid_to"] is None or day < row["valid_to"])
    ]
    return max(fits, key=lambda row: len(row["prefix"]), default=None)


@pytest.mark.parametrize("seed", [1, 2])
def test_zone_and_plan_are_those_of_the_rule_in_plain_words(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    book = drawn_book(rng)
    calls = drawn_calls(rng, book, 4_000)
    settings = home(tmp_path, written_book(tmp_path / "reference", book))
    tables = " ".join(path.stem for path in (tmp_path / "reference").iterdir())
    run_dbt(settings, "build", f"{tables} {COMPILED}")
    with open_warehouse(settings) as con:
        create_calls(con, calls)
    run_dbt(settings, "build", "int_calls_zoned")
    with open_warehouse(settings) as con:
        rows = con.execute(
            """
            select call_id, rated_number, access_code, dialled_plan_id, dialling_fault, destination_prefix, zone_id,
                charged_number, is_charged_to_called
            from intermediate.int_calls_zoned
            """
        ).fetchall()
    found = {row[0]: row[1:] for row in rows}
    assert len(rows) == len(found) == len(calls)
    stripped = 0
    for call_id, number, day, switch in calls:
        rules = rules_in_force(book["dialling_rules"], day, EXCHANGES[switch[1:]])
        dialled: DialledNumber = strip_codes(number, rules)
        destination = longest_prefix(dialled.rated_number, day, book["destinations"])
        prefix, zone = (destination["prefix"], destination["zone_id"]) if destination else (None, None)
        if dialled.zone_id is not None:
            prefix, zone = None, dialled.zone_id
        is_called = ZONES.get(zone or "") == "called"
        stripped += dialled.access_code is not None
        assert found[call_id] == (
            dialled.rated_number, dialled.access_code, dialled.tariff_plan_id, None, prefix, zone,
            (dialled.rated_number or None) if is_called else "5001", is_called,
        ), (number, day, switch)  # fmt: skip
    assert 500 < stripped < 3_800


def create_calls(con: duckdb.DuckDBPyConnection, calls: list[tuple[str, str, date, str]]) -> None:
    """Records of 5001 in place of the staging view."""
    con.execute("create table wanted (call_id varchar, called_number varchar, call_date date, switch_id varchar)")
    insert_rows(con, "wanted", calls)
    con.execute("create schema if not exists staging")
    con.execute(
        """
        create table staging.stg_switch__calls as
        select call_id, 'F' as file_id, 'f.csv' as file_name, 1 as record_number, switch_id, null as trunk_group_in,
            null as trunk_group_out, '5001' as calling_number, called_number, cast(call_date as timestamp) as started_at,
            call_date, 60 as duration_seconds, 16 as release_cause, false as is_other_day, cast(null as varchar) as call_kind,
            null as charge_party, null as partial_kind, null as call_reference,
            cast(null as varchar) as recorded_charged_number, cast(null as timestamp) as started_at_utc,
            false as is_partial, null as joined_call_id,
            null as joined_pieces, null as joined_seconds, null as joining_note
        from wanted
        """
    )
