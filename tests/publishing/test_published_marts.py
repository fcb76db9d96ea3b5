"""The list of published marts."""

from __future__ import annotations

from orchestration.publishing.editions import SHOWN_WHEN_BLOCKED
from orchestration.publishing.published_marts import PUBLISHED_MARTS


def test_each_mart_is_published_once_and_sorted_by_a_key() -> None:
    names = [mart.name for mart in PUBLISHED_MARTS]
    assert len(names) == len(set(names)) > 25
    assert all(mart.order_by and len(set(mart.order_by)) == len(mart.order_by) for mart in PUBLISHED_MARTS)


def test_what_a_blocked_run_shows_is_published_otherwise() -> None:
    assert set(SHOWN_WHEN_BLOCKED) <= {mart.name for mart in PUBLISHED_MARTS}


def test_only_the_calls_have_a_file_for_each_day() -> None:
    assert [mart.name for mart in PUBLISHED_MARTS if mart.partition_by] == ["rated_calls"]
