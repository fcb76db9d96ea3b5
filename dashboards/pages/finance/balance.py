"""Revenue balance (收入平衡): a month's revenue from the files to the cash, each difference by name, and how good the revenue is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from dashboards import formats
from dashboards.figures.balance import Flow, Node, revenue_flow
from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.frame import how, missing_marts
from dashboards.pages.management.scope_note import branch_only
from dashboards.pages.model import Cell, Column, Content, Figure, Mark, Message, Section, Table, Tile, Tone
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import head, mart_table, sum_of, total_of, value_of
from dashboards.params import Params
from dashboards.view import Period, Row, View

_MONTHLY = "revenue_balance_monthly"
_AGES = ("not_due", "1-30", "31-60", "61-90", "91+")
_ADJUSTED = ("adjustment", "manual_adjustment", "late_fee")
#: What payments settle of bills, apart from what is written off.
_PAID = ("applied", "returned", "moved", "credit")


def balance(view: View, params: Params) -> Content:
    """The balance of a month: its flow, its records, its money by unit, all payments, the measures, and the months."""
    t = params.t
    period = params.period(view)
    return Content(
        (
            _flow(view, period, t),
            _records(view, period, t),
            _by_unit(view, period, t),
            _cash(view, t),
            _measures(view, period, t),
            _months(view, t),
        ),
        (frame.period_filter(view, params, "balance"),),
    )


def _amount(rows: Iterable[Row], step: str, *items: str, age: str | None = None) -> Decimal:
    """The sum of a step's amounts: of all its items, or of some, or of one age."""
    return total_of(
        row["amount"]
        for row in rows
        if row["step"] == step and (not items or row["item"] in items) and age in (None, row["age_bucket"])
    )


def _rows(view: View, period: Period) -> list[Row]:
    return [row for row in view.query("balance_rows", period=period.code) if row["step"] not in ("cash", "left")]


def _flow(view: View, period: Period, t: Translate) -> Section:
    title = t("balance.flow", period=period.code)
    absent = missing_marts(view, t, "balance_rows")
    if absent is not None:
        return Section("flow", title, blocks=(absent,))
    rows = _rows(view, period)
    if not rows:
        return Section("flow", title, blocks=(Message(t("balance.no_rows", period=period.code)),))
    suspended = total_of(row["estimated_amount"] for row in rows)
    notes = {"charged": (t("balance.suspended_note", amount=formats.money(suspended)),)}
    tiles = tuple(
        Tile(
            t(f"balance.{name}"),
            formats.money(_amount(rows, step, *items)),
            t(f"balance.{name}_definition"),
            t("unit.yuan"),
            notes=notes.get(name, ()),
        )
        for name, step, items in (
            ("charged", "charge", ()),
            ("billed", "bill", ()),
            ("paid", "settlement", _PAID),
            ("open", "open", ()),
        )
    )
    figure = revenue_flow(_nodes(t), _flows(rows, suspended, t), t)
    return Section(
        "flow",
        title,
        t("balance.flow_intro", as_of=formats.day(view.as_of)),
        tiles=tiles,
        blocks=(
            Figure(figure, t("balance.figure"), t("balance.figure_definition"), least_width=700),
            _walk(rows, t),
        ),
        is_paired=False,
    )


def _nodes(t: Translate) -> tuple[Node, ...]:
    def node(name: str, kind: str) -> Node:
        return Node(t(f"balance.node_{name}"), kind)

    return (
        node("files", "call"),
        node("suspended", "lost"),
        node("rated", "call"),
        node("other_periods_in", "apart"),
        node("other_periods_out", "apart"),
        node("rounding_up", "apart"),
        node("rounding_down", "apart"),
        node("recurring", "charge"),
        node("adjustment_up", "charge"),
        node("adjustment_down", "apart"),
        node("lines", "charge"),
        node("promotion", "apart"),
        node("bills", "charge"),
        node("paid", "paid"),
        node("written_off", "lost"),
        node("not_issued", "apart"),
        *(Node(_open_name(age, t), "open" if age == "not_due" else "lost") for age in _AGES),
    )


def _open_name(age: str, t: Translate) -> str:
    return t("balance.node_open", age=t.code("age_bucket", age))


