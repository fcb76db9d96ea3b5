"""What every page of the site has around its sections: head, badge, links, search; and what it says where something is missing."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.i18n.columns import mart_title
from dashboards.pages.model import (
    Badge,
    Block,
    Cell,
    Content,
    Fact,
    Figure,
    Filter,
    FinanceFiles,
    FinanceKind,
    How,
    Link,
    LinkGroup,
    MartLink,
    Message,
    Named,
    Option,
    Page,
    Query,
    Section,
    Table,
    Target,
)
from dashboards.pages.spec import COMMON_PARAMS, SECTIONS, PageSpec
from dashboards.params import Params, UnknownParameter
from dashboards.view import Period, View, query_reads, query_text
from orchestration.printable import one_line
from orchestration.publishing.manifest import EditionError

LOG = logging.getLogger(__name__)

OVERVIEW = "overview"
GATES = "gates"
DICTIONARY = "dictionary"
#: The id of what belongs to nobody, in every mart of money.
UNASSIGNED = "unassigned"

_WHOLE = re.compile("[0-9]{1,3}")


def draw(spec: PageSpec, pages: Sequence[PageSpec], view: View, params: Params) -> Page:
    """The page as a viewer may see it; where it cannot be shown, a page that says why. `pages` are all of the site."""
    t = params.t
    if not spec.is_for(view.viewer):
        return _framed(spec, pages, view, params, _sentence(t("missing.not_for_role"), "warning"), 403)
    try:
        for name, value in params.values.items():
            if name not in (*spec.params, *COMMON_PARAMS):
                raise UnknownParameter(name, value)
        content = _searched(spec.content(view, params), params)
    except UnknownParameter as unknown:
        known = unknown.name in (*spec.params, *COMMON_PARAMS)
        key = f"missing.{unknown.why}" if known else "missing.filter"
        # What was typed may hold marks that turn the sentence around.
        text = t(key, name=t.code("filter", one_line(unknown.name)), value=one_line(unknown.value))
        return _framed(spec, pages, view, params, _sentence(text, "warning"), 404)
    except EditionError as error:
        lacking = view.lacks(*spec.queries)
        if not lacking:  # paths and SQL are for who runs the server
            LOG.error("page %s: %s", spec.name, error)
        text = _marts_lacking(lacking, t) if lacking else t("missing.unreadable")
        return _framed(spec, pages, view, params, _sentence(text, "warning"), 200 if lacking else 500)
    return _framed(spec, pages, view, params, content)


def name_of(view: View, dimension: str, dimension_id: str | None, t: Translate) -> str:
    """The name of a member of a dimension; else the page's own word for the code, else its id."""
    if dimension_id is None or dimension_id == UNASSIGNED:
        return t("site.not_assigned")
    row = view.names.get((dimension, dimension_id))
    name = None if row is None else row[f"name_{t.language}"]
    return name or t.code(dimension, dimension_id)


def named(view: View, dimension: str, dimension_id: str | None, t: Translate) -> Named:
    """A member of a dimension for a cell: its name, and its id for the file."""
    return Named(name_of(view, dimension, dimension_id, t), dimension_id or "")


def branch_name(view: View, t: Translate) -> str:
    """The branch's own name, or just "branch" if the reference book does not have it."""
    row = view.names.get(("branch", "branch"))
    return t("site.branch") if row is None else (row[f"name_{t.language}"] or t("site.branch"))


def missing_marts(view: View, t: Translate, *queries: str) -> Message | None:
    """A sentence that names the marts these queries lack; None when they are all there."""
    lacking = view.lacks(*queries)
    return Message(_marts_lacking(lacking, t), "warning") if lacking else None


def _marts_lacking(marts: Sequence[str], t: Translate) -> str:
    titles = [t("missing.mart", title=mart_title(mart, t.language), mart=mart) for mart in marts]
    return t("missing.marts", marts=t("missing.between").join(titles))


def how(t: Translate, *queries: str) -> How:
    """How something is computed that comes from these queries."""
    marts = dict.fromkeys(mart for query in queries for mart in query_reads(query))
    return How(of_marts(t, *marts).marts, tuple(Query(name, query_text(name)) for name in queries))


