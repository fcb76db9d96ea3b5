"""The environment in which the templates of `dashboards/templates` are rendered: everything is escaped, nothing may be missing.

Pages for the disk and pages that a server answers with come from the same templates. Knows no page and no edition.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboards.pages.model import Mark, Message, Table

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
    for name, kind in (("mark", Mark), ("message", Message), ("table", Table)):
        made.tests[name] = _is_a(kind)
    return made


def _is_a(kind: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, kind)
