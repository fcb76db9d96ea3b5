"""Number ranges: whose a number is by the numbering plan, and the numbers that are not as the plan has them.

The ranges are those of the reference book as it is now; the numbers are the edition's.
"""

from __future__ import annotations

from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.model import Column, Content, Message, Section, Table, Target
from dashboards.pages.outlets.outlet import UNDOCUMENTED, number_conflicts
from dashboards.pages.reference import reference_book
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import mart_table, sum_of, with_column
from dashboards.params import Params
from dashboards.view import View
from orchestration.access.roles import Role
from orchestration.telephone_numbers import normalised_number

RANGES = "ranges"


def ranges(view: View, params: Params) -> Content:
    """The ranges of the numbering plan, then the undocumented numbers by place, then the numbers in conflict."""
    t = params.t
    exchange = params.member(view, "exchange", "exchange")
    unit = params.member(view, "unit", "business_unit")
    return Content(
        (_plan(view, exchange, unit, params.get("number"), t), _undocumented(view, t), number_conflicts(view, t)),
        (
            frame.text_filter(params, "number", "2200100"),
            frame.member_filter(view, params, RANGES, "exchange", "exchange"),
            frame.member_filter(view, params, RANGES, "unit", "business_unit"),
        ),
    )


def _plan(view: View, exchange: str | None, unit: str | None, number: str | None, t: Translate) -> Section:
    title = t("ranges.ranges")
    book = reference_book(view, t)
    if isinstance(book, Message):
        return Section("ranges", title, blocks=(book,))
    found = sorted(book.tables["number_ranges"], key=lambda row: (len(row["range_start"]), row["range_start"]))
    wanted = None if number is None else normalised_number(number)
    outlets: dict[str, list[str]] = {}
    for row in book.tables["outlets"]:
        if row["sales_area_id"] is not None:
            outlets.setdefault(row["sales_area_id"], []).append(row["outlet_id"])
    shown = [
        row
        for row in found
        if (exchange is None or row["exchange_id"] == exchange)
        and (unit is None or row["business_unit_id"] == unit)
        and (wanted is None or _holds(row["range_start"], row["range_end"], wanted))
    ]
    if not shown:
        text = t("ranges.none") if wanted is None else t("ranges.outside", number=number or "")
        return Section("ranges", title, blocks=(Message(text, "warning"),))
    table = Table(
        columns=(
            Column(t("ranges.start")),
            Column(t("ranges.end")),
            Column(t("ranges.numbers"), "count"),
            Column(t("ranges.exchange"), id_label=t("site.id_of", label=t("ranges.exchange"))),
            Column(t("ranges.unit"), id_label=t("site.id_of", label=t("ranges.unit"))),
            Column(t("ranges.area"), id_label=t("site.id_of", label=t("ranges.area"))),
            Column(t("ranges.outlets")),
            Column(t("ranges.usage")),
            Column(t("ranges.billing_area")),
            Column(t("ranges.plan")),
        ),
        rows=tuple(
            (
                row["range_start"],
                row["range_end"],
                _size(row["range_start"], row["range_end"]),
                frame.named(view, "exchange", row["exchange_id"], t),
                frame.named(view, "business_unit", row["business_unit_id"], t),
                frame.named(view, "sales_area", row["sales_area_id"], t),
                t("ranges.between").join(
                    frame.name_of(view, "outlet", each, t) for each in outlets.get(row["sales_area_id"], ())
                ),
                t.code("customer_class", row["usage_type"]),
                row["billing_area"],
                row["tariff_plan_id"],
            )
            for row in shown
        ),
        title=t("ranges.table"),
        definition=t("ranges.definition"),
        total=(
            t("site.total"), None, sum(_size(row["range_start"], row["range_end"]) for row in shown), *[None] * 7,
        ),
        name="number_ranges",
    )  # fmt: skip
    return Section("ranges", title, blocks=(table,), is_paired=False)


def _undocumented(view: View, t: Translate) -> Section:
    title = t("undocumented.title")
    absent = frame.missing_marts(view, t, "undocumented_by_place")
    if absent is not None:
        return Section("undocumented", title, blocks=(absent,))
    rows = view.query("undocumented_by_place")
    if not rows:
        return Section("undocumented", title, blocks=(Message(t("undocumented.none"), "good"),))
    table = mart_table(
        view,
        t,
        "undocumented_numbers",
        rows,
        (
            "exchange_id", "business_unit_id", "outlet_id", "calls", "seconds", "estimated_amount", "calls_without_estimate",
        ),
        name="undocumented_by_place",
        queries=("undocumented_by_place",),
        title=t("ranges.undocumented"),
        definition=t("ranges.undocumented_definition"),
        sums=("calls", "seconds", "estimated_amount", "calls_without_estimate"),
        links={
            "exchange_id": lambda row: Target.to(
                UNDOCUMENTED,
                exchange=row["exchange_id"] or frame.UNASSIGNED,
                unit=row["business_unit_id"] or frame.UNASSIGNED,
                outlet=row["outlet_id"] or frame.UNASSIGNED,
            )
        },
    )  # fmt: skip
    numbers = Column(t("ranges.numbers"), "count")
    counted = with_column(table, 3, numbers, [row["numbers"] for row in rows], sum_of(rows, "numbers"))
    return Section("undocumented", title, blocks=(counted,), is_paired=False)


def _holds(start: str, end: str, number: str) -> bool:
    first, last = normalised_number(start), normalised_number(end)
    return len(number) == len(first) and first <= number <= last


def _size(start: str, end: str) -> int:
    return int(normalised_number(end)) - int(normalised_number(start)) + 1


RANGES_PAGE = PageSpec(
    RANGES,
    "outlets",
    ranges,
    queries=("dimension_names", "number_conflicts", "undocumented_by_place"),
    params=("number", "exchange", "unit"),
    also=frozenset({Role.AGENT, Role.ENGINEER}),
    reads_branch_files=True,
)
