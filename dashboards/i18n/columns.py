"""What the published tables and their columns are called, in Chinese and English, and what kind of values a column has.

The texts are in columns.yaml. How a kind is written for people is decided where it is shown, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dashboards.i18n.yaml_texts import read_texts

_TEXTS = Path(__file__).resolve().parent / "columns.yaml"

# Kinds whose values all have one unit, so that a column need not name it.
_UNITS_BY_KIND = {"money": "yuan", "amount": "yuan", "seconds": "seconds", "days": "days"}


@dataclass(frozen=True)
class ColumnText:
    """A column as people read it: its heads by language, the kind of its values, and the unit they are in."""

    name: str
    labels: Mapping[str, str]
    kind: str
    unit: str | None = None

    def label(self, language: str) -> str:
        """The column's head in `zh` or `en`, without the unit."""
        return self.labels[language]

    def unit_label(self, language: str) -> str:
        """The unit's word in `zh` or `en`; empty for a column without one."""
        return "" if self.unit is None else str(_texts()["units"][self.unit][language])

    @property
    def group(self) -> str | None:
        """The group of texts with the words of a coded column; None for a column of another kind."""
        return self.kind.removeprefix("code:") if self.kind.startswith("code:") else None

    @property
    def dimension(self) -> str | None:
        """The dimension of dimension_names that has the names of the column's ids; None for a column of another kind."""
        return self.kind.removeprefix("dimension:") if self.kind.startswith("dimension:") else None


@cache
def column(mart: str, name: str) -> ColumnText:
    """The texts of a mart's column: the mart's own, else those that the column has in every mart."""
    own = _mart(mart).get("columns", {})
    shared = _texts()["columns"]
    if name not in own and name not in shared:
        raise KeyError(f"column {name} of {mart} has no text: add it to columns.yaml in dashboards/i18n")
    text = own.get(name) or shared[name]
    kind = str(text["kind"])
    unit = text.get("unit", _UNITS_BY_KIND.get(kind))
    return ColumnText(name, {"zh": str(text["zh"]), "en": str(text["en"])}, kind, None if unit == "none" else unit)


def mart_title(mart: str, language: str) -> str:
    """The mart's title in `zh` or `en`."""
    return str(_mart(mart)["title"][language])


def mart_definition(mart: str, language: str) -> str:
    """One sentence in `zh` or `en` that says what a row of the mart is."""
    return str(_mart(mart)["definition"][language])


def catalogue() -> Mapping[str, Any]:
    """All texts as they stand in columns.yaml, for the checks that hold them against the tables."""
    return _texts()


def _mart(mart: str) -> Mapping[str, Any]:
    marts: Mapping[str, Mapping[str, Any]] = _texts()["marts"]
    if mart not in marts:
        raise KeyError(f"table {mart} has no title: add it to columns.yaml in dashboards/i18n")
    return marts[mart]


@cache
def _texts() -> Mapping[str, Any]:
    content: Mapping[str, Any] = read_texts(_TEXTS)
    return content
