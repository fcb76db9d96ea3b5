"""An outlet's page: what it has to do today, and the records, numbers and debits behind it.

The undocumented numbers and the conflicts of numbers are sections that other pages of the outlets show too.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.analysts.problems import SEVERITY_TONES
from dashboards.pages.management.unit import curve
from dashboards.pages.model import Block, Column, Content, Message, Section, Table, Target, Tile
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import mart_table, section_of_rows, total_of, with_column
from dashboards.params import Params
from dashboards.view import Row, View

OUTLET = "outlet"
UNDOCUMENTED = "undocumented"
BULLETIN = "bulletin"


def outlet(view: View, params: Params) -> Content:
    """What there is to do, the gravest first; then failed debits, numbers, conflicts, incomplete records, and how fast bills are paid."""
    t = params.t
    outlet_id = params.member(view, "outlet", "outlet")
    return Content(
        (
            _to_do(view, outlet_id, t),
            _failed_debits(view, outlet_id, t),
            undocumented_numbers(view, t, outlet=outlet_id),
            number_conflicts(view, t, outlet_id),
            _incomplete_records(view, outlet_id, t),
            *_collection(view, outlet_id, t),
        ),
        (frame.member_filter(view, params, OUTLET, "outlet", "outlet"),),
        heading="" if outlet_id is None else t("outlet.heading", outlet=frame.name_of(view, "outlet", outlet_id, t)),
    )


def to_do(kind: str, t: Translate) -> str:
    """What the finder of a problem of this kind does about it, in one sentence; a kind without one is shown as it is."""
    return t.code("problem_todo", kind)


def undocumented_numbers(
    view: View, t: Translate, *, unit: str | None = None, outlet: str | None = None, exchange: str | None = None
) -> Section:
    """The numbers that call though nobody holds them, and what their calls would come to."""
    return section_of_rows(
        view,
        t,
        "undocumented",
        t("undocumented.title"),
        "undocumented_numbers",
        Message(t("undocumented.none"), "good"),
        lambda rows: (
            mart_table(
                view,
                t,
                "undocumented_numbers",
                rows,
                (
                    "calling_number", "exchange_id", "business_unit_id", "outlet_id", "calls", "seconds", "estimated_amount",
                    "calls_without_estimate", "first_seen_at", "last_seen_at", "accounts_nearby",
                ),
                name="undocumented_numbers",
                queries=("undocumented_numbers",),
                title=t("undocumented.table"),
                definition=t("undocumented.definition"),
                sums=("calls", "seconds", "estimated_amount", "calls_without_estimate"),
            ),
        ),
        unit=unit,
        outlet=outlet,
        exchange=exchange,
    )  # fmt: skip


def number_conflicts(view: View, t: Translate, outlet_id: str | None = None) -> Section:
    """The numbers whose data contradict each other."""

    def listed(rows: Sequence[Row]) -> tuple[Block, ...]:
        table = mart_table(
            view,
            t,
            "number_conflicts",
            rows,
            ("service_number", "kind", "outlet_id"),
            name="number_conflicts",
            queries=("number_conflicts",),
            title=t("conflicts.table"),
            definition=t("conflicts.definition"),
        )
        return (_with_to_do(table, rows, t),)

    nothing = Message(t("conflicts.none"), "good")
    return section_of_rows(
        view, t, "conflicts", t("conflicts.title"), "number_conflicts", nothing, listed, outlet=outlet_id
    )


def _with_to_do(table: Table, rows: Sequence[Row], t: Translate) -> Table:
    return with_column(
        table,
        len(table.columns),
        Column(t("outlet.what_to_do"), needs_room=True),
        [to_do(row["kind"], t) for row in rows],
    )


def _to_do(view: View, outlet_id: str | None, t: Translate) -> Section:
    title = t("outlet.to_do")
    absent = frame.missing_marts(view, t, "outlet_problems")
    if absent is not None:
        return Section("to_do", title, blocks=(absent,))
    rows = view.query("outlet_problems", outlet=outlet_id)
    tiles = _tiles(view, outlet_id, rows, t)
    if not rows:
        return Section("to_do", title, tiles=tiles, blocks=(Message(t("outlet.nothing_to_do"), "good"),))
    table = mart_table(
        view,
        t,
        "problem_bulletin",
        rows,
        ("severity", "kind", "outlet_id", "subject", "detail", "count", "first_seen_on"),
        name="to_do",
        queries=("outlet_problems",),
        title=t("outlet.to_do_table"),
        definition=t("outlet.to_do_definition"),
        marks={"severity": lambda row: SEVERITY_TONES.get(row["severity"], "neutral")},
        links={
            "outlet_id": lambda row: None if outlet_id is not None else Target.to(OUTLET, outlet=row["outlet_id"]),
        },
    )
    return Section("to_do", title, tiles=tiles, blocks=(_with_to_do(table, rows, t),), is_paired=False)


def _tiles(view: View, outlet_id: str | None, problems: Sequence[Row], t: Translate) -> tuple[Tile, ...]:
    tiles = [Tile(t("outlet.open"), formats.count(len(problems)), t("outlet.open_definition"), t("unit.problems"))]
    if not view.lacks("outlet_debit_failures"):
        failures = view.query("outlet_debit_failures", outlet=outlet_id)
        tiles.append(
            Tile(
                t("outlet.failed"),
                formats.money(total_of(row["amount"] for row in failures)),
                t("outlet.failed_definition"),
                t("unit.yuan"),
                (t("outlet.failed_debits", count=formats.count(len(failures))),),
            )
        )
    if not view.lacks("undocumented_numbers"):
        numbers = view.query("undocumented_numbers", unit=None, outlet=outlet_id, exchange=None)
        tiles.append(
            Tile(
                t("undocumented.tile"),
                formats.amount(total_of(row["estimated_amount"] for row in numbers)),
                t("undocumented.tile_definition"),
                t("unit.yuan"),
                (t("undocumented.numbers", count=formats.count(len(numbers))),),
                link=Target.to(UNDOCUMENTED, outlet=outlet_id),
            )
        )
    return (*tiles, *_optional_tiles(view, outlet_id, t))


def _optional_tiles(view: View, outlet_id: str | None, t: Translate) -> tuple[Tile, ...]:
    """Open complaints and terminals that need somebody; no tile where there are none, or no such export was delivered."""
    tiles = []
    if not view.lacks("complaints_open"):
        complaints = view.query("complaints_open", unit=None, outlet=outlet_id)
        if complaints:
            overdue = sum(row["is_overdue"] for row in complaints)
            tiles.append(
                Tile(
                    t("complaints.open"),
                    formats.count(len(complaints)),
                    t("outlets_summary.complaints_definition"),
                    notes=(t("outlets_summary.overdue", complaints=formats.count(overdue)),),
                    link=Target.to("complaints", outlet=outlet_id),
                )
            )
    if not view.lacks("terminal_coverage"):
        rows = view.query("terminal_coverage", unit=None, outlet=outlet_id)
        faults, overdue = (sum(row[name] for row in rows) for name in ("open_faults", "inspections_overdue"))
        if faults or overdue:
            tiles.append(
                Tile(
                    t("outlets_summary.faults"),
                    formats.count(faults),
                    t("outlets_summary.faults_definition"),
                    notes=(t("outlets_summary.inspections", terminals=formats.count(overdue)),),
                    link=Target.to("terminals", outlet=outlet_id),
                )
            )
    return tuple(tiles)


def _failed_debits(view: View, outlet_id: str | None, t: Translate) -> Section:
    def listed(rows: Sequence[Row]) -> tuple[Block, ...]:
        table = mart_table(
            view,
            t,
            "debit_failures",
            rows,
            (
                "account_id", "customer_id", "outlet_id", "amount", "debited_on", "bank_code", "cause", "is_cause_inferred",
                "reason_text",
            ),
            name="failed_debits",
            queries=("outlet_debit_failures",),
            title=t("outlet.debits_table"),
            definition=t("outlet.debits_definition"),
            sums=("amount",),
            links={"account_id": lambda row: Target.to("bills", account=row["account_id"])},
        )  # fmt: skip
        return (with_column(table, 4, Column(t("outlet.tries"), "count"), [row["tries"] for row in rows]),)

    nothing = Message(t("outlet.no_failed_debits"), "good")
    return section_of_rows(
        view, t, "debits", t("outlet.debits"), "outlet_debit_failures", nothing, listed, outlet=outlet_id
    )


def _incomplete_records(view: View, outlet_id: str | None, t: Translate) -> Section:
    return section_of_rows(
        view,
        t,
        "records",
        t("outlet.records"),
        "customer_records_incomplete",
        Message(t("outlet.no_incomplete_records"), "good"),
        lambda rows: (
            mart_table(
                view,
                t,
                "customer_records_incomplete",
                rows,
                (
                    "export_table", "record_id", "field", f"rule_{t.language}", "business_unit_id", "outlet_id",
                    "failing_rows", "first_seen_on",
                ),
                name="incomplete_records",
                queries=("customer_records_incomplete",),
                title=t("outlet.records_table"),
                definition=t("outlet.records_definition"),
                sums=("failing_rows",),
            ),
        ),
        outlet=outlet_id,
    )  # fmt: skip


def _collection(view: View, outlet_id: str | None, t: Translate) -> tuple[Section, ...]:
    """How fast the bills of the outlet's customers are paid; nothing where no outlet is chosen."""
    if outlet_id is None:
        return ()
    return (curve(view, view.complete_period or view.running_period, outlet_id, t, "outlet"),)


OUTLET_PAGE = PageSpec(
    OUTLET,
    "outlets",
    outlet,
    queries=(
        "billing_periods", "collection_curve", "complaints_open", "customer_records_incomplete", "dimension_names",
        "number_conflicts", "outlet_debit_failures", "outlet_problems", "terminal_coverage", "undocumented_numbers",
    ),
    params=("outlet",),
)  # fmt: skip
