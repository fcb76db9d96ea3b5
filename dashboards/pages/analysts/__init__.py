"""The pages for analysts: intake, gates, problems, single calls, lineage, the dictionary of the published tables, editions."""

from __future__ import annotations

from dashboards.pages.analysts.bulletin import BULLETIN_PAGE
from dashboards.pages.analysts.calls import CALLS_PAGE
from dashboards.pages.analysts.dictionary import DICTIONARY_PAGE
from dashboards.pages.analysts.editions import EDITIONS
from dashboards.pages.analysts.gates import GATES
from dashboards.pages.analysts.intake_page import INTAKE_PAGE
from dashboards.pages.analysts.lineage import LINEAGE_PAGE
from dashboards.pages.spec import PageSpec

PAGES: tuple[PageSpec, ...] = (
    INTAKE_PAGE,
    GATES,
    BULLETIN_PAGE,
    CALLS_PAGE,
    DICTIONARY_PAGE,
    LINEAGE_PAGE,
    EDITIONS,
)
