"""The templates: no text of a page leaves its element, whatever stands in it, and nothing is shown that the model does not have."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from jinja2 import UndefinedError

from dashboards.pages.model import Badge, Column, Details, Figure, Filter, Link, LinkGroup, Page, Section, Table, Target
from dashboards.renderers.html import content_policy, render
from dashboards.renderers.links import ServedLinks
from dashboards.renderers.templates import TEMPLATES, environment, prose_html

HOSTILE = (
    " </script><script>alert(1)</script><b a=\"'>&amp;&#60;{{ 7 * 7 }}{% raw %}--> ]]> 甲\u202e乙\u200f丙\u2067"
    " </td></pre></style></title></textarea>"
)
LABELS = (
    "all_rows",
    "branch", "contents", "csv", "dagster", "download", "figure_data", "filter_show", "find", "how", "language", "logout", "menu",
    "skip", "sql", "theme", "xlsx",
)  # fmt: skip
#: Names of files and filters, and what leads to a page: parts of addresses, not texts that people read. Ids of members stand in
#: files alone. Markdown has a test of its own.
ADDRESSES = {
    "id_label", "member_id",
    "name", "mart", "asset", "key", "section_id", "kept", "target", "link", "links", "spark", "language", "markdown", "agent", "period",
}  # fmt: skip
DAGSTER = "http://127.0.0.1:3000"

_Text = Callable[[], str]


def made(kind: Any, text: _Text, levels: int = 4) -> Any:
    """A value of a type of the page model with a new text in every place for one; of a union, every member in turn."""
    return next(variants(kind, text, levels))


def variants(kind: Any, text: _Text, levels: int) -> Iterator[Any]:
    """Values of a type: each member of a union once. Tables in tables end after some levels."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is str:
        yield text()
    elif kind in PLAIN:
        yield PLAIN[kind]
    elif kind is types.NoneType:
        yield None
    elif kind is go.Figure:
        yield go.Figure(go.Bar(x=[text()], y=[1]), go.Layout(title=text()))
    elif kind is Target:
        yield Target("overview")
    elif origin is typing.Literal:
        yield arguments[0]
    elif origin in (types.UnionType, typing.Union):
        # None last, so that `made` fills what may be empty, while there are levels left.
        members = sorted(arguments, key=lambda member: (member is types.NoneType) == (levels > 0))
        for member in members:
            yield from variants(member, text, levels)
    elif kind == Mapping[str, str]:
        yield {label: text() for label in LABELS}
    elif origin is tuple and arguments[1:] == (...,):
        yield tuple(variants(arguments[0], text, levels))
    elif origin is tuple:
        yield tuple(made(argument, text, levels) for argument in arguments)
    elif dataclasses.is_dataclass(kind):
        yield made_of_fields(kind, text, levels - 1)
    else:
        pytest.fail(f"say here how a {kind} of the page model is made")


#: Values of the types that hold no text.
PLAIN: dict[Any, Any] = {
    bool: True, int: 7, float: 0.5, Decimal: Decimal("1.50"), date: date(2026, 2, 9), datetime: datetime(2026, 2, 9, 23),
}  # fmt: skip


def made_of_fields(kind: Any, text: _Text, levels: int) -> Any:
    """An instance of a class of the model with every field filled; addresses are plain, as the site map and ids give them."""
    hints = typing.get_type_hints(kind)
    fields = [field for field in dataclasses.fields(kind) if field.init]
    values = {
        field.name: made(hints[field.name], _plain if field.name in ADDRESSES else text, levels) for field in fields
    }
    if kind is Table:  # every row has as many cells as there are columns
        values["columns"] = tuple(Column(text(), unit=text()) for _ in values["rows"][0])
        values["total"] = tuple(values["rows"][0])
    if kind is Details and values["table"] is not None:
        values["table"] = dataclasses.replace(values["table"], total=None, title="", definition="", how=None)
        columns = tuple(Column(text()) for _ in values["table"].columns)
        values["table"] = dataclasses.replace(values["table"], columns=columns)
    return kind(**values)


def _plain() -> str:
    return "plain"


def pages_with(suffix: str) -> list[Page]:
    """Two pages with a different text in every field that has one: with a badge that leads on and without, figures beside
    their tables and with them behind a line, filters to choose from and to type into."""
    numbers = itertools.count()

    def text() -> str:
        return f"t{next(numbers):04d}{suffix}"

    pages = []
    for badge in (made(Badge, text), Badge(text(), "good", link=None)):
        hidden = made(Section, text)
        blocks = tuple(
            dataclasses.replace(each, is_data_shown=False) if isinstance(each, Figure) else each
            for each in hidden.blocks
        )
        sections = (made(Section, text), dataclasses.replace(hidden, is_paired=False, blocks=blocks))
        listed, typed = dataclasses.replace(made(Filter, text), value="", hint=""), made(Filter, text)
        filters = (listed, dataclasses.replace(typed, options=()))
        page = made(Page, text)
        pages.append(dataclasses.replace(page, language="en", badge=badge, sections=sections, filters=filters, kept=()))
    return pages


