"""The tables have the columns and types that are declared: by dbt's YAML, by the reference book, and of a call.

dbt enforces contracts only on its own materialisations; tables replaced by day have none, so this looks for itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pytest

from orchestration.call_columns import (
    JOINED_PIECE,
    JUDGED_CALL,
    RATED_CALL,
    RECORD,
    STAGED_BESIDES,
    CallColumn,
    Stage,
    types_of,
    up_to,
)
from orchestration.reference_book.tables import REFERENCE_TABLES
from orchestration.settings import Settings
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.dbt_runner import manifest_nodes


@pytest.fixture(scope="module")
def built_columns(empty_warehouse: Settings) -> dict[tuple[str, str], dict[str, str]]:
    with open_warehouse(empty_warehouse) as con:
        return columns_by_relation(con)


def columns_by_relation(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, str]]:
    """(schema, relation) → column → type, columns in their order."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    rows = con.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() order by column_index"
    ).fetchall()
    for schema, relation, column, kind in rows:
        found.setdefault((schema, relation), {})[column] = kind
    return found


def models() -> list[dict[str, Any]]:
    return [node for node in manifest_nodes()["nodes"].values() if node["resource_type"] == "model"]


def test_every_model_has_the_columns_it_describes(built_columns: dict[tuple[str, str], dict[str, str]]) -> None:
    wrong = {
        node["name"]: sorted(set(built_columns[node["schema"], node["name"]]) ^ set(node["columns"]))
        for node in models()
        if set(built_columns[node["schema"], node["name"]]) != set(node["columns"])
    }

    assert wrong == {}


def test_every_declared_type_is_the_built_one(built_columns: dict[tuple[str, str], dict[str, str]]) -> None:
    wrong = [
        f"{node['name']}.{column['name']}: declared {column['data_type']}, built {built}"
        for node in models()
        for column in node["columns"].values()
        if column["data_type"]
        and (built := built_columns[node["schema"], node["name"]][column["name"]]).replace(",", ", ").lower()
        != column["data_type"]
    ]

    assert wrong == []


def test_every_mart_and_every_table_replaced_by_day_declares_its_types() -> None:
    held = [
        node for node in models() if node["schema"] == "marts" or node["config"]["materialized"] == "replaced_by_day"
    ]

    assert [n["name"] for n in held if not all(c["data_type"] for c in n["columns"].values())] == []
    assert [
        n["name"] for n in held if n["config"]["materialized"] != "replaced_by_day" and not n["contract"]["enforced"]
    ] == []


def test_the_tables_of_the_reference_book_have_the_declared_columns_and_types(
    built_columns: dict[tuple[str, str], dict[str, str]],
) -> None:
    built = {
        name: [(column, kind.replace(",", ", ").lower()) for column, kind in built_columns["reference", name].items()]
        for name in REFERENCE_TABLES
    }

    assert built == {
        name: [(column.name, column.kind.sql_type) for column in table.columns]
        for name, table in REFERENCE_TABLES.items()
    }


def test_sources_are_described_as_they_are_laid(built_columns: dict[tuple[str, str], dict[str, str]]) -> None:
    wrong = [
        f"{source['schema']}.{source['name']}"
        for source in manifest_nodes()["sources"].values()
        if set(built_columns[source["schema"], source["name"]]) != set(source["columns"])
    ]

    assert wrong == []


#: The models between staging and the state of a call: they hand on what staging has.
CARRIERS = ("int_calls_zoned", "int_calls_assigned", "int_calls_charged")
NOTE = {"joining_note": "varchar"}
MADE_UP = CallColumn("made_up", "varchar", "A column that is nowhere.")