def _flows(rows: Sequence[Row], suspended: Decimal, t: Translate) -> list[Flow]:
    """The amounts between the nodes. What a node takes in flows out of it: a difference above zero comes in, one below goes out."""
    of_files = _amount(rows, "state")
    shifted_in = _amount(rows, "period", "other_month_in", "late_in")
    shifted_out = -_amount(rows, "period", "other_month_out", "late_out")
    rounding = _amount(rows, "rounding")
    adjustment = _amount(rows, "line", *_ADJUSTED)
    promotion = -_amount(rows, "line", "promotion")
    # Of the month's own files; a viewer of some units has no rows of files, and his calls begin here.
    charged = _amount(rows, "charge") - shifted_in

    def flow(source: str, target: str, amount: Decimal) -> Flow:
        return Flow(t(f"balance.node_{source}"), t(f"balance.node_{target}"), amount)

    return [
        flow("files", "suspended", suspended),
        flow("files", "rated", of_files),
        flow("rated", "other_periods_out", shifted_out),
        flow("rated", "lines", charged + min(rounding, Decimal(0))),
        flow("other_periods_in", "lines", shifted_in),
        flow("rounding_up", "lines", rounding),
        flow("rated", "rounding_down", -rounding),
        flow("recurring", "lines", _amount(rows, "line", "recurring")),
        flow("adjustment_up", "lines", adjustment),
        flow("lines", "adjustment_down", -adjustment),
        flow("lines", "promotion", promotion),
        flow("lines", "bills", _amount(rows, "bill")),
        flow("bills", "paid", _amount(rows, "settlement", *_PAID)),
        flow("bills", "written_off", _amount(rows, "settlement", "written_off")),
        flow("bills", "not_issued", _amount(rows, "open", "not_issued")),
        *(Flow(t("balance.node_bills"), _open_name(age, t), _amount(rows, "open", "unpaid", age=age)) for age in _AGES),
    ]


def _walk(rows: Sequence[Row], t: Translate) -> Table:
    """Each step's items with their amounts, and the balance after each: charged, billed, open."""
    lines: list[tuple[Cell, ...]] = []
    running = Decimal(0)

    def add(step: str, item: str, sign: int) -> None:
        nonlocal running
        some = [row for row in rows if row["step"] == step and row["item"] == item and row["amount"] is not None]
        if some:
            amount = sign * total_of(row["amount"] for row in some)
            running += amount
            lines.append(
                (t.code("balance_step", step), t.code("balance_item", item), sum_of(some, "records"), amount, running)
            )

    def result(name: str, amount: Decimal) -> None:
        tone: Tone = "good" if amount == running else "bad"
        lines.append((Mark(t(f"balance.{name}"), tone), None, None, None, amount))

    is_of_branch = any(row["step"] == "state" and row["item"] == "rated" for row in rows)
    if is_of_branch:
        add("state", "rated", 1)
        for item in ("other_month_in", "other_month_out", "late_in", "late_out"):
            add("period", item, 1)
    else:
        for item in ("list_price", "packages", "price_caps"):
            add("charge", item, 1)
    result("charged", _amount(rows, "charge"))
    add("rounding", "cents", 1)
    result("usage", _amount(rows, "line", "usage"))
    for item in ("recurring", "promotion", *_ADJUSTED):
        add("line", item, 1)
    result("billed", _amount(rows, "bill"))
    for item in (*_PAID, "written_off"):
        add("settlement", item, -1)
    result("open", _amount(rows, "open"))
    return Table(
        columns=(
            head(_MONTHLY, "step", t),
            head(_MONTHLY, "item", t),
            head(_MONTHLY, "records", t),
            head(_MONTHLY, "amount", t),
            Column(t("balance.running"), "amount", t("unit.yuan")),
        ),
        rows=tuple(lines),
        title=t("balance.walk"),
        definition=t("balance.walk_definition"),
        name="walk",
        how=how(t, "balance_rows"),
    )


def _records(view: View, period: Period, t: Translate) -> Section:
    title = t("balance.records", period=period.code)
    absent = missing_marts(view, t, "balance_rows", "balance_days")
    if absent is not None:
        return Section("records", title, blocks=(absent,))
    only = branch_only(view, t)
    if only is not None:
        return Section("records", title, blocks=(only,))
    rows = [row for row in _rows(view, period) if row["step"] == "state"]
    read = [row for row in _rows(view, period) if row["step"] == "read"]
    if not read:
        return Section("records", title, blocks=(Message(t("missing.no_files")),))
    items = [item for item in (*_state_order(), "restated") if any(row["item"] == item for row in rows)]
    by_item = {item: [row for row in rows if row["item"] == item] for item in items}
    columns = ("records", "seconds", "amount", "estimated_amount", "calls_without_estimate")
    states = Table(
        columns=(head(_MONTHLY, "item", t), *(head(_MONTHLY, name, t) for name in columns)),
        rows=tuple(
            (t.code("balance_item", item), *(sum_of(some, name) for name in columns)) for item, some in by_item.items()
        ),
        title=t("balance.states"),
        definition=t(
            "balance.states_definition",
            records=formats.count(sum_of(read, "records")),
            seconds=formats.count(sum_of(read, "seconds")),
        ),
        total=(t("site.total"), *(sum_of(rows, name) for name in columns)),
        name="states",
        how=how(t, "balance_rows"),
    )
    days = view.query("balance_days", first_day=period.first_day, last_day=period.last_day)
    return Section("records", title, blocks=(states, _days(days, t)), is_paired=False)


