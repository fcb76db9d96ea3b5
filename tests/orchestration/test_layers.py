"""What may import what. A room may import the rooms on the lines above its own, and itself; imports inside functions count too,
so that none can hide a circle. A new room is entered here, above the first room that imports it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("orchestration", "dashboards", "expectations", "seeds")

#: From the ground up. Rooms of one line do not import each other. A room is a folder, or a module that stands apart.
FLOORS = (
    "seeds  orchestration.access.roles  orchestration.call_columns  orchestration.errors  orchestration.printable",
    "orchestration.telephone_numbers",
    "orchestration.alert_settings  orchestration.allowed_hosts  orchestration.declarations  orchestration.reference_book",
    "orchestration.access_settings  orchestration.mail_server  orchestration.storage.durable  expectations.results",
    "orchestration.ingestion.stores  orchestration.publishing.manifest",
    "orchestration.publishing.site_list",
    "orchestration.publishing.reading  dashboards.scope",
    "dashboards.view",
    "orchestration.rating  orchestration.settings",
    "orchestration.warehouse.dbt_target  orchestration.warehouse.model_texts",
    "orchestration.warehouse.recorded_lineage",
    "dashboards",
    "orchestration.branch_clock  orchestration.log_lines  orchestration.storage  orchestration.web  orchestration.new_branch",
    "orchestration.access  orchestration.ledger  orchestration.tracing  orchestration.ingestion.file_reading",
    "orchestration.ingestion.landed  orchestration.ingestion.cdr.formats  orchestration.ingestion.bank.formats",
    "orchestration.ingestion.cdr.layouts  orchestration.ingestion.bank",
    "orchestration.ingestion.cdr",
    "orchestration.ingestion.customers",
    "orchestration.ingestion.sources  expectations",
    "orchestration.ingestion.landing  orchestration.publishing  orchestration.warehouse",
    "orchestration.ingestion  orchestration.warehouse.closed",
    "orchestration.state  orchestration.warehouse.file_verdicts",
    "orchestration.runtime  orchestration.warehouse.raw",
    "orchestration.warehouse.planning  orchestration.alerting  orchestration.debit_requests  orchestration.finance_files",
    "orchestration.monitoring  orchestration.report_mails  orchestration.defs",
    "orchestration.defs.automation  orchestration.defs.ingestion",
    "orchestration.servers  orchestration.defs.warehouse",
    "orchestration.defs.quality",
    "orchestration.defs.publishing",
    "orchestration.definitions",
    "orchestration.runs",
    "orchestration.month_end  orchestration.rerating  orchestration.upkeep",
    "orchestration.cli",
)
_FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms.split()}


def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: set[str]) -> Iterator[tuple[str, int]]:
    """The modules of the product that a file imports, wherever it does, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for name in node.names:
                within = f"{node.module}.{name.name}"
                if within in known or node.module in known:
                    yield (within if within in known else node.module), node.lineno
        elif isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names if name.name in known)


@cache
def import_lines() -> tuple[tuple[str, str, int], ...]:
    """(importing module, imported module, line), each module's own package left out."""
    found = modules()
    return tuple(
        (name, target, line)
        for name, path in found.items()
        for target, line in imports(path, set(found))
        if target != name
    )


def room(module: str) -> str:
    """The room of a module: the longest of its parts that has a floor."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if ".".join(parts[:length]) in _FLOOR:
            return ".".join(parts[:length])
    raise KeyError(module)


def upward(lines: tuple[tuple[str, str, int], ...]) -> list[str]:
    """The imports that lead to a room which does not stand below."""
    return [
        f"{name}, line {line}: imports {target}"
        for name, target, line in lines
        if room(name) != room(target) and _FLOOR[room(name)] <= _FLOOR[room(target)]
    ]


@pytest.mark.parametrize("module", [name for name in modules() if name != "orchestration"])
def test_every_module_stands_in_a_room(module: str) -> None:
    assert room(module)


def test_no_room_imports_one_that_stands_above_it() -> None:
    assert upward(import_lines()) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for name, target, _ in import_lines():
        graph.setdefault(name, set()).add(target)
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


def test_an_upward_import_is_named() -> None:
    line = ("orchestration.ledger.schema", "orchestration.upkeep.backup", 7)
    assert upward((line,)) == ["orchestration.ledger.schema, line 7: imports orchestration.upkeep.backup"]


def test_an_import_inside_a_function_counts(tmp_path: Path) -> None:
    path = tmp_path / "hidden.py"
    path.write_text("def later():\n    from orchestration.cli import application\n")
    assert list(imports(path, {"orchestration.cli", "orchestration.cli.application"})) == [
        ("orchestration.cli.application", 2)
    ]


def test_every_room_that_is_listed_is_there() -> None:
    assert [name for name in _FLOOR if name not in modules()] == []
