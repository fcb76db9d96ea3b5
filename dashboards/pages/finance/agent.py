"""The statement of one agent: its lines and their basis, how its customers pay, what the next settlement has so far, its bills.

An agent who signs in sees this page with his own rows. The settlements of all agents are in commission.py.
"""

from __future__ import annotations

from decimal import Decimal

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages.finance.commission import (
    LINE_KINDS,
    agent_target,
    cut_off_of,
    months_of_commission,
    settled_periods,
    settlement_filter,
    settlement_of,
)
from dashboards.pages.frame import how, list_filter, name_of, named
from dashboards.pages.model import Block, Cell, Column, Content, Filter, Linked, Message, Section, Table, Target, Tile
from dashboards.pages.spec import AUDIENCES, PageSpec, as_it_is
from dashboards.pages.tables import head, mart_table, sum_of
from dashboards.params import Params, UnknownParameter
from dashboards.view import Period, Row, View
from orchestration.access.roles import Role

_COUNTED_KINDS = frozenset({"activation", "clawback"})


def agent(view: View, params: Params) -> Content:
    """One agent's statement; where none is chosen and there are several, the list of them."""
    t = params.t
    agents = _agents(view)
    chosen = _chosen(params, agents)
    settled = settled_periods(view)
    code = settlement_of(view, params, settled) or (view.complete_period or view.running_period).code
    filters = (
        # Who has one agent to ask for has nothing to choose.
        *((_agent_filter(view, params, agents),) if len(agents) != 1 else ()),
        settlement_filter(params, "agent", settled),
    )
    if chosen is None:
        return Content((_list(view, code, settled, t),), filters)
    period = Period(code)
    basis = _basis(view, chosen, period)
    running = _next_settlement(view)
    return Content(
        (
            _statement(view, chosen, period, basis, t),
            *(() if running is None else (_forecast(view, chosen, running, t),)),
            _collection(view, chosen, t),
            Section("months", t("settlement.months"), blocks=months_of_commission(view, t, chosen)),
            *(() if running is None or running == period else (_bills(view, chosen, running, "next_bills", t),)),
            _bills(view, chosen, period, "bills", t),
        ),
        filters,
        heading=t("agent_statement.heading", agent=name_of(view, "agent", chosen, t)),
    )


def _agents(view: View) -> tuple[str, ...]:
    """The agents that the viewer may ask for: those with rows that he sees, those of his scope, and without a scope all."""
    scope = view.viewer.scope
    found = {row["agent_id"] for row in view.query("agents_with_rows")} | scope.agents
    return tuple(sorted(found.union(view.members("agent")) if scope.is_whole_branch else found))


def _chosen(params: Params, agents: tuple[str, ...]) -> str | None:
    asked = params.get("agent")
    if asked is None:
        return agents[0] if len(agents) == 1 else None
    if asked not in agents:
        raise UnknownParameter("agent", asked)
    return asked


def _agent_filter(view: View, params: Params, agents: tuple[str, ...]) -> Filter:
    t = params.t
    options = [(agent_id, name_of(view, "agent", agent_id, t)) for agent_id in agents]
    return list_filter(params, "agent", "agent", options, t("agent_statement.choose"))


def _basis(view: View, agent_id: str, period: Period) -> Row:
    month = cut_off_of(period)
    return view.one(
        "agent_settlement",
        agent=agent_id,
        period=period.code,
        first_day=month.first_day,
        cut_off=month.last_day,
    )


def _list(view: View, period: str, settled: tuple[str, ...], t: Translate) -> Section:
    rows = view.query("agents_of_period", period=period)
    title = t("agent_statement.all", period=period)
    if not rows:
        return Section("agents", title, blocks=(Message(t("agent_statement.no_agents", period=period)),))
    newest = settled[0] if settled else None
    receivable, received = sum_of(rows, "receivable"), sum_of(rows, "received")
    table = Table(
        columns=(
            head("bills", "agent_id", t),
            head("collection_rates", "bills", t),
            head("collection_rates", "receivable", t),
            head("collection_rates", "received", t),
            head("collection_rates", "collection_rate", t),
            head("commission_statements", "amount", t),
        ),
        rows=tuple(
            (
                Linked(named(view, "agent", row["agent_id"], t), agent_target(row["agent_id"], period, newest)),
                row["bills"],
                row["receivable"],
                row["received"],
                formats.ratio_of(row["received"], row["receivable"]),
                row["commission"],
            )
            for row in rows
        ),
        title=title,
        definition=t("agent_statement.all_definition"),
        total=(
            t("site.total"),
            sum_of(rows, "bills"),
            receivable,
            received,
            formats.ratio_of(received, receivable),
            sum_of(rows, "commission"),
        ),
        name="agents",
        how=how(t, "agents_of_period"),
    )
    return Section("agents", title, t("agent_statement.all_intro"), blocks=(table,))