def of_marts(t: Translate, *marts: str) -> How:
    """Where something stands that is in these published tables as it is."""
    return How(
        tuple(
            MartLink(mart, mart_title(mart, t.language), Target.to(DICTIONARY, mart=mart), f"marts/{mart}")
            for mart in marts
        )
    )


def finance_files(t: Translate, period: str, *kinds: FinanceKind, agent: str | None = None) -> tuple[FinanceFiles, ...]:
    """The finance files of a period, of the kinds of `tollhouse export KIND`; of one agent or of all."""
    return tuple(
        FinanceFiles(
            kind,
            period,
            agent,
            title=t("finance_files.on_page", kind=t(f"finance_files.kinds.{kind}"), period=period),
            definition=t("finance_files.on_page_definition", kind=kind),
        )
        for kind in kinds
    )


def period_filter(view: View, params: Params, page: str) -> Filter:
    """The choice of a billing period, with its state."""
    t = params.t
    chosen = params.period(view).code
    return _choice(
        page,
        params,
        "period",
        [(code, f"{code} · {t.code('period_state', state)}") for code, state in view.periods.items()],
        chosen,
    )


def member_filter(view: View, params: Params, page: str, name: str, dimension: str, everything: str = "") -> Filter:
    """The choice of a member of a dimension; `everything` is what no choice is called, by default "all"."""
    t = params.t
    members = [(member_id, name_of(view, dimension, member_id, t)) for member_id in view.members(dimension)]
    return list_filter(params, page, name, members, everything)


def list_filter(
    params: Params, page: str, name: str, options: Sequence[tuple[str, str]], everything: str = ""
) -> Filter:
    """The choice of one of (value, text); no choice comes first."""
    return _choice(page, params, name, [("", everything or params.t("site.all")), *options], params.get(name) or "")


def text_filter(params: Params, name: str, hint: str = "") -> Filter:
    """A field to type into."""
    return Filter(name, params.t.code("filter", name), (), params.get(name) or "", hint)


def _choice(page: str, params: Params, name: str, options: Sequence[tuple[str, str]], chosen: str) -> Filter:
    others = {key: value for key, value in params.values.items() if key not in (name, "find", "sort")}
    return Filter(
        name,
        params.t.code("filter", name),
        tuple(
            Option(value, text, Target(page, tuple(sorted({**others, name: value}.items()))), value == chosen)
            for value, text in options
        ),
        chosen,
    )


def gate_badge(view: View, t: Translate, link: Target | None) -> Badge:
    """The edition's gates in one line: all passed, so many warnings, or blocked."""
    gates = view.gates
    if not gates:
        return Badge(t("gate_badge.none"), "neutral", link)
    blocking = [gate for gate in gates if gate.blocks]
    if blocking:
        text = t("gate_badge.blocked", count=formats.count(len(blocking)), all=formats.count(len(gates)))
        return Badge(text, "bad", link)
    parts = []
    for severity, key in (("error", "errors"), ("warn", "warnings")):
        number = sum(1 for gate in gates if not gate.success and gate.severity == severity)
        if number == 1:
            parts.append(t(f"gate_badge.{key}_one"))
        elif number:
            parts.append(t(f"gate_badge.{key}", count=formats.count(number)))
    if parts:
        return Badge(" · ".join(parts), "warning", link)
    return Badge(t("gate_badge.passed", count=formats.count(len(gates))), "good", link)


def without_edition(page: Page) -> Page:
    """The page without what differs from edition to edition though its figures do not: a script beside it fills that in."""
    facts = tuple(replace(fact, value="") if fact.key else fact for fact in page.facts)
    return replace(page, facts=facts, badge=replace(page.badge, text="", tone="neutral"))


