"""The habits of the dbt project, read from its manifest: descriptions, names, layers, owners, exact types."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from orchestration.settings import DBT_PROJECT
from orchestration.warehouse.dbt_runner import manifest_nodes
from orchestration.warehouse.raw.export_history import TABLES_WITH_HISTORY

FLOATING = {"double", "float", "real"}


@cache
def manifest() -> dict[str, Any]:
    """One manifest for all cases, read once: it is parsed again whenever a model changes."""
    return manifest_nodes()


@cache
def nodes(kind: str) -> list[dict[str, Any]]:
    return [node for node in manifest()["nodes"].values() if node["resource_type"] == kind]


def layer(node: dict[str, Any]) -> str:
    return str(node["path"]).split("/")[0]


def each(kind: str) -> pytest.MarkDecorator:
    """One case per node, named as the node."""
    return pytest.mark.parametrize("node", [pytest.param(node, id=node["name"]) for node in nodes(kind)])


@each("model")
def test_model_says_what_a_row_is(node: dict[str, Any]) -> None:
    assert node["description"].startswith("One row per ")
    # The YAML says no other thing than the head of the SQL file.
    head = re.findall(r"^--(.*)$", (DBT_PROJECT / node["original_file_path"]).read_text(encoding="utf-8"), re.MULTILINE)
    assert " ".join(line.strip() for line in head).startswith(node["description"])


@pytest.mark.parametrize("kind", ["model", "seed"])
def test_every_column_is_described_and_every_node_owned(kind: str) -> None:
    assert [
        f"{n['name']}.{c['name']}" for n in nodes(kind) for c in n["columns"].values() if not c["description"].strip()
    ] == []
    assert [n["name"] for n in nodes(kind) if not n["columns"] or not n["description"]] == []
    assert [n["name"] for n in nodes(kind) if not str(n["config"]["meta"].get("owner", "")).startswith("team:")] == []


def test_every_source_and_its_columns_are_described() -> None:
    sources = manifest()["sources"].values()

    assert [s["name"] for s in sources if not s["description"].startswith("One row") or not s["columns"]] == []
    assert [
        f"{s['name']}.{c['name']}" for s in sources for c in s["columns"].values() if not c["description"].strip()
    ] == []


@each("model")
def test_name_tells_the_layer(node: dict[str, Any]) -> None:
    pattern = {
        "staging": r"stg_(crm|bank|switch|ledger)__[a-z_]+",
        "intermediate": r"int_[a-z_]+",
        "marts": r"(?!stg_|int_|fct_|dim_)[a-z_]+",
    }[layer(node)]

    assert re.fullmatch(pattern, node["name"])
    assert node["schema"] == layer(node)


@each("model")
def test_model_reads_only_what_its_layer_may(node: dict[str, Any]) -> None:
    """Staging reads sources; from intermediate on, rows of a source come through staging.

    Three kinds of source are no rows to be cleaned and may be read anywhere above staging: what the planner has worked out
    (the facts of the run, gates, days, repeats, twins, joined pieces, tries, the ledger's counts, the sample of calls), the history
    of the exports, and the closed schema, which holds what the models themselves once said. A line set aside is text as it came.
    """
    facts = (
        "run_facts stale_days call_days clock_days duplicate_calls settlement_twins joined_pieces set_aside_rows gate_thresholds "
        "banks_by_exception ledger_totals"
    )
    planner = {*(f"raw.{name}" for name in facts.split()), "state.suspense_tries", "state.rating_sample"}
    snapshots = {"raw.crm_snapshots", *(f"raw.crm_{table}_history" for table in TABLES_WITH_HISTORY)}
    every = manifest()
    read = [every["sources"].get(name) or every["nodes"][name] for name in node["depends_on"]["nodes"]]
    sources = {f"{r['source_name']}.{r['name']}" for r in read if r["resource_type"] == "source"}
    layers = {layer(r) for r in read if r["resource_type"] == "model"}

    if layer(node) == "staging":
        assert layers <= {"staging"}
    elif layer(node) == "intermediate":
        assert {s for s in sources if not s.startswith("closed.")} <= planner | snapshots
    else:
        assert {s for s in sources if not s.startswith("closed.")} <= planner


def test_money_is_never_a_floating_number() -> None:
    money = re.compile(r"(^|_)(amount|fee|price|receivable|received|bonus)(_|$)")
    floating = [
        f"{n['name']}.{c['name']}"
        for n in nodes("model")
        for c in n["columns"].values()
        if c["data_type"] in FLOATING and money.search(c["name"])
    ]

    assert floating == []


def test_a_column_has_one_type_in_all_marts() -> None:
    """Same name, same type: what differs is named here with the reason."""
    allowed = {
        "amount": {
            "decimal(18, 2)",
            "decimal(18, 6)",
            "decimal(24, 6)",
        },  # bill level; sums of call amounts before they are rounded
        "estimated_amount": {"decimal(18, 6)", "decimal(24, 6)"},  # of a call or a number; of a day or a month
    }
    types: dict[str, set[str]] = {}
    for node in nodes("model"):
        if layer(node) == "marts":
            for column in node["columns"].values():
                types.setdefault(column["name"], set()).add(column["data_type"])

    assert {name: found for name, found in types.items() if len(found) > 1 and found != allowed.get(name)} == {}


def test_every_folder_of_models_has_its_descriptions_beside_it() -> None:
    folders = {path.parent for path in (DBT_PROJECT / "models").rglob("*.sql")}

    assert [
        str(folder.relative_to(DBT_PROJECT)) for folder in sorted(folders) if not (folder / "_models.yml").is_file()
    ] == []


def test_engine_words_stand_in_macros_alone() -> None:
    """What only DuckDB understands stands behind adapter.dispatch in macros/, so that a second engine needs no new model."""
    words = re.compile(
        r"\b(qualify|asof join|unnest\s*\(|list_\w+\s*\(|exclude\s*\(|read_parquet|date_diff\s*\()", re.IGNORECASE
    )
    found = [
        f"{Path(path).name}: {match.group(0)}"
        for path in sorted((DBT_PROJECT / "models").rglob("*.sql"))
        for match in words.finditer(path.read_text(encoding="utf-8"))
    ]

    assert found == []
