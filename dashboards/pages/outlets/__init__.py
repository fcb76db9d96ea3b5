"""The pages for outlets: what there is to do, and what to look up for a customer."""

from __future__ import annotations

from dashboards.pages.spec import PageSpec

PAGES: tuple[PageSpec, ...] = ()
