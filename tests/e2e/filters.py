"""For every page of the site, addresses with its filters set: what a test must ask for to have asked for everything once."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from dashboards.pages.spec import PageSpec
from dashboards.params import Params
from dashboards.site_map import PAGES, draw
from dashboards.view import View
from tests.e2e.branch import PARTS

#: What is typed into the fields that have no list.
TYPED: Mapping[str, str] = {
    "account": PARTS[0].accounts[0],
    "number": PARTS[0].number(1),
    "call": f"call-{PARTS[0].text}:1",
    "to": PARTS[0].number(21),
    "date": "2026-02-11",
    "time": "10:00",
    "seconds": "185",
}


def address(language: str, page: str, values: Mapping[str, str], file: str = "") -> str:
    """The path of a page, or of a file of one of its tables."""
    query = f"?{urlencode(sorted(values.items()))}" if values else ""
    return f"/{language}/{page}{f'/{file}' if file else ''}{query}"


def filled(view: View, spec: PageSpec) -> list[dict[str, str]]:
    """The page as it opens, and with each of its filters set: a list by its last choice, a field as TYPED."""
    page = draw(spec.name, view, Params("en"))
    choices: dict[str, str] = {}
    for each in page.filters:
        values = [option.value for option in each.options if option.value]
        if values:
            choices[each.name] = values[-1]
        elif each.name in TYPED:
            choices[each.name] = TYPED[each.name]
    for name in spec.params:
        if name in TYPED:
            choices.setdefault(name, TYPED[name])
    found = [{}, *({name: value} for name, value in choices.items())]
    return [*found, choices] if len(choices) > 1 else found


def names_of_pages() -> list[str]:
    """Every page of the site."""
    return [spec.name for spec in PAGES]
