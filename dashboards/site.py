"""The static site of an edition: which pages it has, and where they are written. Pages and their style are elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from dashboards.edition import Edition, opened
from dashboards.i18n import LANGUAGES, Translate
from dashboards.pages import frame
from dashboards.pages.gates import gates
from dashboards.pages.model import Page
from dashboards.pages.overview import overview
from dashboards.renderers.static_site import render_page

SITE_FOLDER = "site"
ASSETS_FOLDER = "assets"

PAGES: Mapping[str, Callable[[Edition, Translate], Page]] = {frame.OVERVIEW: overview, frame.GATES: gates}


def build_site(edition_dir: Path, published: Path, default_language: str = "zh") -> list[Path]:
    """Write the edition's pages to `<edition_dir>/site/` and plotly.js, once, to `<published>/assets/`.

    Returns the pages, the overview first. The same edition gives the same bytes. A mart that is missing or empty
    leaves a sentence on the page; an edition that cannot be read raises EditionError.
    """
    script = _plotly_script(published)
    site = edition_dir / SITE_FOLDER
    site.mkdir(parents=True, exist_ok=True)
    source = Path(os.path.relpath(script.absolute(), site.absolute())).as_posix()
    written = []
    with opened(edition_dir, published) as edition:
        for file_name, page in PAGES.items():
            languages = [page(edition, Translate.to(language)) for language in LANGUAGES]
            _write(site / file_name, render_page(languages, default_language, source).encode("utf-8"))
            written.append(site / file_name)
    return written


def damaged_script(published: Path) -> Path | None:
    """The script that the pages load where it is there and not the one that was written; None where it is sound."""
    script, content = _script(published)
    return script if script.exists() and script.read_bytes() != content else None


def _plotly_script(published: Path) -> Path:
    script, content = _script(published)
    if not script.exists() or script.read_bytes() != content:
        script.parent.mkdir(parents=True, exist_ok=True)
        _write(script, content)
    return script


def _script(published: Path) -> tuple[Path, bytes]:
    from plotly.offline import get_plotlyjs, get_plotlyjs_version

    script = published / ASSETS_FOLDER / f"plotly-{get_plotlyjs_version()}.min.js"
    return script, get_plotlyjs().encode("utf-8")


def _write(path: Path, content: bytes) -> None:
    # Whole or not at all: a page that is being served is never seen half written.
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
