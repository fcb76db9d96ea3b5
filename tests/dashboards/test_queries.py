"""The queries: each declares the marts it reads, and an edition that has them can answer it."""

from __future__ import annotations

import re

import pytest
from dashboards.edition import QUERIES, query_reads

from tests.dashboards.editions import COLUMNS

NAMES = sorted(path.stem for path in QUERIES.glob("*.sql"))


@pytest.mark.parametrize("name", NAMES)
def test_declared_marts_are_those_it_reads(name: str) -> None:
    text = (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
    used = {mart for mart in re.findall(r"(?:from|join) (\w+)", text) if mart in COLUMNS}
    assert used == set(query_reads(name))
