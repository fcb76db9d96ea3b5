"""The pages of the site in their order. What a page shows is in pages/; where it is read, in renderers/ and in the server."""

from __future__ import annotations

from collections.abc import Mapping

from dashboards.pages import analysts, finance, frame, management, outlets
from dashboards.pages.model import Page
from dashboards.pages.spec import PageSpec
from dashboards.params import Params
from dashboards.view import View

PAGES: tuple[PageSpec, ...] = (*management.PAGES, *finance.PAGES, *outlets.PAGES, *analysts.PAGES)
BY_NAME: Mapping[str, PageSpec] = {spec.name: spec for spec in PAGES}


def draw(name: str, view: View, params: Params) -> Page:
    """A page of the site. Raises KeyError for a name that no page has."""
    return frame.draw(BY_NAME[name], PAGES, view, params)
