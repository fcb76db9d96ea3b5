"""The generated pages of docs/ say what the project says now."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from docs.generate import (
    DATA_DICTIONARY,
    EXPOSURES,
    MART_PAGES,
    RELEASE_GATES,
    SEEDS,
    column_guide,
    data_dictionary,
    mart_pages,
    page_exposures,
    release_gates,
    seeds_declaration,
)
from expectations.results import GateResult
from orchestration.errors import TollhouseError
from orchestration.new_branch import COLUMN_GUIDE
from orchestration.publishing.manifest import Manifest
from orchestration.publishing.reading import EditionFolder
from orchestration.reference_book.declaration import NUMBER, Table
from orchestration.reference_book.tables import REFERENCE_TABLES
from orchestration.settings import PROJECT_ROOT
from orchestration.warehouse.dbt_runner import manifest_nodes


def test_the_data_dictionary_is_current() -> None:
    assert DATA_DICTIONARY.read_text(encoding="utf-8") == data_dictionary(manifest_nodes()), (
        "docs/data-dictionary.md is out of date: `.venv/bin/python -m docs.generate --no-gates` writes it"
    )


def test_the_guide_to_the_columns_of_the_book_is_current() -> None:
    assert COLUMN_GUIDE.read_text(encoding="utf-8") == column_guide(), (
        f"{COLUMN_GUIDE.name} is out of date: `.venv/bin/python -m docs.generate --no-gates` writes it"
    )


def test_the_declaration_of_dbts_seeds_is_current() -> None:
    assert SEEDS.read_text(encoding="utf-8") == seeds_declaration(REFERENCE_TABLES.values()), (
        f"{SEEDS.name} is out of date: `.venv/bin/python -m docs.generate --no-gates` writes it"
    )


def test_the_list_of_pages_is_current() -> None:
    assert MART_PAGES.read_text(encoding="utf-8") == mart_pages(), (
        "docs/pages.md is out of date: `.venv/bin/python -m docs.generate --no-gates` writes it"
    )


def test_the_pages_as_dbts_exposures_are_current() -> None:
    assert EXPOSURES.read_text(encoding="utf-8") == page_exposures(), (
        f"{EXPOSURES.name} is out of date: `.venv/bin/python -m docs.generate --no-gates` writes it"
    )


@pytest.mark.parametrize("change", [{"kind": NUMBER}, {"name": "price"}, {"meaning": "x"}, {"may_be_absent": True}])
def test_a_changed_column_makes_the_declaration_of_dbts_seeds_out_of_date(change: dict[str, Any]) -> None:
    changed = changed_book("tariff_rates", "increment_seconds", **change)
    assert SEEDS.read_text(encoding="utf-8") != seeds_declaration(changed)


def changed_book(table: str, column: str, **change: Any) -> list[Table]:
    """The tables of the book, one of them with another column."""
    return [
        replace(one, columns=tuple(replace(c, **change) if c.name == column else c for c in one.columns))
        if one.name == table
        else one
        for one in REFERENCE_TABLES.values()
    ]


def test_a_table_is_told_with_key_type_and_meaning() -> None:
    node = {
        "resource_type": "model",
        "schema": "marts",
        "name": "bills",
        "description": "One row per\nbill.",
        "columns": {"amount": {"name": "amount", "data_type": "decimal(18, 2)", "description": "What | is billed."}},
    }
    text = data_dictionary({"nodes": {"model.tollhouse.bills": node}})
    assert "### bills\n\nOne row per bill.\n\nKey: `account_id`, `billing_period`.\n" in text
    assert "| amount | decimal(18, 2) | What \\| is billed. |" in text


def test_a_schema_without_a_heading_is_not_left_out() -> None:
    node = {"resource_type": "model", "schema": "sandbox", "name": "trial", "description": "", "columns": {}}
    with pytest.raises(TollhouseError, match="no heading for schema sandbox"):
        data_dictionary({"nodes": {"model.tollhouse.trial": node}})


def test_the_release_gates_name_their_edition_and_what_was_not_asked() -> None:
    manifest = Manifest(
        edition="2026-05-20-0001",
        as_of=date(2026, 5, 20),
        built_at="2026-05-20T02:31:00Z",
        time_zone="UTC",
        revision=1,
        marts={},
        gates=(GateResult("rated_calls", "call_rated_twice", "", "critical", False, 12, 2),),
    )
    edition = EditionFolder(Path("published"), Path("published/editions/2026-05-20-0001"), manifest)
    text = release_gates(edition)
    assert edition.as_of == date(2026, 5, 20)
    assert "from edition 2026-05-20-0001 (as of 2026-05-20,\nbuilt at 2026-05-20T02:31:00Z)" in text
    assert "| not run |" in text


def test_the_release_gates_of_the_docs_all_hold() -> None:
    rows = [line for line in RELEASE_GATES.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][2:]
    assert rows
    assert [row for row in rows if not row.endswith("| holds |")] == []


def test_the_index_of_decisions_lists_every_decision() -> None:
    folder = DATA_DICTIONARY.parent / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- \[(.+)\]\((.+)#(.+)\)$", index, flags=re.MULTILINE)
    assert sorted((heading, page) for heading, page, _ in listed) == sorted(
        (heading, page.name) for page in folder.glob("*.md") if page.name != "README.md" for heading in decisions(page)
    )
    assert [anchor for _, _, anchor in listed] == [slug(heading) for heading, _, _ in listed]


def decisions(page: Path) -> list[str]:
    """The headings of a page's decisions: those of the lowest level, for `##` names a group where `###` is there."""
    text = page.read_text(encoding="utf-8")
    return re.findall(r"^### (.+)$", text, flags=re.MULTILINE) or re.findall(r"^## (.+)$", text, flags=re.MULTILINE)


def slug(heading: str) -> str:
    """The anchor that a code host gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_path_in_the_architecture_is_there() -> None:
    text = (DATA_DICTIONARY.parent / "architecture.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:orchestration|dbt_project|expectations|dashboards|tests)/[\w/.]+)`", text)
    assert len(paths) > 15
    assert [path for path in paths if not (PROJECT_ROOT / path).exists()] == []
