"""The templates: no text of a page leaves its element, whatever stands in it, and nothing is shown that the model does not have."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import itertools
import json
import re
import types
import typing
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from dashboards.renderers.static_site import render_page
from jinja2 import UndefinedError

from dashboards.pages.model import Badge, Column, Details, Page, Section, Table
from dashboards.renderers.templates import TEMPLATES, environment

HOSTILE = (
    " </script><script>alert(1)</script><b a=\"'>&amp;&#60;{{ 7 * 7 }}{% raw %}--> ]]> 甲\u202e乙\u200f丙\u2067"
    " </td></pre></style></title></textarea>"
)
LABELS = ("language_name", "switch", "contents", "download")

_Text = Callable[[], str]


def made(kind: Any, text: _Text, levels: int = 4) -> Any:
    """A value of a type of the page model with a new text in every place for one; of a union, every member in turn."""
    return next(variants(kind, text, levels))


def variants(kind: Any, text: _Text, levels: int) -> Iterator[Any]:
    """Values of a type: each member of a union once. Tables in tables end after some levels."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is str:
        yield text()
    elif kind is bool:
        yield True
    elif kind is types.NoneType:
        yield None
    elif kind is go.Figure:
        yield go.Figure(go.Bar(x=[text()], y=[1]), go.Layout(title=text()))
    elif origin is typing.Literal:
        yield arguments[0]
    elif origin in (types.UnionType, typing.Union):
        # None last, so that `made` fills what may be empty, while there are levels left.
        members = sorted(arguments, key=lambda member: (member is types.NoneType) == (levels > 0))
        for member in members:
            yield from variants(member, text, levels)
    elif origin is dict:
        yield {label: text() for label in LABELS}
    elif origin is tuple:
        assert arguments[1:] == (...,), kind
        yield tuple(variants(arguments[0], text, levels))
    elif dataclasses.is_dataclass(kind):
        yield made_of_fields(kind, text, levels - 1)
    else:
        pytest.fail(f"say here how a {kind} of the page model is made")


def made_of_fields(kind: Any, text: _Text, levels: int) -> Any:
    """An instance of a class of the model with every field filled."""
    hints = typing.get_type_hints(kind)
    values = {field.name: made(hints[field.name], text, levels) for field in dataclasses.fields(kind) if field.init}
    if kind is Table:  # every row has as many cells as there are columns
        values["columns"] = tuple(Column(text(), is_figure=position == 1) for position in range(len(values["rows"][0])))
    return kind(**values)


def pages_with(suffix: str) -> list[Page]:
    """Two pages, as of two languages, with a different text in every field that has one."""
    numbers = itertools.count()

    def text() -> str:
        return f"t{next(numbers):04d}{suffix}"

    pages = []
    for badge in (made(Badge, text), Badge(text(), "good", link=None)):
        sections = (made(Section, text), dataclasses.replace(made(Section, text), is_paired=False))
        pages.append(dataclasses.replace(made(Page, text), badge=badge, sections=sections))
    return pages


def names_of(value: Any) -> set[str]:
    """The names, t0000 and so on, of all texts in a value of the model."""
    return set(re.findall(r"\bt\d{4}", value.to_json())) if isinstance(value, go.Figure) else names_inside(value)


def names_inside(value: Any) -> set[str]:
    if isinstance(value, str):
        return set(re.findall(r"^t\d{4}", value))
    inner: Any = ()
    if dataclasses.is_dataclass(value):
        inner = [getattr(value, field.name) for field in dataclasses.fields(value)]
    elif isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, (tuple, list)):
        inner = value
    return set().union(*map(names_of, inner))


class Parsed(HTMLParser):
    """The tags, attributes and texts of a document in order; JSON in scripts as its value."""

    def __init__(self, html: str, suffix: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[object] = []
        self._suffix = suffix
        self._inside = ""
        self.feed(html)
        self.close()

    def tame(self, value: Any) -> Any:
        """The value without what makes it hostile."""
        if isinstance(value, str):
            return value.replace(self._suffix, "") if self._suffix else value
        if isinstance(value, dict):
            return sorted((self.tame(name), self.tame(inner)) for name, inner in value.items())
        return [self.tame(inner) for inner in value] if isinstance(value, list) else value

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [(name, self.tame(value)) for name, value in attrs]))
        self._inside = "json" if ("type", "application/json") in attrs else tag

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"/{tag}")
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "json":
            self.found.append(self.tame(json.loads(data)))
        elif data.strip():
            self.found.append(self.tame(re.sub(r"\s+", " ", data).strip() if self._inside != "pre" else data))


def test_no_text_of_the_page_model_leaves_its_element() -> None:
    """Every text of every class of the model, found by walking the dataclasses: the document is the same as with plain words."""
    hostile, plain = pages_with(HOSTILE), pages_with("")
    html = render_page(hostile, hostile[0].language, f"p{HOSTILE}")
    parsed = Parsed(html, HOSTILE).found
    assert parsed == Parsed(render_page(plain, plain[0].language, "p"), "").found
    # plotly.js, the configuration and the page's own script; and the figure of each of the four sections.
    assert html.count("<script") == html.count("</script") == 3 + 4
    names = names_of(plain)
    assert len(names) > 100
    assert sorted(name for name in names if name not in str(parsed)) == [], "every text of the model is shown"


def test_only_these_values_are_not_escaped() -> None:
    found = {
        (path.name, value)
        for path in TEMPLATES.glob("*")
        for value in re.findall(r"{{\s*([\w.]+)\s*\|\s*safe\b", path.read_text(encoding="utf-8"))
    }
    assert found == {
        ("base.html", "content_policy"),
        ("base.html", "style"),
        ("base.html", "script"),
        ("base.html", "figure_config"),
        ("macros.html", "figure.data"),
    }
    for path in TEMPLATES.glob("*"):
        text = path.read_text(encoding="utf-8")
        assert text.count("safe }}") == sum(name == path.name for name, _ in found), path
        assert "autoescape" not in text
    assert environment().autoescape is True


def page(*sections: Section) -> Page:
    labels = {label: label for label in LABELS}
    return Page("en", "Title", "Heading", "Sub", (), Badge("good", "good"), (), sections, labels=labels)


def test_the_policy_has_the_hash_of_the_script() -> None:
    html = render_page([page()], "en", "plotly.js")
    (script,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None and f"script-src 'self' file: 'sha256-{digest}'; " in policy[1]


def test_the_templates_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environment.cache_clear()
    assert "<h1>Heading</h1>" in render_page([page()], "en", "plotly.js")


def test_what_the_model_does_not_have_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="switch"):
        render_page([dataclasses.replace(page(), labels={"download": "d", "language_name": "n"})], "en", "plotly.js")
    with pytest.raises(UndefinedError, match="'nothing' is undefined"):
        environment().from_string("{{ nothing }}").render()


def test_a_row_has_a_cell_for_each_column() -> None:
    table = Table((Column("a"), Column("b")), (("only one",),))
    with pytest.raises(ValueError, match="zip"):
        render_page([page(Section("s", "S", blocks=(table,)))], "en", "plotly.js")


def test_a_sample_without_fields_is_an_empty_row() -> None:
    table = Table((Column("sample"),), ((Details("1 row", Table((), ((),))),),))
    html = render_page([page(Section("s", "S", blocks=(table,)))], "en", "plotly.js")
    assert "<tbody>\n<tr></tr>\n</tbody>" in html
