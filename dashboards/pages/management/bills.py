"""Bills and revenue: what a period's bills consist of, and by account its bills, their lines and payments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from dashboards import formats
from dashboards.figures.series import stacked_columns
from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.frame import how, missing_marts, name_of, named
from dashboards.pages.management.unit import chosen_unit
from dashboards.pages.model import Block, Cell, Column, Content, Figure, Filter, Message, Section, Table, Target
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import head, mart_table, sum_of, total_of
from dashboards.params import Params, UnknownParameter
from dashboards.view import Period, Row, View

_MONTHS = 12


def bills(view: View, params: Params) -> Content:
    """The revenue of a period by item, class and unit; with an account, its bills of all periods."""
    t = params.t
    filters = (
        frame.period_filter(view, params, "bills"),
        frame.member_filter(view, params, "bills", "unit", "business_unit"),
        _class_filter(view, params),
        frame.text_filter(params, "account", t("bills.account_hint")),
    )
    account = params.get("account")
    if account is not None:
        return _of_account(view, account, filters, t)
    period = params.period(view)
    unit_id, customer_class = chosen_unit(view, params), params.one_of("class", _classes(view))
    chosen = {"unit": unit_id, "customer_class": customer_class}
    return Content(
        (
            _by_item(view, period, chosen, t),
            _by_month(view, period, chosen, t),
            _by_owner(view, period, chosen, t),
            _packages(view, period, chosen, t),
        ),
        filters,
        finance_files=frame.finance_files(t, period.code, "bills", "collections", "receivables"),
    )


def _classes(view: View) -> tuple[str, ...]:
    rows = () if view.lacks("customer_classes_billed") else view.query("customer_classes_billed")
    return tuple(row["customer_class"] for row in rows)


def _class_filter(view: View, params: Params) -> Filter:
    classes = [(code, params.t.code("customer_class", code)) for code in _classes(view)]
    return frame.list_filter(params, "bills", "class", classes)


def _by_item(view: View, period: Period, chosen: dict[str, str | None], t: Translate) -> Section:
    title = t("bills.by_item", period=period.code)
    absent = missing_marts(view, t, "revenue_by_item", "revenue_by_owner")
    if absent is not None:
        return Section("items", title, blocks=(absent,))
    rows = view.query("revenue_by_item", period=period.code, **chosen)
    if not rows:
        return Section("items", title, blocks=(Message(t("bills.none", period=period.code)),))
    table = mart_table(
        view,
        t,
        "bill_lines",
        rows,
        ("bill_item_id", "line_kind", "bills", "amount"),
        name="revenue_by_item",
        queries=("revenue_by_item",),
        title=t("bills.by_item_table"),
        definition=t("bills.by_item_definition"),
        sums=("amount",),
    )
    of_lines = total_of(row["amount"] for row in rows)
    of_bills = total_of(row["amount"] for row in view.query("revenue_by_owner", period=period.code, **chosen))
    sums = {"lines": formats.money(of_lines), "bills": formats.money(of_bills)}
    check = (
        Message(t("bills.sums_agree", **sums), "good")
        if of_lines == of_bills
        else Message(t("bills.sums_differ", **sums), "bad")
    )
    blocks: tuple[Block, ...] = (check, table)
    if view.periods.get(period.code) == "provisional":
        blocks = (Message(t("bills.provisional", issued_on=formats.day(period.issued_on))), *blocks)
    return Section("items", title, blocks=blocks)


def _by_month(view: View, period: Period, chosen: dict[str, str | None], t: Translate) -> Section:
    title = t("bills.by_month")
    absent = missing_marts(view, t, "revenue_by_month")
    if absent is not None:
        return Section("months", title, blocks=(absent,))
    periods = frame.periods_between(view, period, _MONTHS)
    rows = view.query("revenue_by_month", first_period=periods[0].code, last_period=period.code, **chosen)
    if not rows:
        return Section("months", title, blocks=(Message(t("bills.none", period=period.code)),))
    amounts: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in rows:
        amounts[row["bill_item_id"]][row["billing_period"]] = row["amount"]
    codes = sorted({row["billing_period"] for row in rows})
    items = sorted(amounts, key=lambda item: (-total_of(amounts[item].values()), item))
    label = t("dimension.bill_item")
    table = Table(
        columns=(
            Column(label, id_label=t("site.id_of", label=label)),
            *(Column(code, "money", t("unit.yuan")) for code in codes),
        ),
        rows=tuple((named(view, "bill_item", item, t), *(amounts[item].get(code) for code in codes)) for item in items),
        title=t("bills.by_month_table"),
        total=(t("site.total"), *(total_of(amounts[item].get(code) for item in items) for code in codes)),
        name="revenue_by_month",
        how=how(t, "revenue_by_month"),
    )
    figure = stacked_columns(
        codes,
        [(name_of(view, "bill_item", item, t), [amounts[item].get(code) for code in codes]) for item in items],
        x_title=t("headline.billing_period"),
        y_title=t("unit.yuan"),
        height=420,
    )
    drawn = Figure(figure, title, t("bills.by_month_definition"), table, links=_period_links(codes, chosen))
    return Section("months", title, blocks=(drawn,))


def _period_links(codes: Sequence[str], chosen: dict[str, str | None]) -> tuple[tuple[str, Target], ...]:
    return tuple(
        (code, Target.to("bills", period=code, unit=chosen["unit"], class_=chosen["customer_class"])) for code in codes
    )


def _by_owner(view: View, period: Period, chosen: dict[str, str | None], t: Translate) -> Section:
    title = t("bills.by_owner", period=period.code)
    absent = missing_marts(view, t, "revenue_by_owner")
    if absent is not None:
        return Section("owners", title, blocks=(absent,))
    rows = view.query("revenue_by_owner", period=period.code, **chosen)
    if not rows:
        return Section("owners", title, blocks=(Message(t("bills.none", period=period.code)),))
    units = _grouped(rows, "business_unit_id")
    classes = _grouped(rows, "customer_class")

    def to_unit(row: Row) -> Target:
        return Target.to("bills", period=period.code, unit=row["business_unit_id"], class_=chosen["customer_class"])

    def to_class(row: Row) -> Target:
        return Target.to("bills", period=period.code, unit=chosen["unit"], class_=row["customer_class"])

    # The bills of the running period are provisional: their amount is not receivable yet.
    billed = Column(t("bills.billed"), "money", t("unit.yuan"))
    tables = tuple(
        mart_table(
            view,
            t,
            "bills",
            grouped,
            (column, "bills", "amount"),
            name=name,
            queries=("revenue_by_owner",),
            title=t(f"bills.{name}"),
            sums=("bills", "amount"),
            links={column: link},
        )
        for column, grouped, name, link in (
            ("customer_class", classes, "revenue_by_class", to_class),
            ("business_unit_id", units, "revenue_by_unit", to_unit),
        )
    )
    shown = tuple(replace(table, columns=(*table.columns[:-1], billed)) for table in tables)
    return Section("owners", title, blocks=shown)


def _grouped(rows: Sequence[Row], column: str) -> list[Row]:
    """The bills and amounts of the rows by one column, the largest amount first."""
    members = dict.fromkeys(row[column] for row in rows)
    grouped = [
        {
            column: member,
            "bills": sum_of([row for row in rows if row[column] == member], "bills"),
            "amount": sum_of([row for row in rows if row[column] == member], "amount"),
        }
        for member in members
    ]
    return sorted(grouped, key=lambda row: (-row["amount"], row[column]))


def _packages(view: View, period: Period, chosen: dict[str, str | None], t: Translate) -> Section:
    title = t("bills.packages", period=period.code)
    absent = missing_marts(view, t, "package_use_by_package")
    if absent is not None:
        return Section("packages", title, blocks=(absent,))
    rows = view.query("package_use_by_package", period=period.code, **chosen)
    if not rows:
        return Section("packages", title, blocks=(Message(t("bills.no_packages", period=period.code)),))
    table = Table(
        columns=(
            Column(t("bills.package")),
            Column(t("bills.allowance_kind")),
            Column(t("bills.accounts"), "count"),
            Column(t("bills.allowance"), "amount"),
            Column(t("bills.used"), "amount"),
            Column(t("bills.unused"), "amount"),
            Column(t("bills.use_rate"), "percent"),
            Column(t("bills.exhausted"), "count"),
            Column(t("bills.calls_covered"), "count"),
            Column(t("bills.list_amount"), "amount", t("unit.yuan")),
            Column(t("bills.covered_amount"), "amount", t("unit.yuan")),
        ),
        rows=tuple(_package_row(row, t) for row in rows),
        title=t("bills.packages_table"),
        definition=t("bills.packages_definition"),
        name="package_use",
        how=how(t, "package_use_by_package"),
    )
    return Section("packages", title, blocks=(table,))


def _package_row(row: Row, t: Translate) -> tuple[Cell, ...]:
    # A call may exceed the allowance by the rest of an increment: of that, only the included part is use of it.
    return (
        row["package_id"],
        t.code("allowance_kind", row["allowance_kind"]),
        row["accounts"],
        row["allowance"],
        row["used"],
        row["unused"],
        formats.ratio_of(row["allowance"] - row["unused"], row["allowance"]),
        row["exhausted"],
        row["calls_covered"],
        row["list_amount"],
        row["covered_amount"],
    )


def _of_account(view: View, account: str, filters: tuple[Filter, ...], t: Translate) -> Content:
    rows = view.query("account_bills", account=account)
    payments = view.query("account_payments", account=account)
    if not rows and not payments:
        raise UnknownParameter("account", account)
    heading = f"{t('pages.bills.title')} · {t('filter.account')} {account}"
    return Content(
        (
            _account_bills(view, rows, t),
            _account_lines(view, account, t),
            *_account_payments(view, account, payments, t),
        ),
        filters,
        heading,
        t("bills.account_intro"),
    )


def _account_bills(view: View, rows: list[Row], t: Translate) -> Section:
    title = t("bills.account_bills")
    if not rows:
        return Section("bills", title, blocks=(Message(t("bills.account_no_bills")),))
    columns = (
        "billing_period",
        "customer_id",
        "customer_class",
        "business_unit_id",
        "outlet_id",
        "issued_on",
        "due_on",
    )
    own = mart_table(view, t, "bills", rows, columns, name="bills", queries=("account_bills",))

    def paid(row: Row) -> tuple[Cell, ...]:
        is_past_due = row["open_amount"] is not None and row["open_amount"] > 0 and row["due_on"] < view.as_of
        state = "provisional" if row["is_provisional"] else "past_due" if is_past_due else "issued"
        return (row["amount"], row["received"], row["written_off"], row["open_amount"], t(f"bills.states.{state}"))

    table = Table(
        columns=(
            *own.columns,
            # The amount of a provisional bill is not receivable yet.
            Column(t("bills.billed"), "money", t("unit.yuan")),
            Column(t("collections.received"), "money"),
            head("collection_rates", "written_off", t),
            Column(t("receivables.open"), "money"),
            Column(t("bills.state")),
        ),
        rows=tuple((*cells, *paid(row)) for cells, row in zip(own.rows, rows, strict=True)),
        title=t("bills.account_bills_table"),
        definition=t("bills.account_definition"),
        total=(
            t("site.total"),
            *(None for _ in columns[1:]),
            sum_of(rows, "amount"),
            sum_of(rows, "received"),
            sum_of(rows, "written_off"),
            sum_of(rows, "open_amount"),
            None,
        ),
        name="bills",
        how=own.how,
    )
    return Section("bills", title, blocks=(table,))


def _account_lines(view: View, account: str, t: Translate) -> Section:
    title = t("bills.account_lines")
    absent = missing_marts(view, t, "account_bill_lines")
    rows = [] if absent else view.query("account_bill_lines", account=account)
    if not rows:
        return Section("lines", title, blocks=(absent or Message(t("bills.account_no_bills")),))
    table = mart_table(
        view,
        t,
        "bill_lines",
        rows,
        ("billing_period", "service_number", "bill_item_id", "line_kind", "amount"),
        name="bill_lines",
        queries=("account_bill_lines",),
        title=t("bills.account_lines"),
        sums=("amount",),
    )
    return Section("lines", title, blocks=(table,))


def _account_payments(view: View, account: str, rows: list[Row], t: Translate) -> tuple[Section, ...]:
    """Payments of the account's own bills, and of bills that are settled or paid together with it."""
    own = [row for row in rows if row["account_id"] == account]
    others = [row for row in rows if row["account_id"] != account]
    title = t("bills.account_payments")
    columns: tuple[str, ...] = ("applied_on", "payment_id", "billing_period", "paying_account_id", "amount")
    if not own:
        found = [Section("payments", title, blocks=(Message(t("bills.account_no_payments")),))]
    else:
        found = [Section("payments", title, blocks=(_payments_table(view, own, columns, "payments", title, t),))]
    if others:
        title = t("bills.account_other_payments")
        columns = ("applied_on", "payment_id", "account_id", "billing_period", "paying_account_id", "amount")
        table = _payments_table(view, others, columns, "payments_of_others", title, t)
        found.append(Section("others", title, t("bills.account_other_definition"), blocks=(table,)))
    return tuple(found)


def _payments_table(
    view: View, rows: list[Row], columns: tuple[str, ...], name: str, title: str, t: Translate
) -> Table:
    return mart_table(
        view,
        t,
        "payment_applications",
        rows,
        columns,
        name=name,
        queries=("account_payments",),
        title=title,
        sums=("amount",),
        links={"account_id": lambda row: Target.to("bills", account=row["account_id"])},
    )


BILLS = PageSpec(
    "bills",
    "management",
    bills,
    queries=(
        "account_bill_lines", "account_bills", "account_payments", "billing_periods", "collection_periods",
        "customer_classes_billed", "dimension_names", "package_use_by_package", "revenue_by_item", "revenue_by_month",
        "revenue_by_owner", "units_billed",
    ),
    params=("period", "unit", "class", "account"),
)  # fmt: skip
