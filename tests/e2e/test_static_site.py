"""The static site opened from a disk: every page draws itself, and works by mouse and keyboard without any server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from dashboards.site import build_site
from dashboards.view import BranchFiles
from orchestration.settings import Settings
from tests.e2e.branch import AS_OF, MANY, write_branch
from tests.e2e.conftest import Watched


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static site of the small branch."""
    home = tmp_path_factory.mktemp("site")
    published = home / "published"
    published.mkdir()
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(home)})
    edition = write_branch(published, many=MANY)
    build_site(edition, published, BranchFiles(settings.reference, settings.notices))
    return edition / "site"


@pytest.fixture
def reader(context: BrowserContext, site: Path) -> Watched:
    """A page of the browser before the folder of editions."""
    return Watched(context.new_page(), f"file://{site.parents[2]}")


def path_of(site: Path, name: str) -> str:
    return f"/editions/{AS_OF}-0001/site/{name}"


def test_every_page_draws_itself_from_a_disk(reader: Watched, site: Path) -> None:
    faults = {}
    for path in sorted(site.glob("*/*.html")):
        page = reader.open(path_of(site, path.relative_to(site).as_posix()))
        assert page.locator(".badge").inner_text() not in ("", "–")
        if reader.faults:
            faults[path.name] = list(reader.faults)
    assert faults == {}


def test_every_link_leads_to_a_file(site: Path, reader: Watched) -> None:
    for path in sorted(site.glob("*/*.html")):
        text = path.read_text(encoding="utf-8")
        addresses = [part.split('"')[0] for part in text.split(' href="')[1:]]
        for each in addresses:
            if not each.startswith(("#", "data:", "http://127.0.0.1:3000/")):
                assert (path.parent / each.split("#")[0].split("?")[0]).exists(), (path.name, each)


def test_index_leads_to_the_language_chosen_last(reader: Watched, site: Path) -> None:
    page = reader.open(path_of(site, "index.html"))
    page.wait_for_url("**/zh/overview.html")
    page.locator("a[data-language=en]").click()
    page.wait_for_url("**/en/overview.html")
    reader.page.goto(f"{reader.origin}{path_of(site, 'index.html')}")
    page.wait_for_url("**/en/overview.html")


def test_theme_is_kept_from_page_to_page(reader: Watched, site: Path) -> None:
    page = reader.open(path_of(site, "en/overview.html"))
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.locator("[data-theme-switch]").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.wait_for_selector(".xtick text")  # the figures are drawn again in the other colours
    ink = page.evaluate("getComputedStyle(document.querySelector('.xtick text')).fill")
    assert ink == page.evaluate("getComputedStyle(document.body).color")
    page.locator("nav.site a[aria-current] >> xpath=../following-sibling::li[1]/a").click()
    reader.wait_for_figures()
    assert page.evaluate(ground) == dark


def test_filter_opens_the_page_of_the_choice(reader: Watched, site: Path) -> None:
    page = reader.open(path_of(site, "en/overview.html"))
    page.locator("select[name=period]").select_option("2026-03")
    page.locator("form.filters button").click()
    page.wait_for_url("**/en/overview.2026-03.html")
    assert page.locator("select[name=period]").input_value() == "2026-03"


def test_tables_are_sorted_by_keyboard(reader: Watched, site: Path) -> None:
    page = reader.open(path_of(site, "en/commission.html"))
    table = page.locator("table[data-table=statements]")
    column = table.locator("tbody td.number:last-child")
    head = table.locator("thead th").last
    head.locator("button").focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    up = [float(text.replace(",", "")) for text in column.all_inner_texts()]
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    down = [float(text.replace(",", "")) for text in column.all_inner_texts()]
    assert len(up) == 3 and up == sorted(up) and down == up[::-1]


def test_tables_are_searched_by_keyboard(reader: Watched, site: Path) -> None:
    """Of the published tables two are named for re-rating; without what was typed all are back."""
    page = reader.open(path_of(site, "en/dictionary.html"))
    field = page.locator(".find").first
    rows = page.locator("table[data-table=tables] tbody tr:visible")
    before = rows.count()
    field.focus()
    page.keyboard.type("RERATING_")
    expect(rows).to_have_count(2)
    field.fill("")
    expect(rows).to_have_count(before)


def test_first_key_skips_to_the_content(reader: Watched, site: Path) -> None:
    page = reader.open(path_of(site, "en/overview.html"))
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    expect(skip).to_be_focused()
    assert skip.bounding_box()["x"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_paper_is_a4_without_controls_and_not_wasted(reader: Watched, site: Path) -> None:
    """Nothing of the screen's controls, nothing over the edge, and no more sheets than the height of the page needs."""
    page = reader.open(path_of(site, "en/overview.html"))
    content = page.pdf(prefer_css_page_size=True)
    boxes = {
        tuple(round(float(side)) for side in box.split()[2:]) for box in re.findall(rb"/MediaBox \[([^\]]+)\]", content)
    }
    assert boxes <= {(595, 842), (596, 842), (595, 841)}
    sheets = len(re.findall(rb"/Type /Page\b", content))
    page.set_viewport_size({"width": 703, "height": 1000})
    page.emulate_media(media="print")
    for hidden in (".bar", "nav.site", ".filters", ".below", ".find"):
        assert page.locator(f"{hidden}:visible").count() == 0
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    # A sheet holds 1008 px; a block that is kept whole leaves at most a third of one empty.
    assert sheets <= -(-page.evaluate("document.body.scrollHeight") // (1008 * 2 // 3))
