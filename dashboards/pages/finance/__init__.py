"""The pages for finance: commission, direct debit, providers, re-ratings, periods."""

from __future__ import annotations

from dashboards.pages.finance.agent import AGENT
from dashboards.pages.finance.commission import COMMISSION
from dashboards.pages.finance.direct_debit import DIRECT_DEBIT
from dashboards.pages.spec import PageSpec

PAGES: tuple[PageSpec, ...] = (COMMISSION, AGENT, DIRECT_DEBIT)
