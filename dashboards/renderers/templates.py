"""The environment in which the templates of `dashboards/templates` are rendered: everything is escaped, nothing may be missing.

Pages for the disk and pages that a server answers with come from the same templates. Knows no page and no edition.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt

from dashboards import formats
from dashboards.pages.model import Details, Linked, Mark, Message, Named, Prose
from dashboards.renderers.layout import DrawnFigure, ShownTable, is_wide, spark_points

# Beside this package, wherever it is installed and whatever the working folder is.
TEMPLATES = Path(__file__).resolve().parents[1] / "templates"


@cache
def environment() -> Environment:
    """The one environment: a name that a template does not have is an error, never an empty text."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.globals["paired"] = partial(zip, strict=True)
    made.globals["written"] = formats.written
    made.globals["spark_points"] = spark_points
    made.globals["is_wide"] = is_wide
    made.globals["prose_html"] = prose_html
    for name, kind in (
        ("details", Details), ("figure", DrawnFigure), ("linked", Linked), ("mark", Mark), ("message", Message),
        ("named", Named), ("prose", Prose), ("shown_table", ShownTable),
    ):  # fmt: skip
        made.tests[name] = _is_a(kind)
    return made


def prose_html(markdown: str) -> str:
    """Markdown as HTML. HTML in it is shown as text, images are not loaded, and links lead only to the web or to mail."""
    return str(_markdown().render(markdown))


@cache
def _markdown() -> MarkdownIt:
    # "js-default" has HTML off and refuses addresses that run a script.
    return MarkdownIt("js-default", {"html": False, "linkify": False}).disable("image")


def _is_a(kind: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, kind)
