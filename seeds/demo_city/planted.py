"""The record of planted cases: for each case its count and the keys to find it. No case is made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Planted:
    """Cases by name, each with its count and its keys, in the order in which they were planted."""

    def __init__(self) -> None:
        self.cases: dict[str, dict[str, Any]] = {}

    def add(self, case: str, *keys: Any, **details: Any) -> None:
        """Count each key under the case; `details` are facts of the case as a whole."""
        entry = self.cases.setdefault(case, {"count": 0, "keys": []})
        entry["count"] += len(keys)
        entry["keys"].extend(keys)
        entry.update(details)

    def count(self, case: str, number: int, **details: Any) -> None:
        """Set the count of a case that needs no keys."""
        self.cases[case] = {"count": number, **details}

    def as_dict(self, facts: dict[str, Any], totals: dict[str, int]) -> dict[str, Any]:
        """What `planted.json` holds."""
        return {**facts, "totals": totals, "cases": dict(sorted(self.cases.items()))}


def write_planted(path: Path, planted: dict[str, Any]) -> None:
    """Write planted.json, stable to the byte."""
    path.write_text(json.dumps(planted, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
