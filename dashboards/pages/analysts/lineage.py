"""Lineage: from which tables and columns a published table and its columns are computed, as the last runs have recorded it."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.i18n.columns import catalogue, column, mart_title
from dashboards.pages import frame
from dashboards.pages.model import Block, Cell, Column, Content, Details, Linked, Message, Section, Table, Target
from dashboards.pages.spec import PageSpec, as_it_is
from dashboards.params import Params
from dashboards.view import View
from orchestration.access.roles import Role
from orchestration.warehouse.recorded_lineage import ColumnId, RecordedLineage, recorded_lineage

LINEAGE = "lineage"
#: dbt's schemas, from what comes in to what is published.
_LAYERS = ("raw", "closed", "state", "reference", "staging", "intermediate", "marts")
_SCHEMA = "marts"
#: Of one column; more are behind a line to open.
_MOST_LISTED = 6


def lineage(view: View, params: Params) -> Content:
    """All published tables with what they are computed from; or one, column by column."""
    t = params.t
    marts = [mart for mart in catalogue()["marts"] if mart in view.marts]
    mart = params.one_of("mart", tuple(marts))
    options = [(each, f"{mart_title(each, t.language)} · {each}") for each in marts]
    filters = (frame.list_filter(params, LINEAGE, "mart", options),)
    recorded = recorded_lineage()
    if recorded is None:
        absent = Section("lineage", t("lineage.tables"), blocks=(Message(t("lineage.nothing"), "warning"),))
        return Content((absent,), filters)
    if mart is None:
        return Content((_all(marts, recorded, t),), filters)
    return Content(
        (_tables(mart, recorded, t), _columns(view, mart, recorded, t)), filters, heading=mart_title(mart, t.language)
    )


def _all(marts: list[str], recorded: RecordedLineage, t: Translate) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for mart in marts:
        upstream = recorded.upstream((_SCHEMA, mart))
        rows.append(
            (
                Linked(mart_title(mart, t.language), Target.to(LINEAGE, mart=mart)),
                mart,
                *(sum(1 for schema, _ in upstream if schema == layer) for layer in _LAYERS),
                max(upstream.values(), default=0),
            )
        )
    table = Table(
        columns=(
            Column(t("lineage.table")),
            Column(t("dictionary.name")),
            *(Column(t(f"lineage.layer.{layer}"), "count") for layer in _LAYERS),
            Column(t("lineage.steps"), "count"),
        ),
        rows=tuple(rows),
        title=t("lineage.all_tables"),
        definition=t("lineage.all_definition"),
        name="lineage",
    )
    return Section("lineage", t("lineage.tables"), blocks=(table,), is_paired=False)


def _tables(mart: str, recorded: RecordedLineage, t: Translate) -> Section:
    upstream = recorded.upstream((_SCHEMA, mart))
    if not upstream:
        return Section("tables", t("lineage.tables"), blocks=(Message(t("lineage.unknown", mart=mart), "warning"),))
    readers: dict[tuple[str, str], list[str]] = {}
    for table_id in ((_SCHEMA, mart), *upstream):
        for read in recorded.reads.get(table_id, ()):
            readers.setdefault(read, []).append(table_id[1])
    ordered = sorted(upstream.items(), key=lambda item: (_LAYERS.index(item[0][0]), item[1], item[0][1]))
    table = Table(
        columns=(
            Column(t("lineage.layer_of")),
            Column(t("lineage.table")),
            Column(t("lineage.steps"), "count"),
            Column(t("lineage.read_by")),
        ),
        rows=tuple(
            (
                t(f"lineage.layer.{schema}"),
                Linked(name, Target.to(LINEAGE, mart=name)) if schema == _SCHEMA else name,
                steps,
                ", ".join(sorted(readers[(schema, name)])),
            )
            for (schema, name), steps in ordered
        ),
        title=t("lineage.tables_of", mart=mart),
        definition=t("lineage.tables_definition"),
        name="tables",
        how=frame.of_marts(t, mart),
    )
    return Section("tables", t("lineage.tables"), blocks=(table,), is_paired=False)


def _columns(view: View, mart: str, recorded: RecordedLineage, t: Translate) -> Section:
    names = [name for name, _ in view.columns(mart)]
    block: Block = Message(t("lineage.no_columns"), "warning")
    if any((_SCHEMA, mart, name) in recorded.sources for name in names):
        block = Table(
            columns=(
                Column(t("dictionary.column")),
                Column(t("dictionary.label")),
                Column(t("lineage.made_of")),
                Column(t("lineage.origins")),
            ),
            rows=tuple(
                (
                    name,
                    column(mart, name).label(t.language),
                    _listed(recorded.sources.get((_SCHEMA, mart, name), ()), t),
                    _listed(recorded.origins((_SCHEMA, mart, name)), t),
                )
                for name in names
            ),
            title=t("lineage.columns_of", mart=mart),
            definition=t("lineage.columns_definition"),
            name="columns",
            how=frame.of_marts(t, mart),
        )
    return Section("columns", t("lineage.columns"), blocks=(block,), is_paired=False)


def _listed(columns: Sequence[ColumnId], t: Translate) -> Cell:
    """Columns as `schema.table.column`, many of them behind a line to open; None for one that is made of none, as a constant is."""
    names = [".".join(each) for each in columns]
    if len(names) <= _MOST_LISTED:
        return ", ".join(names) or None
    first = ", ".join(names[:_MOST_LISTED])
    return Details(
        t("lineage.and_more", names=first, count=formats.count(len(names) - _MOST_LISTED)), text="\n".join(names)
    )


# It shows what dbt has recorded. That does not belong to an edition.
LINEAGE_PAGE = PageSpec(
    LINEAGE,
    "analysts",
    lineage,
    queries=("dimension_names",),
    params=("mart",),
    also=frozenset({Role.ENGINEER}),
    reads_branch_files=True,
    variants=as_it_is,
)
