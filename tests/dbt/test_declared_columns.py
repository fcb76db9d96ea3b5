"""The tables have the columns and types that their YAML declares.

dbt enforces contracts only on its own materialisations; tables replaced by day have none, so this looks for itself.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

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
