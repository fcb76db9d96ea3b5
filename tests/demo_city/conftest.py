"""A small city, made once for all tests of this folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seeds.demo_city import make_city
from tests.demo_city.reading import Delivered, delivered_files

REFERENCE = Path(__file__).resolve().parents[2] / "seeds" / "reference"


@pytest.fixture(scope="session")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small city's inbox."""
    folder = tmp_path_factory.mktemp("city") / "inbox"
    make_city(folder, subscribers=60, months=2, seed=3)
    return folder


@pytest.fixture(scope="session")
def planted(inbox: Path) -> dict[str, Any]:
    """What planted.json says."""
    return json.loads((inbox.parent / "planted.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def read_back(inbox: Path) -> tuple[dict[str, Delivered], list[str], list[str]]:
    """The CDR files, the odd names and the unreadable ones."""
    return delivered_files(inbox / "cdr")
