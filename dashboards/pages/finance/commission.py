"""Commission of the agents: the statements of a settlement, their lines by kind, and month by month. One agent is in agent.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from dashboards import formats
from dashboards.figures.commission import commission_bars, commission_months
from dashboards.figures.style import wrapped
from dashboards.i18n import Translate
from dashboards.pages.frame import finance_files, how, list_filter, missing_marts, name_of, named
from dashboards.pages.model import (
    Block,
    Column,
    Content,
    Figure,
    Filter,
    FinanceFiles,
    Linked,
    Message,
    Section,
    Table,
    Target,
    Tile,
)
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import head, mart_table, sum_of
from dashboards.params import Params, UnknownParameter
from dashboards.view import Period, Row, View

LINE_KINDS = ("on_time", "late", "activation", "clawback", "restatement", "locked_restatement")


def commission(view: View, params: Params) -> Content:
    """The statements of one settlement period, the newest one where none is chosen."""
    t = params.t
    settled = settled_periods(view)
    period = settlement_of(view, params, settled)
    if period is None:
        none = Section("statements", t("settlement.title"), blocks=(_no_statement(view, t),))
        return Content((none, *_forecasts(view, t)))
    return Content(
        (
            _statements(view, period, settled, t),
            commission_by_agent(view, t, period),
            *_forecasts(view, t),
            _months(view, t),
        ),
        filters=(settlement_filter(params, "commission", settled),),
        finance_files=statement_files(t, period, settled),
    )


def _no_statement(view: View, t: Translate) -> Message:
    """Why there is none: no settlement has reached its day, or the scope has no agent with one."""
    is_whole = view.viewer.scope.is_whole_branch
    return Message(t("missing.no_statement" if is_whole else "missing.no_statement_seen"))


def settled_periods(view: View) -> tuple[str, ...]:
    """The settlement periods with a statement, the newest first."""
    return tuple(row["settlement_period"] for row in view.query("settlement_periods"))


def settlement_of(view: View, params: Params, settled: tuple[str, ...]) -> str | None:
    """The settlement period asked for, else the newest; None where there is none yet. Raises UnknownParameter."""
    asked = params.get("period")
    if asked is None:
        return settled[0] if settled else None
    if asked not in settled and asked not in view.periods:
        raise UnknownParameter("period", asked)
    return asked


def settlement_filter(params: Params, page: str, settled: tuple[str, ...]) -> Filter:
    """The choice of a settlement period. The newest is the page without a filter, as that page follows the settlements."""
    t = params.t
    if not settled:
        return list_filter(params, page, "period", [], t("settlement.none_yet"))
    older = [(code, code) for code in settled[1:]]
    asked = params.get("period")
    if asked is not None and asked not in settled[1:]:
        older.insert(0, (asked, asked))
    return list_filter(params, page, "period", older, t("settlement.newest", period=settled[0]))


def statement_files(
    t: Translate, period: str, settled: tuple[str, ...], agent_id: str | None = None
) -> tuple[FinanceFiles, ...]:
    """The finance files of a settlement, of one agent or of all; none before it has a statement."""
    return finance_files(t, period, "commissions", agent=agent_id) if period in settled else ()


def agent_target(agent_id: str, period: str, newest: str | None) -> Target:
    """The page of an agent's statement of a period; the newest is the page without a period."""
    return Target.to("agent", agent=agent_id, period=None if period == newest else period)


def cut_off_of(period: Period) -> Period:
    """The month in which a settlement's payments come in: its last day is the cut-off."""
    return Period.of(period.issued_on)


def kinds_in_order(present: Iterable[str]) -> list[str]:
    """Kinds of lines in the order of a statement; those that this page does not know come last."""
    found = set(present)
    return [kind for kind in LINE_KINDS if kind in found] + sorted(found.difference(LINE_KINDS))


def _statements(view: View, period: str, settled: tuple[str, ...], t: Translate) -> Section:
    cut_off = cut_off_of(Period(period)).last_day
    title = t("settlement.title_period", period=period)
    rows = view.query("commission_statements_of_period", period=period)
    if not rows:
        text = t("settlement.not_settled", period=period, cut_off=formats.day(cut_off))
        return Section("statements", title, blocks=(Message(text),))
    state = view.periods.get(period)
    table = mart_table(
        view,
        t,
        "commission_statements",
        rows,
        ("agent_id", "period_state", "lines", "amount"),
        name="statements",
        queries=("commission_statements_of_period",),
        title=t("settlement.statements"),
        definition=t("settlement.statements_definition"),
        sums=("lines", "amount"),
        links={"agent_id": lambda row: agent_target(row["agent_id"], period, settled[0] if settled else None)},
    )
    return Section(
        "statements",
        title,
        t("settlement.intro", period=period, cut_off=formats.day(cut_off), state=t.code("period_state", state)),
        tiles=(
            Tile(
                t("settlement.total"),
                formats.money(sum_of(rows, "amount")),
                t("settlement.total_definition"),
                t("unit.yuan"),
            ),
            Tile(
                t("settlement.agents"),
                formats.count(len(rows)),
                t("settlement.agents_definition"),
                t("settlement.unit_agents"),
            ),
        ),
        blocks=(table, Message(t(f"settlement.state_{'closed' if state == 'closed' else 'not_closed'}"))),
        is_paired=False,
    )


