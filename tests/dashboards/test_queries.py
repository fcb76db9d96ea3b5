"""The queries: each declares the marts it reads, stands in the list of a page, and is asked by what says so."""

from __future__ import annotations

import re

import pytest

from dashboards.site_map import PAGES
from dashboards.view import QUERIES, query_reads, query_text
from tests.dashboards.editions import declared_columns

NAMES = sorted(path.stem for path in QUERIES.glob("*.sql"))
#: What every page asks for its head, its filters and the period that it shows by itself.
OF_EVERY_PAGE = {"billing_periods", "collection_periods", "dimension_names"}
#: Asked by `tollhouse explain`.
OF_COMMANDS = {"call_rated", "call_suspended", "call_duplicate"}


@pytest.mark.parametrize("name", NAMES)
def test_declared_marts_are_those_it_reads(name: str) -> None:
    text = re.sub(r"--.*", "", query_text(name))
    used = {mart for mart in re.findall(r"\b(?:from|join)\s+(\w+)", text) if mart in declared_columns()}
    assert used == set(query_reads(name))


def test_every_query_is_of_a_page() -> None:
    of_pages = {query for spec in PAGES for query in spec.queries}
    assert of_pages <= set(NAMES)
    assert set(NAMES) - of_pages - OF_EVERY_PAGE - OF_COMMANDS == set(), "no page lists it: delete it, or list it"
