"""The closed form equals the walk over every increment, on random tariff books. The long form: `python -m tests.rating`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rating.random_books import disagreements

BOOKS, PLANS, CALLS = 2, 24, 10_000


@pytest.mark.parametrize("seed", range(1, BOOKS + 1))
def test_every_call_is_charged_as_increment_by_increment(tmp_path: Path, seed: int) -> None:
    """Charged seconds, the exact fraction before rounding, and the amount: no difference."""
    priced, wrong = disagreements(tmp_path, seed, PLANS, CALLS)
    assert wrong[:5] == []
    assert priced > 0.8 * CALLS, "calls with a price"
    assert priced < CALLS, "and some that reach a band without a rate"
