"""What dbt's declarations say of the published tables and their columns: descriptions and types, from the files beside the models.

Read from the declarations themselves, which are installed with the product: dbt's manifest, which has the same, is there only
where dbt has run. What tables and columns are called in Chinese and English is the pages' own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.settings import DBT_PROJECT

_MODELS = DBT_PROJECT / "models"
_DOC_BLOCK = re.compile(r"{%-?\s*docs\s+(\w+)\s*-?%}(.*?){%-?\s*enddocs\s*-?%}", re.DOTALL)
_REFERENCE = re.compile(r"{{\s*doc\(\s*['\"](\w+)['\"]\s*\)\s*}}")


@dataclass(frozen=True)
class ModelText:
    """A published table: what a row of it is, and for each column its (type, description), in the columns' order."""

    description: str
    columns: Mapping[str, tuple[str, str]]


@cache
def mart_texts() -> Mapping[str, ModelText]:
    """Every published table by its name."""
    blocks = {
        name: text.strip()
        for path in sorted(_MODELS.rglob("*.md"))
        for name, text in _DOC_BLOCK.findall(path.read_text(encoding="utf-8"))
    }
    return {
        model["name"]: ModelText(
            _resolved(model["description"], blocks),
            {
                column["name"]: (str(column["data_type"]), _resolved(column["description"], blocks))
                for column in model["columns"]
            },
        )
        for path in sorted((_MODELS / "marts").rglob("_models.yml"))
        for model in _declared(path)
    }


def _declared(path: Path) -> list[dict[str, Any]]:
    models: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    return models


def _resolved(text: str, blocks: Mapping[str, str]) -> str:
    """A description with the shared texts that it names, on one line."""
    return " ".join(_REFERENCE.sub(lambda found: blocks[found.group(1)], text).split())