def _state_order() -> tuple[str, ...]:
    return (
        "malformed", "ignored", "held", "duplicate", "other_day", "partial", "not_answered", "not_charged", "undocumented",
        "unrated", "rated",
    )  # fmt: skip


def _days(rows: Sequence[Row], t: Translate) -> Table:
    counts = ("read_records", "read_seconds", "set_aside", "without_charge", "suspended", "rated")
    amounts = ("list_amount", "packages", "price_caps", "rated_amount", "suspended_amount")
    return Table(
        columns=(
            head("revenue_balance_daily", "file_date", t),
            *(Column(t(f"balance.day_{name}"), "count") for name in counts),
            *(Column(t(f"balance.day_{name}"), "amount", t("unit.yuan")) for name in amounts),
        ),
        rows=tuple((row["file_date"], *(row[name] for name in (*counts, *amounts))) for row in rows),
        title=t("balance.days"),
        definition=t("balance.days_definition"),
        total=(t("site.total"), *(sum_of(rows, name) for name in (*counts, *amounts))),
        name="days",
        how=how(t, "balance_days"),
    )


def _by_unit(view: View, period: Period, t: Translate) -> Section:
    title = t("balance.units", period=period.code)
    absent = missing_marts(view, t, "balance_rows")
    if absent is not None:
        return Section("units", title, blocks=(absent,))
    rows = _rows(view, period)
    money = [row for row in rows if row["step"] not in ("read", "state", "period")]
    if not money:
        return Section("units", title, blocks=(Message(t("balance.no_rows", period=period.code)),))
    parts: tuple[tuple[str, Callable[[Sequence[Row]], Decimal]], ...] = (
        ("list_price", lambda some: _amount(some, "charge", "list_price")),
        ("packages", lambda some: _amount(some, "charge", "packages")),
        ("price_caps", lambda some: _amount(some, "charge", "price_caps")),
        ("cents", lambda some: _amount(some, "rounding")),
        ("recurring", lambda some: _amount(some, "line", "recurring")),
        ("promotion", lambda some: _amount(some, "line", "promotion")),
        ("adjustment", lambda some: _amount(some, "line", *_ADJUSTED)),
        ("bills", lambda some: _amount(some, "bill")),
        ("settled", lambda some: -_amount(some, "settlement", *_PAID)),
        ("written_off", lambda some: -_amount(some, "settlement", "written_off")),
        ("open", lambda some: _amount(some, "open")),
    )
    units = dict.fromkeys(row["business_unit_id"] for row in money)
    of_units = {unit: [row for row in money if row["business_unit_id"] == unit] for unit in units}
    table = Table(
        columns=(
            head(_MONTHLY, "business_unit_id", t),
            *(Column(t(f"balance.unit_{name}"), "amount", t("unit.yuan")) for name, _ in parts),
        ),
        rows=tuple(
            (value_of(view, _MONTHLY, "business_unit_id", some[0], t), *(amount(some) for _, amount in parts))
            for some in of_units.values()
        ),
        title=t("balance.units_table"),
        definition=t("balance.units_definition"),
        total=(t("site.total"), *(amount(money) for _, amount in parts)),
        name="by_unit",
        how=how(t, "balance_rows"),
    )
    everything = mart_table(
        view,
        t,
        _MONTHLY,
        rows,
        (
            "step", "item", "business_unit_id", "age_bucket", "records", "seconds", "amount", "estimated_amount",
            "calls_without_estimate",
        ),
        name="rows",
        queries=("balance_rows",),
        title=t("balance.rows"),
        definition=t("balance.rows_definition"),
    )  # fmt: skip
    return Section("units", title, blocks=(table, everything), is_paired=False)


