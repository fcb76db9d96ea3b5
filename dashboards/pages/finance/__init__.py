"""The pages for finance: commission, direct debit, providers, re-ratings, periods."""

from __future__ import annotations

from dashboards.pages.spec import PageSpec

PAGES: tuple[PageSpec, ...] = ()