def commission_by_agent(view: View, t: Translate, period: str | None = None) -> Section:
    """Commission per agent and line kind of a settlement period; by default the newest that has a statement."""
    absent = missing_marts(view, t, "commission_period", "commission_by_agent")
    if absent is not None:
        return Section("commission", t("commission.title"), blocks=(absent,))
    newest = view.one("commission_period")["settlement_period"]
    shown = period or newest
    if shown is None:
        return Section("commission", t("commission.title"), blocks=(_no_statement(view, t),))
    lines: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in view.query("commission_by_agent", period=shown):
        lines[row["agent_id"]][row["line_kind"]] = row["amount"]
    title = t("commission.title_period", period=shown)
    if not lines:
        return Section("commission", title, blocks=(Message(t("settlement.no_lines", period=shown)),))
    kinds = kinds_in_order(kind for amounts in lines.values() for kind in amounts)
    ranked = sorted(lines.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    agents = [(name_of(view, "agent", agent_id, t), amounts) for agent_id, amounts in ranked]
    totals = {kind: sum((amounts.get(kind, Decimal(0)) for _, amounts in agents), Decimal(0)) for kind in kinds}
    table = Table(
        columns=(
            Column(t("commission.agent"), id_label=t("site.id_of", label=t("commission.agent"))),
            *(Column(t.code("line_kind", kind), "money") for kind in kinds),
            Column(t("site.total"), "money"),
        ),
        rows=tuple(
            (
                Linked(named(view, "agent", agent_id, t), agent_target(agent_id, shown, newest)),
                *(amounts.get(kind) for kind in kinds),
                sum(amounts.values(), Decimal(0)),
            )
            for agent_id, amounts in ranked
        ),
        title=t("commission.table"),
        total=(t("site.total"), *(totals[kind] for kind in kinds), sum(totals.values(), Decimal(0))),
        name="commission_by_agent",
        how=how(t, "commission_by_agent"),
    )
    figure = Figure(
        commission_bars(agents, kinds, t),
        t("commission.title"),
        t("commission.definition"),
        table,
        links=tuple(
            (wrapped(name), agent_target(agent_id, shown, newest))
            for (agent_id, _), (name, _) in zip(ranked, agents, strict=True)
        ),
    )
    return Section("commission", title, blocks=(figure,))


def _forecasts(view: View, t: Translate) -> tuple[Section, ...]:
    """Each settlement that is not done yet, as it stands on the as-of date, by agent."""
    absent = missing_marts(view, t, "forecast_by_agent")
    if absent is not None:
        return (Section("forecast", t("forecast.title"), blocks=(absent,)),)
    of_period: dict[str, list[Row]] = defaultdict(list)
    for row in view.query("forecast_by_agent"):
        of_period[row["settlement_period"]].append(row)
    return tuple(
        _forecast(view, name, code, of_period[code], t)
        for name, code in zip(("forecast", "forecast_after"), sorted(of_period), strict=False)
    )


def _forecast(view: View, name: str, code: str, rows: list[Row], t: Translate) -> Section:
    cut_off = formats.day(rows[0]["cut_off_on"])
    table = mart_table(
        view,
        t,
        "commission_forecast",
        rows,
        (
            "agent_id", "receivable", "received", "collection_rate", "tier_from_rate", "next_tier_from_rate",
            "missing_amount", "amount",
        ),
        name=name,
        queries=("forecast_by_agent",),
        title=t("forecast.table"),
        definition=t("forecast.definition", as_of=formats.day(view.as_of)),
        sums=("receivable", "received", "amount"),
        links={"agent_id": lambda row: Target.to("agent", agent=row["agent_id"])},
    )  # fmt: skip
    return Section(
        name,
        t("forecast.title_period", period=code),
        t("forecast.intro", as_of=formats.day(view.as_of), cut_off=cut_off),
        blocks=(table,),
        is_paired=False,
    )


def _months(view: View, t: Translate) -> Section:
    return Section("months", t("settlement.months"), blocks=months_of_commission(view, t, None))


def months_of_commission(view: View, t: Translate, agent_id: str | None) -> tuple[Block, ...]:
    """Commission by settlement period and kind of line, of one agent or of all; a sentence where there is none."""
    rows = view.query("commission_by_period", agent=agent_id)
    if not rows:
        return (_no_statement(view, t),)
    by_period: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        by_period[row["settlement_period"]][row["line_kind"]] = row
    kinds = kinds_in_order(row["line_kind"] for row in rows)
    amounts = {period: {kind: row["amount"] for kind, row in of_kind.items()} for period, of_kind in by_period.items()}
    table = Table(
        columns=(
            head("commission_lines", "settlement_period", t),
            *(Column(t.code("line_kind", kind), "money", t("unit.yuan")) for kind in kinds),
            Column(t("site.total"), "money", t("unit.yuan")),
        ),
        rows=tuple(
            (period, *(of_kind.get(kind) for kind in kinds), sum(of_kind.values(), Decimal(0)))
            for period, of_kind in amounts.items()
        ),
        title=t("settlement.months_table"),
        total=(
            t("site.total"),
            *(sum((of_kind.get(kind, Decimal(0)) for of_kind in amounts.values()), Decimal(0)) for kind in kinds),
            sum_of(rows, "amount"),
        ),
        name="commission_by_period",
        how=how(t, "commission_by_period"),
    )
    return (
        Figure(
            commission_months(list(amounts.items()), kinds, t),
            t("settlement.months"),
            t("settlement.months_definition"),
            table,
        ),
    )


def _in_all_settlements(view: View) -> list[dict[str, str]]:
    older = () if view.lacks("settlement_periods") else settled_periods(view)[1:]
    return [{}, *({"period": code} for code in older)]


COMMISSION = PageSpec(
    "commission",
    "finance",
    commission,
    queries=(
        "billing_periods", "commission_by_agent", "commission_by_period", "commission_period",
        "commission_statements_of_period", "dimension_names", "forecast_by_agent", "settlement_periods",
    ),
    params=("period",),
    variants=_in_all_settlements,
)  # fmt: skip