def declared_places(
    record: tuple[CallColumn, ...] = RECORD,
    rated: tuple[CallColumn, ...] = RATED_CALL,
    judged: tuple[CallColumn, ...] = JUDGED_CALL,
) -> dict[tuple[str, str], dict[str, str]]:
    """(schema, relation) → the columns of a call that it must have, with their types."""
    read = [column for column in record if column.last_stage >= Stage.RAW_SCHEMA]
    staged = {column.staged_name: column.type for column in record if column.last_stage >= Stage.STAGING}
    staged |= types_of(STAGED_BESIDES)
    return {
        ("raw", "calls"): types_of(read),
        ("raw", "joined_pieces"): types_of(JOINED_PIECE),
        ("staging", "stg_switch__calls"): staged,
        **{("intermediate", model): staged for model in CARRIERS},
        ("intermediate", "int_calls_judged"): types_of(judged),
        ("marts", "rated_calls"): types_of(rated) | NOTE,
        ("closed", "calls"): types_of(judged),
        ("closed", "rated_calls"): types_of(rated) | NOTE,
        ("closed", "joined_pieces"): types_of(JOINED_PIECE),
    }


def gaps(
    built: Mapping[tuple[str, str], dict[str, str]], places: Mapping[tuple[str, str], dict[str, str]]
) -> list[str]:
    """Where a declared column of a call is not, where another is, and where one has another type."""
    found = []
    for (schema, relation), declared in places.items():
        there = {name: kind.replace(",", ", ").lower() for name, kind in built[schema, relation].items()}
        found += [f"{schema}.{relation} lacks {name}" for name in declared if name not in there]
        found += [
            f"{schema}.{relation}.{name} is {there[name]}, declared {kind}"
            for name, kind in declared.items()
            if there.get(name, kind) != kind
        ]
        if relation not in CARRIERS:  # these have what they find out besides
            found += [
                f"{schema}.{relation} has {name}, which is not declared" for name in there if name not in declared
            ]
    return found


def test_every_place_has_the_declared_columns_of_a_call(built_columns: dict[tuple[str, str], dict[str, str]]) -> None:
    assert gaps(built_columns, declared_places()) == []
    assert up_to(Stage.RAW_ZONE) == RECORD


def test_a_column_of_a_record_that_was_forgotten_somewhere_is_found(
    built_columns: dict[tuple[str, str], dict[str, str]],
) -> None:
    assert gaps(built_columns, declared_places(record=(*RECORD, MADE_UP))) == [
        "raw.calls lacks made_up",
        "staging.stg_switch__calls lacks made_up",
        "intermediate.int_calls_zoned lacks made_up",
        "intermediate.int_calls_assigned lacks made_up",
        "intermediate.int_calls_charged lacks made_up",
    ]


def test_a_column_of_a_rated_call_that_was_forgotten_somewhere_is_found(
    built_columns: dict[tuple[str, str], dict[str, str]],
) -> None:
    assert gaps(built_columns, declared_places(rated=(*RATED_CALL, MADE_UP), judged=(*JUDGED_CALL, MADE_UP))) == [
        "intermediate.int_calls_judged lacks made_up",
        "marts.rated_calls lacks made_up",
        "closed.calls lacks made_up",
        "closed.rated_calls lacks made_up",
    ]


def test_a_column_that_nobody_declared_and_one_of_another_type_are_found() -> None:
    places = {("raw", "calls"): {"file_id": "varchar", "record_number": "bigint"}}
    built = {("raw", "calls"): {"file_id": "VARCHAR", "record_number": "INTEGER", "made_up": "VARCHAR"}}

    assert gaps(built, places) == [
        "raw.calls.record_number is integer, declared bigint",
        "raw.calls has made_up, which is not declared",
    ]


def test_closed_calls_have_their_columns_in_the_order_of_the_mart(
    built_columns: dict[tuple[str, str], dict[str, str]],
) -> None:
    """The gate that holds them against the mart compares rows whole."""
    assert list(built_columns["closed", "rated_calls"]) == list(built_columns["marts", "rated_calls"])
    assert list(built_columns["closed", "joined_pieces"]) == list(built_columns["raw", "joined_pieces"])