def _framed(
    spec: PageSpec, pages: Sequence[PageSpec], view: View, params: Params, content: Content, status: int = 200
) -> Page:
    t = params.t
    branch = branch_name(view, t)
    seen = [page for page in pages if page.is_for(view.viewer)]
    heading = content.heading or t(f"pages.{spec.name}.title")
    has_gates = any(page.name == GATES for page in seen)
    edition = params.get("edition")
    always = {} if edition is None else {"edition": edition}
    filters = content.filters
    in_filters = {each.name for each in filters}
    return Page(
        name=spec.name,
        language=t.language,
        title=f"{heading} · {branch} · {formats.day(view.as_of)}",
        heading=heading,
        subheading=content.subheading or t(f"pages.{spec.name}.intro"),
        facts=(
            Fact(t("site.edition"), view.name, "edition"),
            Fact(t("site.as_of"), formats.day(view.as_of)),
            Fact(t("site.built_at"), formats.moment(view.built_at, view.time_zone), "built_at"),
        ),
        badge=gate_badge(view, t, Target.to(GATES, **always) if has_gates else None),
        groups=tuple(
            LinkGroup(
                t(f"site.sections.{section}"),
                tuple(
                    Link(t(f"pages.{page.name}.title"), Target.to(page.name, **always), page.name == spec.name)
                    for page in seen
                    if page.section == section and (page.is_listed or page.name == spec.name)
                ),
            )
            for section in SECTIONS
            if any(page.section == section and page.is_listed for page in seen)
        ),
        sections=content.sections,
        filters=filters,
        finance_files=content.finance_files,
        kept=tuple(sorted((name, value) for name, value in params.values.items() if name not in in_filters)),
        target=Target(spec.name, tuple(sorted(params.values.items()))),
        footer=t("site.footer"),
        status=status,
        labels=_labels(branch, t),
    )


def _labels(branch: str, t: Translate) -> dict[str, str]:
    names = (
        "all_rows", "contents", "csv", "dagster", "figure_data", "filter_show", "find", "how", "language", "logout", "menu", "skip",
        "sql", "theme", "xlsx",
    )  # fmt: skip
    labels = {name: t(f"labels.{name}") for name in names}
    return labels | {"branch": branch, "download": t("site.download")}


def _sentence(text: str, tone: Any) -> Content:
    return Content((Section("message", "", blocks=(Message(text, tone),)),))


def _searched(content: Content, params: Params) -> Content:
    """The content with its tables filtered by `find` and the one that `sort` names sorted (`<table>.<column from 0>.<up|down>`)."""
    find, sort = params.get("find"), params.get("sort")
    if find is None and sort is None:
        return content
    named_tables = {
        table.name
        for section in content.sections
        for block in section.blocks
        if isinstance(table := block.data if isinstance(block, Figure) else block, Table)
    }
    order = None
    if sort is not None:
        name, _, rest = sort.partition(".")
        column, _, direction = rest.partition(".")
        if name not in named_tables or not _WHOLE.fullmatch(column) or direction not in ("up", "down"):
            raise UnknownParameter("sort", sort, "sort")
        order = (name, int(column), direction == "down")

    def table_of(table: Table) -> Table:
        if find is not None:
            wanted = find.casefold()
            rows = tuple(
                row
                for row in table.rows
                if any(
                    wanted in formats.written(cell, column.kind, params.t).casefold()
                    for cell, column in zip(row, table.columns, strict=True)
                )
            )
            # A part of the rows does not sum to the total of all.
            table = replace(table, rows=rows, total=table.total if len(rows) == len(table.rows) else None)
        if order is not None and order[0] == table.name:
            if order[1] >= len(table.columns):
                raise UnknownParameter("sort", str(sort), "sort")
            table = replace(table, rows=_sorted(table.rows, order[1], order[2]))
        return table

    def block_of(block: Block) -> Block:
        if isinstance(block, Table):
            return table_of(block)
        if isinstance(block, Figure) and block.data is not None:
            return replace(block, data=table_of(block.data))
        return block

    sections = tuple(replace(section, blocks=tuple(map(block_of, section.blocks))) for section in content.sections)
    return replace(content, sections=sections)


def _sorted(rows: tuple[tuple[Cell, ...], ...], position: int, down: bool) -> tuple[tuple[Cell, ...], ...]:
    def value(row: tuple[Cell, ...]) -> Any:
        return formats.plain(row[position])

    filled = [row for row in rows if value(row) is not None]
    empty = [row for row in rows if value(row) is None]
    try:
        filled.sort(key=value, reverse=down)
    except TypeError:  # a column of several types, as a sample of a gate has
        filled.sort(key=lambda row: str(value(row)), reverse=down)
    return (*filled, *empty)


def periods_between(view: View, last: Period, months: int) -> list[Period]:
    """The periods up to and with one, the oldest first, as many months as asked for and the edition has."""
    found = [last]
    while len(found) < months and found[-1].before.code in view.periods:
        found.append(found[-1].before)
    return found[::-1]
