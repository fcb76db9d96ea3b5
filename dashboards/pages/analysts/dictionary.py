"""The data dictionary: every published table with its columns, first rows, and the SQL that reads it."""

from __future__ import annotations

from collections.abc import Mapping

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.i18n.columns import catalogue, column, mart_definition, mart_title
from dashboards.pages import frame
from dashboards.pages.model import (
    Block,
    Cell,
    Column,
    Content,
    Kind,
    Linked,
    Message,
    Prose,
    Section,
    Table,
    Target,
    Tile,
)
from dashboards.pages.spec import PageSpec, as_it_is
from dashboards.params import Params
from dashboards.scope import CALL_MARTS
from dashboards.view import View
from orchestration.access.roles import Role
from orchestration.warehouse.model_texts import mart_texts

ROWS_SHOWN = 10
#: Types that a workbook has only as numbers, which it shows as a date where the column is one. The rest is as it is stored.
_KINDS: Mapping[str, Kind] = {"DATE": "day", "TIMESTAMP": "moment"}


def dictionary(view: View, params: Params) -> Content:
    """The list of all published tables; or one of them."""
    t = params.t
    marts = _marts(view)
    mart = params.one_of("mart", tuple(marts))
    options = [(each, f"{mart_title(each, t.language)} · {each}") for each in marts]
    filters = (frame.list_filter(params, frame.DICTIONARY, "mart", options, t("dictionary.list")),)
    if mart is None:
        return Content((_list(view, marts, t),), filters)
    return Content(
        (_columns(view, mart, t), _first_rows(view, mart, t), _sql(view, mart, t)),
        filters,
        heading=mart_title(mart, t.language),
        subheading=mart_definition(mart, t.language),
    )


def _marts(view: View) -> list[str]:
    """The edition's tables in the order of the catalogue."""
    return [mart for mart in catalogue()["marts"] if mart in view.marts]


def _list(view: View, marts: list[str], t: Translate) -> Section:
    table = Table(
        columns=(
            Column(t("dictionary.title")),
            Column(t("dictionary.name")),
            Column(t("dictionary.row_is")),
            Column(t("dictionary.columns"), "count"),
            Column(t("dictionary.rows"), "count"),
        ),
        rows=tuple(
            (
                Linked(mart_title(mart, t.language), Target.to(frame.DICTIONARY, mart=mart)),
                mart,
                mart_definition(mart, t.language),
                len(view.columns(mart)),
                view.row_count(mart),
            )
            for mart in marts
        ),
        title=t("dictionary.tables"),
        definition=t("dictionary.tables_definition"),
        name="tables",
    )
    return Section("tables", t("dictionary.tables"), blocks=(table,), is_paired=False)


def _columns(view: View, mart: str, t: Translate) -> Section:
    texts = mart_texts().get(mart)
    # The descriptions are those of the models, in English: the Chinese page has the Chinese labels in their place.
    is_described = t.language == "en"
    rows: list[tuple[Cell, ...]] = []
    for name, kind in view.columns(mart):
        text = column(mart, name)
        described = texts.columns.get(name) if texts is not None else None
        rows.append(
            (
                name,
                text.label(t.language),
                kind,
                _kind(text.kind, t),
                text.unit_label(t.language) or None,
                *((None if described is None else described[1],) if is_described else ()),
            )
        )
    table = Table(
        columns=(
            Column(t("dictionary.column")),
            Column(t("dictionary.label")),
            Column(t("dictionary.type")),
            Column(t("dictionary.kind")),
            Column(t("dictionary.unit")),
            *((Column(t("dictionary.description")),) if is_described else ()),
        ),
        rows=tuple(rows),
        title=t("dictionary.columns_of", mart=mart),
        definition=t("dictionary.columns_definition"),
        name="columns",
        how=frame.of_marts(t, mart),
    )
    tiles = (
        Tile(t("dictionary.rows"), formats.count(view.row_count(mart)), t("dictionary.rows_definition")),
        Tile(
            t("dictionary.columns"),
            formats.count(len(rows)),
            t("dictionary.lineage_definition"),
            link=Target.to("lineage", mart=mart),
        ),
    )
    return Section("columns", t("dictionary.columns"), tiles=tiles, blocks=(table,), is_paired=False)


def _kind(kind: str, t: Translate) -> str:
    group, _, of = kind.partition(":")
    if group == "dimension":
        return t("dictionary.named_by", dimension=t.code("dimension", of))
    return t(f"column_kind.{group}")


def _first_rows(view: View, mart: str, t: Translate) -> Section:
    title = t("dictionary.first_rows")
    block: Block
    if mart in CALL_MARTS and not view.viewer.rights.sees_calls:
        block = Message(t("dictionary.no_calls"))
    else:
        rows = view.preview(mart, ROWS_SHOWN)
        types = view.columns(mart)
        names = [name for name, _ in types]
        block = Message(t("dictionary.empty"))
        if rows:
            block = Table(
                columns=tuple(Column(name, _KINDS.get(kind, "text")) for name, kind in types),
                rows=tuple(tuple(row[name] for name in names) for row in rows),
                title=t("dictionary.first", count=formats.count(len(rows))),
                definition=t("dictionary.first_definition"),
                name="first_rows",
                how=frame.of_marts(t, mart),
            )
    return Section("first_rows", title, blocks=(block,), is_paired=False)


def _sql(view: View, mart: str, t: Translate) -> Section:
    names = ",\n    ".join(f'"{name}"' for name, _ in view.columns(mart))
    path = f"published/editions/{view.name}/{mart}/*.parquet"
    sql = f"select\n    {names}\nfrom read_parquet('{path}')\nlimit 100;"
    return Section("sql", t("dictionary.sql"), t("dictionary.sql_intro"), blocks=(Prose(f"```sql\n{sql}\n```"),))


# It names the edition and counts rows of every table: no page of another edition is the same.
DICTIONARY_PAGE = PageSpec(
    frame.DICTIONARY,
    "analysts",
    dictionary,
    queries=("dimension_names",),
    params=("mart",),
    also=frozenset({Role.ENGINEER}),
    reads_branch_files=True,
    variants=as_it_is,  # a page for each table would be half of the site: those are on the server
)
