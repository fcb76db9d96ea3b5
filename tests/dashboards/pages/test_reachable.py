"""Every published table can be seen: at least one page reads it, and not only the pages that have all tables alike."""

from __future__ import annotations

from dashboards.site_map import PAGES
from orchestration.publishing.published_marts import PUBLISHED_MARTS

#: These list whatever an edition has.
_ABOUT_TABLES = {"dictionary", "lineage"}


def test_every_published_table_is_read_by_a_page() -> None:
    read = {mart for spec in PAGES if spec.name not in _ABOUT_TABLES for mart in spec.marts}
    unread = [mart.name for mart in PUBLISHED_MARTS if mart.name not in read]
    assert unread == [], "show them on a page, or name the query in the queries of the page that does"
