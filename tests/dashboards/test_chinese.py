"""The Chinese pages are whole: on no page, with no filter, stands an English sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from dashboards.pages.spec import PageSpec
from dashboards.params import Params
from dashboards.site_map import PAGES, draw
from dashboards.view import BranchFiles, View
from orchestration.publishing.reading import read_edition
from orchestration.settings import PROJECT_ROOT
from tests.dashboards.reading import html_of
from tests.e2e.branch import NAMES, write_branch
from tests.e2e.filters import filled

#: Three English words or more in a row are a sentence; ids, codes and names of files are not.
_SENTENCE = re.compile(r"[A-Za-z][a-z'’-]+(?: [A-Za-z'’-]+){2,}")
#: Commands that a reader types, and names that the branch itself gives in English.
_TYPED = {"tollhouse files release", "tollhouse files retry", "tollhouse files reject", "free city BUSINESS"}


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    """A small branch with a row in every published table."""
    home = tmp_path_factory.mktemp("chinese")
    published = home / "published"
    published.mkdir()
    branch = BranchFiles(PROJECT_ROOT / "seeds" / "reference", home / "notices")
    with View(read_edition(write_branch(published), published), branch=branch) as opened:
        yield opened


def english(html: str) -> set[str]:
    """The English sentences of a page: its texts without code, and the texts of its figures."""
    # Cell by cell: neighbours are no sentence. The gates of the small branch are invented, and so are their claims.
    bare = re.sub(r"<(code|script|pre|head)\b.*?</\1>", " ", html, flags=re.DOTALL)
    shown = " · ".join(each for each in re.findall(r">([^<]+)<", bare) if not each.startswith("Claim of "))
    figures = " ".join(re.findall(r'-data">(.*?)</script>', html, flags=re.DOTALL))
    quoted = " ".join(re.findall(r'"(?:text|name|label)":"([^"]*)"', figures))
    named = {name for pair in NAMES.values() for name in pair}
    found = set(_SENTENCE.findall(unescape(f"{shown} · {quoted}")))
    return {each for each in found - _TYPED if not any(each in name for name in named)}


@pytest.mark.parametrize("spec", PAGES, ids=lambda spec: spec.name)
def test_no_english_sentence_stands_on_a_chinese_page(view: View, spec: PageSpec) -> None:
    for values in filled(view, spec):
        assert english(html_of(draw(spec.name, view, Params("zh", values)))) == set(), values


def test_an_english_sentence_would_be_found() -> None:
    page = "<p>号码 2207914 has no account</p><code>select this from that</code><td>one two</td><td>three</td>"
    assert english(page) == {"has no account"}
    assert english('<script id="x-data">{"text":"Mean load per hour"}</script>') == {"Mean load per hour"}


def test_every_page_says_something_in_chinese(view: View, tmp_path: Path) -> None:
    for spec in PAGES:
        assert re.search(r"[\u4e00-\u9fff]{2}", draw(spec.name, view, Params("zh")).heading), spec.name
