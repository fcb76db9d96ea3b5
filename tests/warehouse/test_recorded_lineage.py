"""The lineage as pages read it: what dbt and a run have written beside each other, and nothing where they have not."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from dashboards.pages.analysts.lineage import _LAYERS
from orchestration.settings import DBT_PROJECT
from orchestration.warehouse import recorded_lineage as module
from orchestration.warehouse.recorded_lineage import recorded_lineage

_SQL = {"bills": "select 1 -- bills", "int_lines": "select 1 -- lines"}


def _node(kind: str, schema: str, name: str, *reads: str) -> dict[str, object]:
    return {
        "resource_type": kind,
        "schema": schema,
        "name": name,
        "package_name": "tollhouse",
        "original_file_path": f"models/{name}.sql",
        "depends_on": {"nodes": list(reads)},
    }


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """bills (marts) reads int_lines, which reads raw.calls and the seed zones. bills.amount is made of int_lines.price, that of
    calls.seconds and zones.rate; bills.day is made of calls.day directly; int_lines.note is made of nothing."""
    monkeypatch.setattr(module, "dbt_target", lambda: tmp_path)
    manifest = {
        "nodes": {
            "m.bills": _node("model", "marts", "bills", "m.int_lines", "s.calls"),
            "m.int_lines": _node("model", "intermediate", "int_lines", "s.calls", "seed.zones"),
            "seed.zones": _node("seed", "reference", "zones"),
            "t.unique": _node("test", "tests", "unique", "m.bills"),
        },
        "sources": {"s.calls": {"schema": "raw", "name": "calls"}},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    columns = {
        "bills": {"amount": [["intermediate", "int_lines", "price"]], "day": [["raw", "calls", "day"]]},
        "int_lines": {"price": [["raw", "calls", "seconds"], ["reference", "zones", "rate"]], "note": []},
    }
    known = {}
    for name, sql in _SQL.items():
        path = tmp_path / "compiled/tollhouse/models" / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql, encoding="utf-8")
        known[hashlib.sha256(sql.encode()).hexdigest()] = columns[name]
    (tmp_path / "column_lineage.json").write_text(json.dumps(known), encoding="utf-8")
    return tmp_path


def test_tables_come_with_the_fewest_steps_to_them(target: Path) -> None:
    found = recorded_lineage()
    assert found is not None
    assert found.upstream(("marts", "bills")) == {
        ("intermediate", "int_lines"): 1,
        ("raw", "calls"): 1,
        ("reference", "zones"): 2,
    }
    assert found.upstream(("marts", "nothing")) == {}


def test_a_column_leads_back_to_what_comes_in(target: Path) -> None:
    found = recorded_lineage()
    assert found is not None
    assert found.sources[("marts", "bills", "amount")] == (("intermediate", "int_lines", "price"),)
    assert found.origins(("marts", "bills", "amount")) == [("raw", "calls", "seconds"), ("reference", "zones", "rate")]
    assert found.origins(("marts", "bills", "day")) == [("raw", "calls", "day")]
    assert found.origins(("intermediate", "int_lines", "note")) == []


def test_sql_that_changed_since_has_no_columns(target: Path) -> None:
    (target / "compiled/tollhouse/models/bills.sql").write_text("select 2", encoding="utf-8")
    found = recorded_lineage()
    assert found is not None
    assert ("marts", "bills") in found.reads
    assert ("marts", "bills", "amount") not in found.sources
    assert ("intermediate", "int_lines", "price") in found.sources


def test_nothing_recorded_is_none(target: Path) -> None:
    (target / "manifest.json").write_text("{", encoding="utf-8")
    assert recorded_lineage() is None
    (target / "manifest.json").unlink()
    assert recorded_lineage() is None


def test_every_schema_of_the_project_is_a_layer() -> None:
    schemas = {
        line.split(":", 1)[1].strip()
        for path in (DBT_PROJECT / "dbt_project.yml", *(DBT_PROJECT / "models").rglob("*.yml"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().removeprefix("+").startswith("schema:")
    }
    assert schemas and schemas <= set(_LAYERS)
