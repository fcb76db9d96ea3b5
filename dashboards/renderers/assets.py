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
    # plotly.py brings one bundle, with every kind of figure; a smaller one would have to be copied into this project.
    from plotly.offline import get_plotlyjs, get_plotlyjs_version

    return {
        style_name(): _content("site.css"),
        script_name(): _content("site.js"),
        f"plotly-{get_plotlyjs_version()}.min.js": get_plotlyjs().encode("utf-8"),
    }


@cache
def plotly_name() -> str:
    """The file name of plotly.js."""
    from plotly.offline import get_plotlyjs_version

    return f"plotly-{get_plotlyjs_version()}.min.js"


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
