"""Information services (信息台): what is due to the providers, which services are called and by whom."""

from __future__ import annotations

from dashboards import formats
from dashboards.figures.providers import share_bars
from dashboards.i18n import Translate
from dashboards.pages.frame import finance_files, how, missing_marts, period_filter
from dashboards.pages.model import Column, Content, Figure, Message, Section, Table, Target
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import head, mart_table, sum_of
from dashboards.params import Params
from dashboards.view import Period, View

CUSTOMERS_SHOWN = 20


def providers(view: View, params: Params) -> Content:
    """The settlement with the providers of one period, its services and customers, and every period beside it."""
    t = params.t
    period = params.period(view)
    return Content(
        (
            _settlements(view, period, t),
            _services(view, period, t),
            _customers(view, period, t),
            _months(view, t),
        ),
        filters=(period_filter(view, params, "providers"),),
        finance_files=finance_files(t, period.code, "providers"),
    )


def _settlements(view: View, period: Period, t: Translate) -> Section:
    title = t("providers.settlements", period=period.code)
    absent = missing_marts(view, t, "provider_settlements")
    if absent is not None:
        return Section("settlements", title, blocks=(absent,))
    rows = view.query("provider_settlements", period=period.code)
    if not rows:
        return Section("settlements", title, blocks=(Message(t("providers.no_settlements", period=period.code)),))
    table = mart_table(
        view,
        t,
        "info_service_settlements",
        rows,
        ("provider_id", "calls", "seconds", "amount", "share_amount"),
        name="settlements",
        queries=("provider_settlements",),
        title=t("providers.settlements_table"),
        definition=t("providers.settlements_definition"),
        sums=("calls", "seconds", "amount", "share_amount"),
    )
    names = {row["provider_id"]: row["provider_name"] for row in rows}
    with_names = tuple((row[0], names[str(row[0])], *row[1:]) for row in table.rows)
    total = table.total or ()
    table = Table(
        (table.columns[0], head("info_service_calls", "provider_name", t), *table.columns[1:]),
        with_names,
        table.title,
        table.definition,
        (*total[:1], None, *total[1:]),
        table.name,
        table.how,
    )
    state = view.periods.get(period.code)
    intro = t(f"providers.intro_{'running' if state == 'provisional' else 'issued'}", period=period.code)
    return Section("settlements", title, intro, blocks=(table,))


def _services(view: View, period: Period, t: Translate) -> Section:
    title = t("providers.services", period=period.code)
    absent = missing_marts(view, t, "info_services_of_period")
    if absent is not None:
        return Section("services", title, blocks=(absent,))
    rows = view.query("info_services_of_period", period=period.code)
    if not rows:
        return Section("services", title, blocks=(Message(t("providers.no_calls", period=period.code)),))
    columns = ("access_prefix", "provider_id", "provider_name", "contact")
    sums = ("calls", "seconds", "amount")
    table = Table(
        columns=(
            *(head("info_service_calls", name, t) for name in columns),
            Column(t("providers.customers_called"), "count"),
            *(head("info_service_calls", name, t) for name in sums),
        ),
        rows=tuple(tuple(row[name] for name in (*columns, "customers", *sums)) for row in rows),
        title=t("providers.services_table"),
        definition=t("providers.services_definition"),
        # A customer may call several services: how many there are in all is not the sum.
        total=(
            t("site.total"),
            None,
            None,
            None,
            _customer_count(view, period),
            *(sum_of(rows, name) for name in sums),
        ),
        name="services",
        how=how(t, "info_services_of_period", "info_service_customer_count"),
    )
    return Section("services", title, blocks=(table,))


def _customer_count(view: View, period: Period) -> int:
    return int(view.one("info_service_customer_count", period=period.code)["customers"])


def _customers(view: View, period: Period, t: Translate) -> Section:
    title = t("providers.customers", period=period.code)
    absent = missing_marts(view, t, "info_service_customers")
    if absent is not None:
        return Section("customers", title, blocks=(absent,))
    rows = view.query("info_service_customers", period=period.code, at_most=CUSTOMERS_SHOWN)
    if not rows:
        return Section("customers", title, blocks=(Message(t("providers.no_calls", period=period.code)),))
    sums = ("calls", "seconds", "amount")
    table = Table(
        columns=(
            head("info_service_calls", "customer_id", t),
            Column(t("providers.services_called"), "count"),
            *(head("info_service_calls", name, t) for name in sums),
        ),
        rows=tuple(tuple(row[name] for name in ("customer_id", "services", *sums)) for row in rows),
        title=t("providers.customers_table"),
        definition=t(
            "providers.customers_definition",
            count=formats.count(len(rows)),
            all=formats.count(_customer_count(view, period)),
        ),
        total=(t("providers.total_shown"), None, *(sum_of(rows, name) for name in sums)),
        name="customers",
        how=how(t, "info_service_customers"),
    )
    return Section("customers", title, blocks=(table,))


def _months(view: View, t: Translate) -> Section:
    title = t("providers.months")
    absent = missing_marts(view, t, "provider_shares_by_period")
    if absent is not None:
        return Section("months", title, blocks=(absent,))
    rows = view.query("provider_shares_by_period")
    if not rows:
        return Section("months", title, blocks=(Message(t("providers.no_months")),))
    sums = ("calls", "seconds", "amount", "share_amount")
    table = Table(
        columns=(
            head("info_service_settlements", "billing_period", t),
            Column(t("providers.providers"), "count"),
            *(head("info_service_settlements", name, t) for name in sums),
        ),
        rows=tuple(tuple(row[name] for name in ("billing_period", "providers", *sums)) for row in rows),
        title=t("providers.months_table"),
        definition=t("providers.months_table_definition"),
        total=(t("site.total"), None, *(sum_of(rows, name) for name in sums)),
        name="by_period",
        how=how(t, "provider_shares_by_period"),
    )
    figure = Figure(
        share_bars([(row["billing_period"], row["amount"], row["share_amount"]) for row in rows], t),
        title,
        t("providers.months_definition"),
        table,
        links=tuple((row["billing_period"], Target.to("providers", period=row["billing_period"])) for row in rows),
    )
    return Section("months", title, blocks=(figure,))


PROVIDERS = PageSpec(
    "providers",
    "finance",
    providers,
    queries=(
        "billing_periods", "collection_periods", "info_service_customer_count", "info_service_customers", "info_services_of_period",
        "provider_settlements", "provider_shares_by_period",
    ),
    params=("period",),
)  # fmt: skip
