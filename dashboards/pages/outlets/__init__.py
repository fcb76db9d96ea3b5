"""The pages for outlets: what there is to do, and what to look up for a customer."""

from __future__ import annotations

from dashboards.pages.outlets.outlet import OUTLET_PAGE
from dashboards.pages.outlets.undocumented import UNDOCUMENTED_PAGE
from dashboards.pages.spec import PageSpec

PAGES: tuple[PageSpec, ...] = (OUTLET_PAGE, UNDOCUMENTED_PAGE)
