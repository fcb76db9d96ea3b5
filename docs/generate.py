"""The generated files: dbt's seeds and the guide to the columns from the declared reference book, dbt's exposures and the
list of pages from the site map, the data dictionary from dbt's manifest, the release gates from an edition's results, and the JSON
Schemas of declarations from their models.

`python -m docs.generate` writes them. Hand-written pages are not touched, and nothing is evaluated or run here.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dashboards.i18n import Translate
from dashboards.site_map import PAGES
from expectations.report import gate_table
from orchestration.errors import TollhouseError
from orchestration.ingestion.declaration_schemas import DECLARATIONS, schema_text
from orchestration.new_branch import COLUMN_GUIDE
from orchestration.publishing.published_marts import PUBLISHED_MARTS
from orchestration.publishing.reading import EditionFolder, current_edition, no_edition
from orchestration.reference_book.declaration import Column, Table
from orchestration.reference_book.tables import NEEDED_TO_RATE, REFERENCE_TABLES
from orchestration.settings import DBT_PROJECT, PROJECT_ROOT, Settings
from orchestration.warehouse.dbt_runner import manifest_nodes

DOCS = PROJECT_ROOT / "docs"
DATA_DICTIONARY = DOCS / "data-dictionary.md"
MART_PAGES = DOCS / "pages.md"
RELEASE_GATES = DOCS / "release-gates.md"
#: dbt's declaration of the seeds, by which it types their columns.
SEEDS = DBT_PROJECT / "models" / "reference" / "_seeds.yml"
#: dbt's declaration of the pages as users of the marts.
EXPOSURES = DBT_PROJECT / "models" / "marts" / "_exposures.yml"
SCHEMAS = DOCS / "schemas"

_ABOUT_THE_DICTIONARY = (
    "# Data dictionary\n\n"
    "Generated from dbt's manifest by `python -m docs.generate`; do not edit.\n"
    "Names tell units: `_seconds`, `_on` (date), `_at` (timestamp), `_percent` 0–100, `_rate` 0–1; amounts are exact\n"
    "decimals in the branch's currency.\n"
)
_ABOUT_THE_COLUMNS = (
    "# The columns of the reference book\n\n"
    "One CSV file a table, UTF-8, with its header. A table with nothing in it has its header alone. There are no comments in it.\n"
    "An empty field means: not known, or no limit. Write dates like 2026-03-31 and times like 07:00.\n\n"
    "No call can be rated before these have rows: " + ", ".join(NEEDED_TO_RATE) + ". Fill them in in this order.\n"
    "`tollhouse doctor` names file, line and field of everything that is wrong.\n"
)
_SCHEMAS = {
    "marts": "Marts: published with every edition, as Parquet",
    "reference": "Reference: the reference book, loaded from its CSV files",
    "intermediate": "Intermediate: the rules, step by step; not published",
    "staging": "Staging: what came in, renamed and typed; not published",
}


def data_dictionary(manifest: Mapping[str, Any]) -> str:
    """Every table of the warehouse with its columns as Markdown; equal manifests give equal text."""
    tables = [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")]
    unknown = sorted({table["schema"] for table in tables} - set(_SCHEMAS))
    if unknown:
        raise TollhouseError(f"the data dictionary has no heading for schema {unknown[0]}; add it to _SCHEMAS")
    parts = [_ABOUT_THE_DICTIONARY]
    for schema, title in _SCHEMAS.items():
        parts.append(f"\n## {title}\n")
        parts += [_table(table) for table in sorted(tables, key=lambda t: t["name"]) if table["schema"] == schema]
    return "".join(parts)


def seeds_declaration(tables: Iterable[Table]) -> str:
    """The tables of the reference book as dbt's YAML declares seeds: types, descriptions, owners, and what may be absent."""
    lines = [
        "# Generated from orchestration/reference_book/tables.py by `python -m docs.generate`; do not edit.",
        "version: 2",
        "",
        "seeds:",
    ]
    for table in tables:
        optional = ", optional: true" if table.may_be_absent else ""
        lines += [
            f"  - name: {table.name}",
            f"    description: {_quoted(table.meaning)}",
            "    config:",
            f'      meta: {{owner: "team:{table.owner}"{optional}}}',
            "    columns:",
        ]
        for column in table.columns:
            lines += [
                f"      - name: {column.name}",
                f"        data_type: {column.kind.sql_type}",
                f"        description: {_quoted(column.meaning)}",
                *(["        config: {meta: {optional: true}}"] if column.may_be_absent else []),
            ]
    return "\n".join(lines) + "\n"


def page_exposures() -> str:
    """The pages of the site as dbt's exposures, each with the marts that it reads."""
    t = Translate.to("en")
    lines = [
        "# Generated from dashboards/site_map.py by `python -m docs.generate`; do not edit.",
        "version: 2",
        "",
        "exposures:",
    ]
    for page in PAGES:
        lines += [
            f"  - name: page_{page.name}",
            f"    label: {_quoted(t(f'pages.{page.name}.title'))}",
            "    type: dashboard",
            "    maturity: high",
            '    owner: {name: "team:analysts", email: "analysts@tollhouse.invalid"}',
            f"    description: {_quoted(t(f'pages.{page.name}.intro'))}",
            "    depends_on:",
            *(f"      - ref('{mart}')" for mart in page.marts),
        ]
        if not page.marts:
            lines[-1] = "    depends_on: []"
    return "\n".join(lines) + "\n"


