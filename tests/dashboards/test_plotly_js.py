"""The bundle of plotly.js that the pages load: of plotly.py's version, with every kind of figure that the pages have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs_version

import dashboards
from dashboards.renderers import assets

NOT_KINDS = {"figure", "layout", "annotation", "hline", "vline", "shape", "trace"}
FIGURES = Path(dashboards.__file__).parent / "figures"


@pytest.fixture(scope="module")
def script() -> str:
    return assets.assets()[assets.plotly_name()].decode("utf-8")


def test_it_is_of_the_version_that_plotly_py_makes_figures_for(script: str) -> None:
    """After a change of version: the version in packaging/plotly_js/package.json, then `make plotly-js`."""
    assert f'version="{get_plotlyjs_version()}"' in script


def test_it_has_the_kinds_of_figures_of_the_pages_and_no_other(script: str) -> None:
    bundled = set(re.findall(r'moduleType:"trace",name:"([a-z0-9]+)"', script))
    made = {
        name.lower()
        for path in FIGURES.rglob("*.py")
        for name in re.findall(r"(?:\bgo\.|\.add_)(\w+)\(", path.read_text(encoding="utf-8"))
    }
    assert made - NOT_KINDS <= bundled
    assert bundled == {"scatter", "bar", "heatmap", "sankey"}
