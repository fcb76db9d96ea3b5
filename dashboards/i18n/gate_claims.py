"""What a gate claims, in the reader's language: English comes with the result, Chinese is in gates_zh.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dashboards.i18n.yaml_texts import read_texts

_CHINESE = Path(__file__).resolve().parent / "gates_zh.yaml"


def claim(language: str, suite: str, gate: str, description: str) -> str:
    """The gate's claim in a language; its own description where there is no other."""
    return (chinese_claim(suite, gate) or description) if language == "zh" else description


def chinese_claim(suite: str, gate: str) -> str | None:
    """The claim in Chinese: of this suite's gate, of the gate in any suite, or by how its name ends."""
    texts = _texts()
    table = texts["tables"].get(suite, suite)
    for name in (f"{suite}.{gate}", gate):
        if name in texts["claims"]:
            return str(texts["claims"][name]).format(table=table)
    for ending, text in texts["endings"].items():
        if gate.endswith(ending):
            return str(text).format(table=table, column=gate.removesuffix(ending))
    return None


@cache
def _texts() -> Mapping[str, Any]:
    content: Mapping[str, Any] = read_texts(_CHINESE)
    return content
