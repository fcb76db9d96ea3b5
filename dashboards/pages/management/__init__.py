"""The pages for management: the branch at a glance, who pays, what is used, and what is at risk."""

from __future__ import annotations

from dashboards.pages.management.bills import BILLS
from dashboards.pages.management.customers import CUSTOMERS
from dashboards.pages.management.exchanges import EXCHANGES
from dashboards.pages.management.overview import OVERVIEW
from dashboards.pages.management.receivables import RECEIVABLES
from dashboards.pages.management.risk import RISK
from dashboards.pages.management.trunk_groups import TRAFFIC
from dashboards.pages.management.unit import UNIT
from dashboards.pages.spec import PageSpec

PAGES: tuple[PageSpec, ...] = (OVERVIEW, UNIT, RECEIVABLES, BILLS, TRAFFIC, EXCHANGES, CUSTOMERS, RISK)