def mart_pages() -> str:
    """The published tables with the pages that show them, and the pages with their tables, as Markdown."""
    t = Translate.to("en")
    lines = [
        "# Published tables and their pages",
        "",
        "Generated from dashboards/site_map.py by `python -m docs.generate`; do not edit. The pages *data dictionary* and *lineage*",
        "show every table.",
        "",
        "| published table | pages |",
        "| --- | --- |",
    ]
    for mart in sorted(mart.name for mart in PUBLISHED_MARTS):
        shown = [t(f"pages.{page.name}.title") for page in PAGES if mart in page.marts]
        lines.append(f"| {mart} | {', '.join(shown)} |")
    lines += ["", "| page | address | filters | tables |", "| --- | --- | --- | --- |"]
    for page in PAGES:
        filters = ", ".join(f"`{name}`" for name in page.params) or "–"
        title = t(f"pages.{page.name}.title")
        lines.append(f"| {title} | `/en/{page.name}` | {filters} | {', '.join(page.marts)} |")
    return "\n".join(lines) + "\n"


def column_guide() -> str:
    """Every table of the reference book with the allowed content of its columns as Markdown, beginning with the tables to fill in first."""
    tables = [*NEEDED_TO_RATE, *(name for name in REFERENCE_TABLES if name not in NEEDED_TO_RATE)]
    return _ABOUT_THE_COLUMNS + "".join(_reference_table(REFERENCE_TABLES[name]) for name in tables)


def release_gates(edition: EditionFolder) -> str:
    """The release gates with their results in an edition, as Markdown."""
    return (
        "# Release gates\n\n"
        "Every gate must hold before an edition is published; one that cannot be evaluated counts as failed.\n"
        "If any fails, the edition is blocked and the last one stays.\n\n"
        f"Generated by `python -m docs.generate` from edition {edition.edition} (as of {edition.as_of},\n"
        f"built at {edition.manifest.built_at}); do not edit. The gates of every edition stand on its own page,\n"
        "`site/en/gates.html`.\n\n" + gate_table(edition.manifest.gates)
    )


def main(arguments: list[str] | None = None) -> None:
    """Write dbt's seeds and exposures, the guide to the book's columns, the data dictionary, the schemas of declarations, and the
    release gates of the edition in TOLLHOUSE_HOME."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description=__doc__)
    parser.add_argument("--no-gates", action="store_true", help="leave out the release gates: no edition is needed")
    asked = parser.parse_args(arguments)
    _write(SEEDS, seeds_declaration(REFERENCE_TABLES.values()))
    _write(EXPOSURES, page_exposures())
    _write(MART_PAGES, mart_pages())
    _write(COLUMN_GUIDE, column_guide())
    _write(DATA_DICTIONARY, data_dictionary(manifest_nodes()))
    SCHEMAS.mkdir(exist_ok=True)
    for declaration in DECLARATIONS:
        _write(SCHEMAS / f"{declaration}.json", schema_text(declaration))
    if asked.no_gates:
        return
    published = Settings.from_environment().published
    edition = current_edition(published)
    if edition is None:
        raise TollhouseError(f"{no_edition(published)}; or use --no-gates")
    _write(RELEASE_GATES, release_gates(edition))


def _table(table: Mapping[str, Any]) -> str:
    keys = {mart.name: mart.order_by for mart in PUBLISHED_MARTS} if table["schema"] == "marts" else {}
    lines = ["", f"### {table['name']}", "", _cell(table["description"], escape=False), ""]
    if table["name"] in keys:
        lines += ["Key: " + ", ".join(f"`{column}`" for column in keys[table["name"]]) + ".", ""]
    lines += _columns(table["columns"].values())
    return "\n".join(lines) + "\n"


def _reference_table(table: Table) -> str:
    lines = ["", f"## {table.name}", "", table.meaning]
    if table.key:
        lines += ["No two rows have the same " + ", ".join(f"`{name}`" for name in table.key) + "."]
    if table.may_be_absent:
        lines += ["The file may be left out."]
    lines += ["", "| column | what to write | meaning |", "| --- | --- | --- |"]
    lines += [f"| {c.name} | {_cell(_what_to_write(c))} | {_cell(c.meaning)} |" for c in table.columns]
    return "\n".join(lines) + "\n"


def _what_to_write(column: Column) -> str:
    """The kind of value, its bounds, and whether it may be left empty."""
    text = column.kind.in_words
    if column.words:
        text = "one of " + ", ".join(column.words)
    if column.least is not None:
        text += f" from {column.least}" + ("" if column.most is None else f" to {column.most}")
    if column.id_of is not None:
        text = f"an id of {column.id_of}.csv"
    if column.may_be_empty:
        text += "; may be empty"
    return text + ("; the column may be left out" if column.may_be_absent else "")


def _quoted(text: str) -> str:
    """A text as YAML writes it between double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _columns(columns: Iterable[Mapping[str, Any]]) -> list[str]:
    rows = [f"| {c['name']} | {_cell(c['data_type'] or '')} | {_cell(c['description'])} |" for c in columns]
    return ["| column | type | meaning |", "| --- | --- | --- |", *rows] if rows else ["No columns are described."]


def _cell(text: str, escape: bool = True) -> str:
    one_line = " ".join(text.split())
    return one_line.replace("|", "\\|") if escape else one_line


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    print(path.relative_to(PROJECT_ROOT))


if __name__ == "__main__":
    main()
