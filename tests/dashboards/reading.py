"""Reads drawn pages as people see them: the visible text, and the figures as plotly gets them."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

from dashboards.pages.model import Page, Table
from dashboards.params import Params
from dashboards.renderers.html import render
from dashboards.renderers.links import ServedLinks
from dashboards.site_map import BY_NAME, draw
from dashboards.view import View
from orchestration.access.roles import WHOLE_BRANCH, Viewer
from orchestration.publishing.reading import read_edition

DAGSTER = "http://127.0.0.1:3000"


def opened(edition_dir: Path, viewer: Viewer = WHOLE_BRANCH) -> View:
    """The edition of a folder as a viewer sees it."""
    return View(read_edition(edition_dir, edition_dir.parent.parent), viewer)


def drawn(edition_dir: Path, name: str, language: str = "en", viewer: Viewer = WHOLE_BRANCH, **params: str) -> Page:
    """A page of the edition."""
    with opened(edition_dir, viewer) as view:
        return draw(name, view, Params(language, {key.rstrip("_"): value for key, value in params.items()}))


def html_of(page: Page) -> str:
    """The page as a server sends it."""
    return render(page, ServedLinks(page.language, frozenset(BY_NAME)), DAGSTER)


def text_of(html: str) -> str:
    """The visible text of a document, one space between elements."""
    bare = re.sub(r"<script.*?</script>|<pre.*?</pre>|<head>.*?</head>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", bare)))


def figures_of(html: str) -> dict[str, dict[str, Any]]:
    """The figures of a document by the ids of their places."""
    found = re.findall(r'<script type="application/json" id="([\w-]+)-data">(.*?)</script>', html, flags=re.DOTALL)
    return {name: json.loads(content) for name, content in found}


def table_of(page: Page, name: str) -> Table:
    """A table of a page by its name."""
    (table,) = [table for table in page.tables() if table.name == name]
    return table
