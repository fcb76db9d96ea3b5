"""A page of the model as an HTML document. The markup is in `dashboards/templates`; where things lie, the links know.

The same page gives the same bytes. A document loads the style, the pages' script and plotly.js, and nothing else.
"""

from __future__ import annotations

from dashboards.i18n import LANGUAGES, Translate
from dashboards.pages.model import FINANCE_FORMATS, Page
from dashboards.renderers import assets
from dashboards.renderers.layout import DrawnFigure, laid_out, language_tag, script_json
from dashboards.renderers.links import Links
from dashboards.renderers.templates import environment

#: The browser itself refuses to fetch from or to send to anywhere else, whatever a library may try. Styles of elements are plotly's.
_POLICY = (
    "default-src 'none'; script-src 'self'{file}; style-src 'self'{file} 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'none'; font-src 'none'; form-action {form}; base-uri 'none'"
)


def content_policy(is_served: bool) -> str:
    """The content policy of a document."""
    return _POLICY.format(file="" if is_served else " file:", form="'self'" if is_served else "'none'")


def render(page: Page, links: Links, dagster_url: str) -> str:
    """The document of a page; `dagster_url` is where Dagster's UI shows the lineage of a table."""
    sections = laid_out(page, links)
    has_figures = any(isinstance(row.first, DrawnFigure) for section in sections for row in section.rows)
    return (
        environment()
        .get_template("page.html")
        .render(
            page=page,
            t=Translate.to(page.language),
            sections=sections,
            links=links,
            finance_formats=FINANCE_FORMATS,
            home=page.groups[0].links[0].target if page.groups else page.target,
            dagster=dagster_url.rstrip("/"),
            language_tag=language_tag(page.language),
            others=[(other, Translate.to(other)("language_name"), language_tag(other)) for other in LANGUAGES],
            content_policy=content_policy(links.is_served),
            style=links.asset(assets.style_name()),
            script=links.asset(assets.script_name()),
            plotly=links.asset(assets.plotly_name()) if has_figures else None,
            figure_config=script_json(figure_config(page)),
        )
    )


def figure_config(page: Page) -> dict[str, object]:
    """How plotly behaves: one button (save as a picture), and no way to send a figure to anybody's cloud."""
    texts = {"dictionary": {"Download plot as a PNG": page.labels["download"]}, "format": {}}
    return {
        "displaylogo": False,
        "displayModeBar": "hover",
        "locale": page.language,
        "locales": {page.language: texts},
        "modeBarButtons": [["toImage"]],
        "plotlyServerURL": "",
        "responsive": True,
        "showEditInChartStudio": False,
        "showSendToCloud": False,
    }
