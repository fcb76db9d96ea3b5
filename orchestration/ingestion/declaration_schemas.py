"""The JSON Schemas of what people declare: call formats, formats of banks, and the sources file. Editors complete and check by them.

`tollhouse formats schema` prints them; docs/schemas has copies. Nothing is read by a schema: the models themselves read.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from orchestration.declarations import declaration_schema
from orchestration.ingestion.bank.formats.declaration import BANK_DECLARATION
from orchestration.ingestion.cdr.formats.declaration import CDR_DECLARATION
from orchestration.ingestion.sources.entries import SOURCES_FILE

_MODELS: dict[str, tuple[TypeAdapter[Any], str]] = {
    "cdr": (CDR_DECLARATION, "Tollhouse: the format of a switch's call files"),
    "bank": (BANK_DECLARATION, "Tollhouse: the format of a bank's result files"),
    "sources": (SOURCES_FILE, "Tollhouse: the sources file"),
}
DECLARATIONS = tuple(_MODELS)


def json_schema(declaration: str) -> dict[str, Any]:
    """The schema of one of DECLARATIONS."""
    return declaration_schema(*_MODELS[declaration])


def schema_text(declaration: str) -> str:
    """The same as the text of a file."""
    return json.dumps(json_schema(declaration), ensure_ascii=False, indent=2) + "\n"
