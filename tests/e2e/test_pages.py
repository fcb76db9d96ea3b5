"""Every page in both languages, light and dark, on a desktop and on a phone: nothing is amiss that a browser can tell."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from dashboards.site_map import BY_NAME
from dashboards.view import BranchFiles, View
from orchestration.settings import Settings
from tests.e2e.conftest import Watched
from tests.e2e.filters import address, filled, names_of_pages

#: `make e2e` looks at every page in both languages, `make test` at each in one of them, in turns.
IS_WHOLE = os.environ.get("TOLLHOUSE_E2E") == "whole"
PAGES_LOOKED_AT = [
    (name, language)
    for position, name in enumerate(names_of_pages())
    for place, language in enumerate(("zh", "en"))
    if IS_WHOLE or position % 2 == place
]
DESKTOP = {"width": 1400, "height": 900}
PHONE = {"width": 390, "height": 844}

_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
# What a theme changes.
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
# The rows of a table are made alike: of a long one the first say it all.
_PART = {"exclude": [["tbody tr:nth-child(n + 4)"]]}
# Cells whose words are broken to fewer than three characters a line, over more than three lines.
_SQUEEZED = """() => Array.from(document.querySelectorAll('td, th')).filter(cell => {
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent.trim();
    if (text.length < 4 || !node.parentElement.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const lines = new Set(Array.from(range.getClientRects()).map(each => Math.round(each.top)));
    if (lines.size > 3 && text.length / lines.size < 3) return true;
  }
  return false;
}).map(cell => cell.textContent.trim())"""
# Every figure is as wide as its place: it follows a change of the window a moment later.
_FITTED = """() => Array.from(document.querySelectorAll('.figure .main-svg')).every(
  each => each.getBoundingClientRect().width <= each.closest('.figure').clientWidth + 1)"""
# What sticks out to the right of the window, outermost first.
_OVERFLOW = """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
  Array.from(document.querySelectorAll('body *')).filter(each => {
    const box = each.getBoundingClientRect();
    return box.right > window.innerWidth + 1 && !each.parentElement.closest('.scroll');
  }).slice(0, 5).map(each => each.tagName + '.' + each.className + ' ' + Math.round(each.getBoundingClientRect().right))"""

# What lies open and sticks out to the right of a sheet of paper is cut off.
_OFF_THE_SHEET = """() => Array.from(document.querySelectorAll('table[data-table]')).filter(
  each => each.checkVisibility() && each.getBoundingClientRect().right > window.innerWidth + 1).map(each => each.dataset.table)"""
# What is left of the width of A4 between the margins of site.css.
SHEET = {"width": 703, "height": 1000}


@pytest.fixture(scope="module")
def reader(chromium: Browser, origin: str) -> Iterator[Watched]:
    """One page of the browser for the whole matrix."""
    context = chromium.new_context(locale="zh-CN")
    yield Watched(context.new_page(), origin)
    context.close()


@pytest.fixture(scope="module")
def branch_view(branch_settings: Settings) -> Iterator[View]:
    """The branch as the server shows it."""
    files_of_branch = BranchFiles(branch_settings.reference, branch_settings.notices)
    with View.current(branch_settings.published, branch=files_of_branch) as view:
        yield view


def violations(page: Page, rules: Mapping[str, Any] = _RULES) -> list[str]:
    """What axe finds against WCAG 2.2 AA, with the element."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_AXE)
    found: list[dict[str, Any]] = page.evaluate(
        "([part, rules]) => axe.run(part, rules).then(r => r.violations)", [_PART, _RULES]
    )
    return [f"{each['id']}: {node['html'][:160]} {node['any'][:1]}" for each in found for node in each["nodes"][:3]]


#: Opened light on a desktop in Chinese and dark on a phone in English, and then turned into the other, step by step.
_WAYS = {
    "zh": (("light", DESKTOP), ("dark", DESKTOP), ("dark", PHONE), ("light", PHONE)),
    "en": (("dark", PHONE), ("light", PHONE), ("light", DESKTOP), ("dark", DESKTOP)),
}


@pytest.mark.parametrize(("name", "language"), PAGES_LOOKED_AT)
def test_page_in_both_themes_and_widths(name: str, language: str, reader: Watched) -> None:
    page = reader.page
    for step, (theme, size) in enumerate(_WAYS[language]):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size(size)  # type: ignore[arg-type]
        if step == 0:
            reader.open(address(language, name, {}))
            assert page.locator("h1").count() == 1
        page.wait_for_function(_FITTED)
        where = f"{theme}, {size['width']} px wide"
        assert page.evaluate(_OVERFLOW) == [], where
        assert page.evaluate(_SQUEEZED) == [], where
        if step == 0:
            assert violations(page) == [], where
        elif size == DESKTOP:
            assert violations(page, _COLOURS) == [], where
    assert reader.faults == []


@pytest.mark.parametrize("name", [name for name in names_of_pages() if BY_NAME[name].params])
def test_page_with_its_filters_set(name: str, reader: Watched, branch_view: View) -> None:
    reader.page.emulate_media(color_scheme="light")
    reader.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page = reader.open(address("en", name, filled(branch_view, BY_NAME[name])[-1]))
    assert page.evaluate(_OVERFLOW) == []
    assert page.evaluate(_SQUEEZED) == []
    assert violations(page) == []
    assert reader.faults == []


@pytest.mark.parametrize(("name", "language"), PAGES_LOOKED_AT)
def test_page_on_paper_has_every_column(name: str, language: str, reader: Watched) -> None:
    reader.page.set_viewport_size(SHEET)  # type: ignore[arg-type]
    page = reader.open(address(language, name, {}))
    try:
        page.emulate_media(media="print")
        assert page.evaluate(_OFF_THE_SHEET) == []
    finally:
        page.emulate_media(media="screen")


def test_a_figure_stands_beside_its_few_columns_on_paper(reader: Watched) -> None:
    """It is on one sheet: below them it would leave half of the sheet before it empty."""
    reader.page.set_viewport_size(SHEET)  # type: ignore[arg-type]
    page = reader.open(address("en", "overview", {}))
    try:
        page.emulate_media(media="print")
        pair = page.locator(".pair:not(:has(th:nth-child(5), [data-high]))").first
        figure, beside = pair.evaluate("pair => [...pair.children].map(each => each.getBoundingClientRect().top)")
        assert figure == beside
    finally:
        page.emulate_media(media="screen")


def test_long_table_begins_with_twenty_cards_on_a_phone(reader: Watched) -> None:
    reader.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page = reader.open(address("en", "outlet", {}))
    cards = page.locator("table[data-table=to_do] tbody tr:visible")
    assert cards.count() == 20
    page.locator(".block:has(table[data-table=to_do]) .unfold").click()
    assert cards.count() == 200
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.reload()
    assert cards.count() == 200 and page.locator(".unfold:visible").count() == 0
