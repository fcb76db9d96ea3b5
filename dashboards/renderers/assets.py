"""The scripts and the style that all pages load: named by their content, so that a browser may keep them for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_HERE = Path(__file__).resolve().parent


@cache
def assets() -> Mapping[str, bytes]:
    """Every asset by its file name."""
    return {
        style_name(): _content("site.css"),
        script_name(): _content("site.js"),
        plotly_name(): _content("plotly.min.js"),
    }


@cache
def plotly_name() -> str:
    """The file name of plotly.js: the kinds of figures that the pages have, bundled by `make plotly-js`."""
    return _hashed("plotly.min.js")


@cache
def style_name() -> str:
    """The file name of the style."""
    return _hashed("site.css")


@cache
def script_name() -> str:
    """The file name of the pages' own script."""
    return _hashed("site.js")


def _hashed(name: str) -> str:
    stem, _, suffix = name.partition(".")
    return f"{stem}-{hashlib.sha256(_content(name)).hexdigest()[:12]}.{suffix}"


@cache
def _content(name: str) -> bytes:
    return (_HERE / name).read_bytes()
