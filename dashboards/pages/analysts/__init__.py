"""The pages for analysts: intake, gates, problems, single calls, lineage, the dictionary of the published tables, editions."""

from __future__ import annotations

from dashboards.pages.analysts.editions import EDITIONS
from dashboards.pages.analysts.gates import GATES
from dashboards.pages.spec import PageSpec

PAGES: tuple[PageSpec, ...] = (GATES, EDITIONS)