def _statement(view: View, agent_id: str, period: Period, basis: Row, t: Translate) -> Section:
    cut_off = cut_off_of(period).last_day
    title = t("agent_statement.title", period=period.code)
    scope = view.viewer.scope
    if not (scope.is_whole_branch or agent_id in scope.agents):
        return Section("statement", title, blocks=(Message(t("agent_statement.not_in_scope")),))
    if cut_off > view.as_of:
        text = t("settlement.not_settled", period=period.code, cut_off=formats.day(cut_off))
        return Section("statement", title, blocks=(Message(text),))
    rows = sorted(view.query("agent_lines", agent=agent_id, period=period.code), key=_place)
    rate = formats.ratio_of(basis["on_time_amount"], basis["receivable"])
    state = t.code("period_state", view.periods.get(period.code))
    return Section(
        "statement",
        title,
        t("settlement.intro", period=period.code, cut_off=formats.day(cut_off), state=state),
        tiles=(
            Tile(
                t("agent_statement.commission"),
                formats.money(sum_of(rows, "amount") or Decimal(0)),
                t("agent_statement.commission_definition"),
                t("unit.yuan"),
            ),
            Tile(
                t("agent_statement.rate_at_cut_off"),
                formats.percent(rate),
                t("agent_statement.rate_at_cut_off_definition", cut_off=formats.day(cut_off)),
                notes=(
                    t(
                        "agent_statement.rate_parts",
                        received=formats.money(basis["on_time_amount"]),
                        receivable=formats.money(basis["receivable"]),
                    ),
                ),
            ),
        ),
        blocks=(_lines(rows, t), *_kinds_without_a_line(rows, basis, cut_off_of(period), t)),
        is_paired=False,
    )


def _place(row: Row) -> tuple[int, str]:
    kind = row["line_kind"]
    return (LINE_KINDS.index(kind) if kind in LINE_KINDS else len(LINE_KINDS), kind)


def _lines(rows: list[Row], t: Translate) -> Block:
    if not rows:
        return Message(t("agent_statement.no_lines"))
    return Table(
        columns=(
            head("commission_lines", "line_kind", t),
            Column(t("agent_statement.basis_money"), "money", t("unit.yuan")),
            Column(t("agent_statement.basis_numbers"), "count", t("agent_statement.unit_numbers")),
            Column(t("agent_statement.percent"), "percent"),
            Column(t("agent_statement.bonus"), "money", t("agent_statement.unit_bonus")),
            head("commission_lines", "amount", t),
            Column(t("agent_statement.how")),
        ),
        rows=tuple(_line(row, t) for row in rows),
        title=t("agent_statement.lines"),
        definition=t("agent_statement.lines_definition"),
        total=(t("site.total"), None, None, None, None, sum_of(rows, "amount"), None),
        name="lines",
        how=how(t, "agent_lines"),
    )


def _line(row: Row, t: Translate) -> tuple[str | Decimal | int | None, ...]:
    kind, basis, rate = row["line_kind"], row["basis_amount"], row["rate"]
    counts = kind in _COUNTED_KINDS
    return (
        t.code("line_kind", kind),
        None if counts else basis,
        int(basis) if counts else None,
        None if counts or rate is None else rate / 100,
        rate if counts else None,
        row["amount"],
        t.code("line_how", kind) if kind in LINE_KINDS else None,
    )


def _kinds_without_a_line(rows: list[Row], basis: Row, month: Period, t: Translate) -> tuple[Block, ...]:
    present = {row["line_kind"] for row in rows}
    missing = [kind for kind in LINE_KINDS if kind not in present]
    if not missing:
        return ()
    return (
        Table(
            columns=(head("commission_lines", "line_kind", t), Column(t("agent_statement.why"))),
            rows=tuple((t.code("line_kind", kind), _why_no_line(kind, basis, month, t)) for kind in missing),
            title=t("agent_statement.missing_kinds"),
            definition=t("agent_statement.missing_kinds_definition"),
            name="kinds_without_a_line",
            how=how(t, "agent_lines", "agent_settlement"),
        ),
    )


def _why_no_line(kind: str, basis: Row, month: Period, t: Translate) -> str:
    """What the published tables tell about a kind that the statement does not have."""
    if kind == "on_time":
        if not basis["bills"]:
            return t("agent_statement.why_no_bills")
        if not basis["on_time_amount"]:
            return t("agent_statement.why_nothing_received", cut_off=formats.day(month.last_day))
        if not basis["receivable"]:
            return t("agent_statement.why_no_receivable")
        rate = formats.ratio_of(basis["on_time_amount"], basis["receivable"])
        return t("agent_statement.why_no_tier", rate=formats.percent(rate))
    if kind == "late":
        if not basis["late_amount"]:
            return t("agent_statement.why_nothing_late", month=month.code)
        return t("agent_statement.why_late_zero", amount=formats.money(basis["late_amount"]), month=month.code)
    if kind == "restatement":
        if not basis["returned_amount"]:
            return t("agent_statement.why_nothing_returned", month=month.code)
        return t("agent_statement.why_returned_zero", amount=formats.money(-basis["returned_amount"]), month=month.code)
    return t(f"agent_statement.why_{kind}")


