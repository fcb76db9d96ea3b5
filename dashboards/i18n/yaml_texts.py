"""Reads the YAML files of this folder, by libyaml where Python's YAML has it: ten times as fast, and they are large."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_texts(path: Path) -> Any:
    """The content of a file."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 (both loaders are safe ones)
