"""The memory that a run may use, and what of it the engine is given: three fifths."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.settings import Settings
from orchestration.warehouse.connection import open_warehouse


@pytest.mark.parametrize(
    ("limit", "engine"),
    [
        ("2GB", "1200000000B"),
        ("2000 mb", "1200000000B"),
        ("1.5GiB", "966367641B"),  # 1.5 × 2^30 = 1 610 612 736; three fifths, 966 367 641.6
        ("1000000KiB", "614400000B"),
        ("500B", "300B"),
        (None, None),
    ],
)
def test_the_engine_is_given_three_fifths(limit: str | None, engine: str | None) -> None:
    environment = {} if limit is None else {"TOLLHOUSE_MEMORY_LIMIT": limit}
    assert Settings.from_environment(environment).engine_memory_limit == engine


def test_the_warehouse_is_opened_with_it(tmp_path: Path) -> None:
    """10 000 MiB = 10 485 760 000 bytes; three fifths are 6 291 456 000 = 6 000 MiB, which the engine tells as 5.8 GiB."""
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path), "TOLLHOUSE_MEMORY_LIMIT": "10000MiB"})
    with open_warehouse(settings) as con:
        assert con.execute("select current_setting('memory_limit')").fetchone() == ("5.8 GiB",)
