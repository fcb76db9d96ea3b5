"""The pages for finance: revenue balance, commission, settlements, agents, direct debit, providers, re-ratings, billing periods."""

from __future__ import annotations

from dashboards.pages.finance.adjustments import ADJUSTMENTS
from dashboards.pages.finance.agent import AGENT
from dashboards.pages.finance.balance import BALANCE
from dashboards.pages.finance.commission import COMMISSION
from dashboards.pages.finance.direct_debit import DIRECT_DEBIT
from dashboards.pages.finance.periods import PERIODS
from dashboards.pages.finance.providers import PROVIDERS
from dashboards.pages.finance.reratings import RERATINGS
from dashboards.pages.finance.settlements import SETTLEMENTS
from dashboards.pages.spec import PageSpec

PAGES: tuple[PageSpec, ...] = (
    BALANCE, COMMISSION, SETTLEMENTS, AGENT, DIRECT_DEBIT, PROVIDERS, RERATINGS, ADJUSTMENTS, PERIODS,
)  # fmt: skip