def rendered(page: Page) -> str:
    return render(page, ServedLinks("en", frozenset({"overview"})), DAGSTER)


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


_SET_BY_LENGTH = [("class", "names"), ("class", "long"), ("class", "names long")]


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
        # How wide a column is follows from the length of its texts, and only that.
        told = [(name, self.tame(value)) for name, value in attrs if (name, value) not in _SET_BY_LENGTH]
        self.found.append((tag, told))
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
    for hostile, plain in zip(pages_with(HOSTILE), pages_with(""), strict=True):
        html = rendered(hostile)
        parsed = Parsed(html, HOSTILE).found
        assert parsed == Parsed(rendered(plain), "").found
        # plotly.js, the pages' script and the configuration; and the figure of each of the two sections.
        assert html.count("<script") == html.count("</script") == 3 + 2
        names = names_of(plain)
        assert len(names) > 80
        unseen = [name for name in sorted(names) if name not in str(parsed)]
        assert unseen == [], "every text of the model is shown"


def test_only_these_values_are_not_escaped() -> None:
    found = {
        (path.name, value)
        for path in TEMPLATES.glob("*")
        for value in re.findall(r"{{\s*([\w.()]+)\s*\|\s*safe\b", path.read_text(encoding="utf-8"))
    }
    assert found == {
        ("base.html", "content_policy"),
        ("base.html", "figure_config"),
        ("index.html", "content_policy"),
        ("macros.html", "figure.data"),
        ("macros.html", "prose_html(block.markdown)"),
    }
    for path in TEMPLATES.glob("*"):
        text = path.read_text(encoding="utf-8")
        assert text.count("safe }}") == sum(name == path.name for name, _ in found), path
        assert "autoescape" not in text
    assert environment().autoescape is True


@pytest.mark.parametrize(
    ("markdown", "absent", "shown"),
    [
        ("<script>alert(1)</script> *new*", "<script", "<em>new</em>"),
        ("[go](javascript:alert(1))", 'href="javascript', "go"),
        ("![picture](http://evil.example/x.png)", "<img", "picture"),
        ('<a href="x" onclick="y">z</a>', "<a", "z"),
        ("[news](https://example.org)", "onclick", 'href="https://example.org"'),
    ],
)
def test_a_notice_has_no_markup_of_its_own(markdown: str, absent: str, shown: str) -> None:
    html = prose_html(markdown)
    assert absent not in html and shown in html


def page(*sections: Section, labels: tuple[str, ...] = LABELS) -> Page:
    first = Target("overview")
    groups = (LinkGroup("Management", (Link("Overview", first, True),)),)
    texts = {label: label for label in labels}
    return Page(
        "overview",
        "en",
        "Title",
        "Heading",
        "Sub",
        (),
        Badge("good", "good"),
        groups,
        sections,
        target=first,
        labels=texts,
    )


def test_a_server_lets_forms_be_sent_to_itself_and_a_file_to_nobody() -> None:
    assert "form-action 'self'" in content_policy(True) and "form-action 'none'" in content_policy(False)
    for is_served in (True, False):
        policy = content_policy(is_served)
        assert "default-src 'none'" in policy and "connect-src 'none'" in policy
        scripts = policy.split("script-src")[1].split(";")[0]
        assert "unsafe-inline" not in scripts and ("file:" in scripts) is not is_served


def test_the_templates_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environment.cache_clear()
    assert "<h1>Heading</h1>" in rendered(page())


def test_what_the_model_does_not_have_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="skip"):
        rendered(page(labels=tuple(set(LABELS) - {"skip"})))
    with pytest.raises(UndefinedError, match="'nothing' is undefined"):
        environment().from_string("{{ nothing }}").render()


def test_a_row_has_a_cell_for_each_column() -> None:
    table = Table((Column("a"), Column("b")), (("only one",),))
    with pytest.raises(ValueError, match="zip"):
        rendered(page(Section("s", "S", blocks=(table,))))


def test_a_sample_without_fields_is_an_empty_row() -> None:
    table = Table((Column("sample"),), ((Details("1 row", Table((), ((),))),),))
    html = rendered(page(Section("s", "S", blocks=(table,))))
    assert re.search(r"<details><summary>1 row</summary><table>.*?<tbody>\s*<tr>\s*</tr>\s*</tbody>", html, re.DOTALL)