def _cash(view: View, t: Translate) -> Section:
    title = t("balance.cash", as_of=formats.day(view.as_of))
    absent = missing_marts(view, t, "balance_cash", "balance_applied")
    if absent is not None:
        return Section("cash", title, blocks=(absent,))
    rows = view.query("balance_cash")
    if not rows:
        return Section("cash", title, blocks=(Message(t("balance.no_cash")),))
    cash = [row for row in rows if row["step"] == "cash"]
    left = [row for row in rows if row["step"] == "left"]
    columns = ("billing_period", "item", "records", "amount")

    def table(name: str, some: Sequence[Row], definition: str) -> Table:
        return mart_table(
            view,
            t,
            _MONTHLY,
            some,
            columns,
            name=name,
            queries=("balance_cash",),
            title=t(f"balance.{name}"),
            definition=definition,
            sums=("records", "amount"),
        )

    applied = view.one("balance_applied")["applied_amount"]
    definition = t(
        "balance.left_definition",
        cash=formats.money(total_of(row["amount"] for row in cash)),
        applied=formats.money(applied),
        left=formats.money(total_of(row["amount"] for row in left)),
    )
    return Section(
        "cash",
        title,
        t("balance.cash_intro"),
        blocks=(table("cash_table", cash, t("balance.cash_definition")), table("left_table", left, definition)),
    )


def _measures(view: View, period: Period, t: Translate) -> Section:
    title = t("balance.measures", period=period.code)
    absent = missing_marts(view, t, "assurance_kpis")
    if absent is not None:
        return Section("measures", title, blocks=(absent,))
    only = branch_only(view, t)
    if only is not None:
        return Section("measures", title, blocks=(only,))
    rows = view.query("assurance_kpis", period=period.code)
    if not rows:
        return Section("measures", title, blocks=(Message(t("balance.no_measures", period=period.code)),))
    kpis = "revenue_assurance_kpis"
    table = Table(
        columns=tuple(
            head(kpis, name, t) for name in ("kpi", "item", "value", "target", "numerator", "denominator", "unit")
        ),
        rows=tuple(
            (
                t.code("assurance_measure", row["kpi"]),
                _item(row, t),
                _judged(row),
                row["target"],
                row["numerator"],
                row["denominator"],
                t.code("assurance_unit", row["unit"]),
            )
            for row in rows
        ),
        title=t("balance.measures_table"),
        definition=t("balance.measures_definition"),
        name="measures",
        how=how(t, "assurance_kpis"),
    )
    meanings = Table(
        columns=(head(kpis, "kpi", t), Column(t("balance.meaning"))),
        rows=tuple(
            (t.code("assurance_measure", measure), t(f"balance.meaning_{measure}"))
            for measure in dict.fromkeys(row["kpi"] for row in rows)
        ),
        title=t("balance.meanings"),
    )
    return Section("measures", title, blocks=(table, meanings), is_paired=False)


def _item(row: Row, t: Translate) -> str:
    group = {"debit_returns": "debit_cause", "undocumented": "age_bucket"}.get(row["kpi"], "state")
    return t("site.total") if row["item"] == "all" else t.code(group, row["item"])


def _judged(row: Row) -> Cell:
    """The value, with a verdict's colour where the book has a target: at most the target is good."""
    if row["target"] is None or row["value"] is None:
        return row["value"]  # type: ignore[no-any-return]
    return Mark(row["value"], "good" if row["value"] <= row["target"] else "bad")


def _months(view: View, t: Translate) -> Section:
    title = t("balance.months")
    absent = missing_marts(view, t, "balance_by_month")
    if absent is not None:
        return Section("months", title, blocks=(absent,))
    rows = view.query("balance_by_month")
    if not rows:
        return Section("months", title, blocks=(Message(t("balance.no_months")),))
    amounts = (
        "rated_amount", "suspended_amount", "charged_amount", "usage_amount", "bill_amount", "applied_amount", "written_off_amount",
        "open_amount",
    )  # fmt: skip
    table = Table(
        columns=(
            head(_MONTHLY, "billing_period", t),
            Column(t("balance.month_read_records"), "count"),
            *(Column(t(f"balance.month_{name}"), "amount", t("unit.yuan")) for name in amounts),
        ),
        rows=tuple((row["billing_period"], row["read_records"], *(row[name] for name in amounts)) for row in rows),
        title=t("balance.months_table"),
        definition=t("balance.months_definition"),
        total=(t("site.total"), sum_of(rows, "read_records"), *(sum_of(rows, name) for name in amounts)),
        name="months",
        how=how(t, "balance_by_month"),
    )
    return Section("months", title, blocks=(table,), is_paired=False)


BALANCE = PageSpec(
    "balance",
    "finance",
    balance,
    queries=(
        "assurance_kpis", "balance_applied", "balance_by_month", "balance_cash", "balance_days", "balance_rows", "billing_periods",
        "collection_periods", "dimension_names",
    ),
    params=("period",),
)  # fmt: skip
