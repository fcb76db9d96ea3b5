"""The JSON Schemas of declarations: what ships is valid under them, and what the reader refuses by its form is not."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from orchestration.ingestion.declaration_schemas import DECLARATIONS, json_schema
from orchestration.settings import PROJECT_ROOT

SEEDS = PROJECT_ROOT / "seeds"
SHIPPED = [
    *(("cdr", path) for path in sorted((SEEDS / "cdr_formats").glob("*.yml"))),
    *(("bank", path) for path in sorted((SEEDS / "bank_formats").glob("*.yml"))),
    *(("sources", path) for path in (SEEDS / "sources.yml", SEEDS / "new_branch" / "sources.yml")),
]
DELIMITED = "{name: x, layout: delimited, delimiter: ';', fields: [a, b, t, d], record: %s}"
RECORD = "{calling_number: a, called_number: %s, started_at: t, duration_seconds: d, release_cause: {constant: '16'}}"
BANK = "{layout: delimited, details: %s}"
ENTRY = "{sources: [{name: x, kind: cdr, url: '%s', pattern: '{switch_id}', format: canonical%s}]}"


@cache
def validator(declaration: str) -> Draft202012Validator:
    """What checks by a declaration's schema."""
    return Draft202012Validator(json_schema(declaration))


def faults(declaration: str, text: str) -> list[Any]:
    """What is wrong by the schema, as an editor would underline it."""
    return list(validator(declaration).iter_errors(yaml.safe_load(text)))


@pytest.mark.parametrize("declaration", DECLARATIONS)
def test_each_is_a_schema_that_says_what_it_is_of(declaration: str) -> None:
    schema = json_schema(declaration)
    Draft202012Validator.check_schema(schema)
    assert schema["title"].startswith("Tollhouse: the ")


@pytest.mark.parametrize(("declaration", "path"), SHIPPED, ids=lambda value: getattr(value, "name", value))
def test_what_ships_is_valid(declaration: str, path: Path) -> None:
    assert faults(declaration, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("declaration", "text"),
    [
        ("cdr", DELIMITED % (RECORD % "b")),
        ("cdr", DELIMITED % (RECORD % "{field: b, replace_prefixes: {'9': ''}}")),
        ("cdr", DELIMITED % (RECORD % "{cases: [{when: {a: ['1']}, field: a}, {field: b}]}")),
        ("cdr", (DELIMITED % (RECORD % "b"))[:-1] + ", ignore: [{a: x}, {field: b, match: '^1', not: true}]}"),
        ("bank", BANK % "{account_id: 1, amount: 2, result_code: 3}"),
        ("sources", ENTRY % ("sftp://host/out", ", retries: 2, bounds: {line: 4MiB, ratio: 500}")),
        ("sources", ENTRY % ("${TOLLHOUSE_HOME}/inbox", ", follow_links: true")),
    ],
)
def test_these_are_valid(declaration: str, text: str) -> None:
    assert faults(declaration, text) == []


@pytest.mark.parametrize(
    ("declaration", "text"),
    [
        ("cdr", "{name: x, layout: csv}"),
        ("cdr", DELIMITED % (RECORD % "5")),
        ("cdr", DELIMITED % (RECORD % "{fild: b}")),
        ("cdr", DELIMITED % "{calling_number: a}"),
        ("cdr", DELIMITED % (RECORD % "{cases: [{when: {a: {same: b}}, field: a}, {field: b}]}")),
        ("cdr", (DELIMITED % (RECORD % "b"))[:-1] + ", ignore: [{a: 1}]}"),
        ("cdr", (DELIMITED % (RECORD % "b"))[:-1] + ", record_bytes: 5}"),
        ("bank", BANK % "{account_id: 0, amount: 2, result_code: 3}"),
        ("bank", BANK % "{account_id: 1, price: 2, result_code: 3}"),
        ("bank", "{layout: becs, currency: AUD}"),
        ("bank", "{layout: nacha, collected_unless_returned: 61}"),
        ("sources", "{sources: []}"),
        ("sources", ENTRY % ("gopher://host/out", "")),
        ("sources", ENTRY % ("file:/out", ", retries: 2")),
        ("sources", ENTRY % ("sftp://host/out", ", settle_seconds: 0")),
        ("sources", ENTRY % ("s3://bucket/out", ", companion: maybe")),
        ("sources", ENTRY % ("file:/out", ", bounds: {lines: 5}")),
    ],
)
def test_these_are_not_valid(declaration: str, text: str) -> None:
    assert faults(declaration, text)
