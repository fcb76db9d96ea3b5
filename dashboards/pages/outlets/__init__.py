"""The pages for outlets: what there is to do, and what to look up for a customer."""

from __future__ import annotations

from dashboards.pages.outlets.bill_items import BILL_ITEMS_PAGE
from dashboards.pages.outlets.complaints import COMPLAINTS_PAGE
from dashboards.pages.outlets.info_services import INFO_SERVICES_PAGE
from dashboards.pages.outlets.notices import NOTICES_PAGE
from dashboards.pages.outlets.outlet import OUTLET_PAGE
from dashboards.pages.outlets.ranges import RANGES_PAGE
from dashboards.pages.outlets.tariff import TARIFF_PAGE
from dashboards.pages.outlets.terminals import TERMINALS_PAGE
from dashboards.pages.outlets.trainings import TRAININGS_PAGE
from dashboards.pages.outlets.undocumented import UNDOCUMENTED_PAGE
from dashboards.pages.spec import PageSpec

PAGES: tuple[PageSpec, ...] = (
    OUTLET_PAGE,
    UNDOCUMENTED_PAGE,
    COMPLAINTS_PAGE,
    TERMINALS_PAGE,
    TARIFF_PAGE,
    BILL_ITEMS_PAGE,
    INFO_SERVICES_PAGE,
    RANGES_PAGE,
    TRAININGS_PAGE,
    NOTICES_PAGE,
)