def _next_settlement(view: View) -> Period | None:
    """The period that is settled next: the oldest whose cut-off is after the as-of date."""
    waiting = [code for code in view.periods if cut_off_of(Period(code)).last_day > view.as_of]
    return Period(min(waiting)) if waiting else None


def _forecast(view: View, agent_id: str, period: Period, t: Translate) -> Section:
    """What the settlement that still runs has so far. It has no amount: the tiers of the agent's plan are not published."""
    cut_off = formats.day(cut_off_of(period).last_day)
    title = t("agent_statement.next", period=period.code)
    basis = _basis(view, agent_id, period)
    if not basis["bills"]:
        text = t("agent_statement.next_no_bills", period=period.code, issued_on=formats.day(period.issued_on))
        return Section("next", title, blocks=(Message(text),))
    return Section(
        "next",
        title,
        t("agent_statement.next_intro", as_of=formats.day(view.as_of), cut_off=cut_off),
        tiles=(
            Tile(
                t("headline.receivable"),
                formats.money(basis["receivable"]),
                t("agent_statement.receivable_definition"),
                t("unit.yuan"),
            ),
            Tile(
                t("agent_statement.so_far"),
                formats.money(basis["received"]),
                t("agent_statement.so_far_definition", cut_off=cut_off),
                t("unit.yuan"),
            ),
            Tile(
                t("agent_statement.rate_so_far"),
                formats.percent(formats.ratio_of(basis["received"], basis["receivable"])),
                t("agent_statement.rate_so_far_definition"),
            ),
            Tile(
                t("agent_statement.late_so_far"),
                formats.money(basis["late_amount"]),
                t("agent_statement.late_so_far_definition", month=cut_off_of(period).code),
                t("unit.yuan"),
            ),
        ),
        blocks=(Message(t("agent_statement.next_no_amount"), "warning"),),
    )


def _collection(view: View, agent_id: str, t: Translate) -> Section:
    rows = view.query("agent_collection", agent=agent_id)
    title = t("agent_statement.collection")
    if not rows:
        return Section("collection", title, blocks=(Message(t("agent_statement.no_collection")),))
    table = mart_table(
        view,
        t,
        "collection_rates",
        rows,
        ("billing_period", "bills", "receivable", "received", "collection_rate"),
        name="collection",
        queries=("agent_collection",),
        title=t("agent_statement.collection_table"),
        definition=t("agent_statement.collection_definition", as_of=formats.day(view.as_of)),
    )
    return Section("collection", title, blocks=(table,))


def _bills(view: View, agent_id: str, period: Period, name: str, t: Translate) -> Section:
    title = t("agent_statement.bills", period=period.code)
    return Section(name, title, blocks=(_bill_table(view, agent_id, period, name, title, t),))


def _bill_table(view: View, agent_id: str, period: Period, name: str, title: str, t: Translate) -> Block:
    rows = view.query("agent_bills", agent=agent_id, period=period.code)
    if not rows:
        return Message(t("agent_statement.no_bills", period=period.code))
    return Table(
        columns=(
            head("bills", "account_id", t),
            head("bills", "customer_class", t),
            head("bills", "business_unit_id", t),
            head("bills", "outlet_id", t),
            head("bills", "due_on", t),
            head("bills", "amount", t),
            head("collection_rates", "received", t),
            Column(t("agent_statement.open"), "money", t("unit.yuan")),
        ),
        rows=tuple(
            (
                _account(view, row["account_id"]),
                t.code("customer_class", row["customer_class"]),
                named(view, "business_unit", row["business_unit_id"], t),
                named(view, "outlet", row["outlet_id"], t),
                row["due_on"],
                row["amount"],
                row["received"],
                row["open_amount"],
            )
            for row in rows
        ),
        title=title,
        definition=t("agent_statement.bills_definition", as_of=formats.day(view.as_of)),
        total=(
            t("site.total"),
            None,
            None,
            None,
            None,
            *(sum_of(rows, each) for each in ("amount", "received", "open_amount")),
        ),
        name=name,
        how=how(t, "agent_bills"),
    )


def _account(view: View, account_id: str) -> Cell:
    """An account with the way to its bills, for those who read them: an agent who signs in does not."""
    if view.viewer.role not in AUDIENCES["management"]:
        return account_id
    return Linked(account_id, Target.to("bills", account=account_id))


AGENT = PageSpec(
    "agent",
    "finance",
    agent,
    queries=(
        "agent_bills", "agent_collection", "agent_lines", "agent_settlement", "agents_of_period", "agents_with_rows",
        "billing_periods", "collection_periods", "commission_by_period", "dimension_names", "settlement_periods",
    ),
    params=("agent", "period"),
    also=frozenset({Role.AGENT}),
    variants=as_it_is,
)  # fmt: skip
