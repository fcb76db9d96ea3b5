"""Page model to HTML files that open from disk: one file per page, holding it in every language.

The file contains everything except plotly.js, which is stored once beside the editions. The same pages give the same bytes.
The markup is in `dashboards/templates`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from dashboards.pages.model import Page
from dashboards.renderers.layout import laid_out, script_json
from dashboards.renderers.templates import environment

_HERE = Path(__file__).resolve().parent


def figure_config(labels: Mapping[str, Mapping[str, str]]) -> dict[str, object]:
    """How plotly behaves: one button (save as a picture), and no way to send a figure to anybody's cloud."""
    return {
        "displaylogo": False,
        "displayModeBar": "hover",
        "locales": {
            language: {"dictionary": {"Download plot as a PNG": texts["download"]}, "format": {}}
            for language, texts in labels.items()
        },
        "modeBarButtons": [["toImage"]],
        "plotlyServerURL": "",
        "responsive": True,
        "showEditInChartStudio": False,
        "showSendToCloud": False,
    }


def render_page(languages: Sequence[Page], default_language: str, plotly_source: str) -> str:
    """One HTML document with the page in each language; `plotly_source` is the script's path from the page."""
    pages = [laid_out(page) for page in languages]
    default = next((page for page in pages if page.language == default_language), None)
    if default is None:
        raise ValueError(f"no page in the default language '{default_language}'")
    script = (_HERE / "site.js").read_text(encoding="utf-8")
    return (
        environment()
        .get_template("page.html")
        .render(
            pages=pages,
            default=default,
            plotly_source=plotly_source,
            content_policy=_content_policy(script),
            script=script,
            style=(_HERE / "site.css").read_text(encoding="utf-8"),
            figure_config=script_json(figure_config({page.language: page.labels for page in languages})),
        )
    )


def _content_policy(script: str) -> str:
    # The browser itself refuses to fetch from or to send to anywhere else, whatever a library may try.
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; script-src 'self' file: 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data: blob:; connect-src 'none'; form-action 'none'; base-uri 'none'"
    )
