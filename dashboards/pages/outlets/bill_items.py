"""Bill items and call types: what each line of a bill contains, and who pays for it."""

from __future__ import annotations

from dataclasses import replace

from dashboards.pages.model import Content, Message, Section
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import mart_table
from dashboards.params import Params
from dashboards.view import View
from orchestration.access.roles import Role

_COLUMNS = ("bill_item_id", "item_kind", "call_category", "zone_id", "charged_party")


def bill_items(view: View, params: Params) -> Content:
    """Every bill item with the call categories and zones in it."""
    t = params.t
    rows = view.query("bill_item_guide")
    if not rows:
        return Content((Section("items", t("bill_items.items"), blocks=(Message(t("bill_items.none")),)),))
    table = mart_table(
        view,
        t,
        "bill_item_guide",
        rows,
        _COLUMNS,
        name="bill_items",
        queries=("bill_item_guide",),
        title=t("bill_items.table"),
        definition=t("bill_items.definition"),
    )
    # An item without calls has no category: that is no lack of an assignment.
    cells = tuple(
        tuple(None if row[name] is None else cell for name, cell in zip(_COLUMNS, shown, strict=True))
        for row, shown in zip(rows, table.rows, strict=True)
    )
    return Content((Section("items", t("bill_items.items"), blocks=(replace(table, rows=cells),), is_paired=False),))


BILL_ITEMS_PAGE = PageSpec(
    "bill_items",
    "outlets",
    bill_items,
    queries=("bill_item_guide", "dimension_names"),
    also=frozenset({Role.AGENT, Role.ENGINEER}),
)
