"""The statement of one agent: its lines and what each counts, the forecast of the next settlements, how its customers pay, its bills.

An agent who signs in sees this page with his own rows. The settlements of all agents are in commission.py.
"""

from __future__ import annotations

from datetime import date
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
    statement_files,
)
from dashboards.pages.frame import how, list_filter, missing_marts, name_of, named
from dashboards.pages.management.unit import curve
from dashboards.pages.model import Block, Cell, Column, Content, Filter, Linked, Message, Section, Table, Target, Tile
from dashboards.pages.spec import AUDIENCES, PageSpec, as_it_is
from dashboards.pages.tables import head, mart_table, sum_of
from dashboards.params import Params, UnknownParameter
from dashboards.view import Period, Row, View
from orchestration.access.roles import Role

_COUNTED_KINDS = frozenset({"activation", "clawback"})
_RULE = ("rate", "tier_from_rate", "commission_plan_id", "plan_valid_from")
_OF_MONEY = ("account_id", "billing_period", "payment_id", "applied_on", "basis_amount")
_OF_NUMBERS = ("service_number", "starts_at", "ends_at", "numbers", "rate", "commission_plan_id", "plan_valid_from")
#: What is shown of the bases of a kind of line.
_BASIS_COLUMNS = {
    "on_time": (*_OF_MONEY, *_RULE),
    "late": (*_OF_MONEY, "rate", "commission_plan_id", "plan_valid_from"),
    "restatement": (*_OF_MONEY, "returned_on", "paid_period", *_RULE),
    "activation": _OF_NUMBERS,
    "clawback": _OF_NUMBERS,
}
_FORECAST = ("line_kind", "basis_amount", "numbers", "rate", "amount", "reason")


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
    running = _next_settlement(view)
    return Content(
        (
            *_statement(view, chosen, period, t),
            *_forecasts(view, chosen, t),
            _collection(view, chosen, t),
            curve(view, period, chosen, t, "agent"),
            Section("months", t("settlement.months"), blocks=months_of_commission(view, t, chosen)),
            *(() if running is None or running == period else (_bills(view, chosen, running, "next_bills", t),)),
            _bills(view, chosen, period, "bills", t),
        ),
        filters,
        heading=t("agent_statement.heading", agent=name_of(view, "agent", chosen, t)),
        finance_files=statement_files(t, code, settled, chosen) if _has_statement(view, chosen, code) else (),
    )


def _has_statement(view: View, agent_id: str, period: str) -> bool:
    return any(row["agent_id"] == agent_id for row in view.query("commission_statements_of_period", period=period))


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


def _statement(view: View, agent_id: str, period: Period, t: Translate) -> tuple[Section, ...]:
    """The lines of the statement, and what each of them counts."""
    cut_off = cut_off_of(period).last_day
    title = t("agent_statement.title", period=period.code)
    if not _is_seen(view, agent_id):
        return (Section("statement", title, blocks=(Message(t("agent_statement.not_in_scope")),)),)
    if cut_off > view.as_of:
        text = t("settlement.not_settled", period=period.code, cut_off=formats.day(cut_off))
        return (Section("statement", title, blocks=(Message(text),)),)
    absent = missing_marts(view, t, "agent_bases")
    if absent is not None:
        return (Section("statement", title, blocks=(absent,)),)
    rows = sorted(view.query("agent_lines", agent=agent_id, period=period.code), key=_place)
    bases = view.query("agent_bases", agent=agent_id, period=period.code)
    state = t.code("period_state", view.periods.get(period.code))
    return (
        Section(
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
                *_rate_tile(bases, cut_off, t),
            ),
            blocks=(_lines(rows, t), *_kinds_without_a_line(bases, t)),
            is_paired=False,
        ),
        _bases(view, period, bases, t),
    )


def _is_seen(view: View, agent_id: str) -> bool:
    """Whether the viewer sees the agent's statement, and not only some of his bills."""
    scope = view.viewer.scope
    return scope.is_whole_branch or agent_id in scope.agents


def _rate_tile(bases: list[Row], cut_off: date, t: Translate) -> tuple[Tile, ...]:
    """The collection rate at the cut-off, as each basis on time has it."""
    row = next((row for row in bases if row["line_kind"] == "on_time"), None)
    if row is None:
        return ()
    received, receivable = formats.money(row["received"]), formats.money(row["receivable"])
    tier = row["tier_from_rate"]
    return (
        Tile(
            t("agent_statement.rate_at_cut_off"),
            formats.percent(formats.ratio_of(row["received"], row["receivable"])),
            t("agent_statement.rate_at_cut_off_definition", cut_off=formats.day(cut_off)),
            notes=(
                t("agent_statement.rate_parts", received=received, receivable=receivable),
                *(() if tier is None else (t("agent_statement.tier", tier=formats.percent(tier)),)),
            ),
        ),
    )


def _bases(view: View, period: Period, rows: list[Row], t: Translate) -> Section:
    """Per kind of line a table of what it counts; it sums to the basis of the line."""
    title = t("agent_statement.bases", period=period.code)
    counted = [row for row in rows if row["account_id"] is not None or row["service_number"] is not None]
    if not counted:
        return Section("bases", title, blocks=(Message(t("agent_statement.no_bases")),))
    return Section(
        "bases",
        title,
        t("agent_statement.bases_intro"),
        blocks=tuple(_bases_of(view, kind, of_kind, t) for kind in LINE_KINDS if (of_kind := _of_kind(counted, kind))),
        is_paired=False,
    )


def _of_kind(rows: list[Row], kind: str) -> list[Row]:
    return [row for row in rows if row["line_kind"] == kind]


def _bases_of(view: View, kind: str, rows: list[Row], t: Translate) -> Table:
    reason = rows[0]["reason"]
    definition = t.code("line_how", kind)
    if reason is not None:
        definition += t("agent_statement.bases_not_paid", reason=t.code("no_line_reason", reason))
    return mart_table(
        view,
        t,
        "commission_bases",
        rows,
        _BASIS_COLUMNS[kind],
        name=f"bases_{kind}",
        queries=("agent_bases",),
        title=t("agent_statement.bases_table", kind=t.code("line_kind", kind)),
        definition=definition,
        sums=("numbers",) if kind in _COUNTED_KINDS else ("basis_amount",),
        links={"account_id": lambda row: _bills_of(view, row["account_id"])},
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


def _kinds_without_a_line(bases: list[Row], t: Translate) -> tuple[Block, ...]:
    """The kinds that the statement does not have, each with the reason and with what would have counted."""
    missing = [(kind, of_kind) for kind in LINE_KINDS if (of_kind := _of_kind(bases, kind)) and of_kind[0]["reason"]]
    if not missing:
        return ()
    return (
        Table(
            columns=(
                head("commission_lines", "line_kind", t),
                Column(t("agent_statement.why")),
                Column(t("agent_statement.basis_money"), "money", t("unit.yuan")),
                Column(t("agent_statement.basis_numbers"), "count", t("agent_statement.unit_numbers")),
            ),
            rows=tuple(
                (
                    t.code("line_kind", kind),
                    t.code("no_line_reason", of_kind[0]["reason"]),
                    sum_of(of_kind, "basis_amount"),
                    sum_of(of_kind, "numbers"),
                )
                for kind, of_kind in missing
            ),
            title=t("agent_statement.missing_kinds"),
            definition=t("agent_statement.missing_kinds_definition"),
            name="kinds_without_a_line",
            how=how(t, "agent_bases"),
        ),
    )


def _next_settlement(view: View) -> Period | None:
    """The period that is settled next: the oldest whose cut-off is after the as-of date."""
    waiting = [code for code in view.periods if cut_off_of(Period(code)).last_day > view.as_of]
    return Period(min(waiting)) if waiting else None


def _forecasts(view: View, agent_id: str, t: Translate) -> tuple[Section, ...]:
    """Each settlement that is not done yet, as it stands on the as-of date; none where the viewer sees bills of the agent alone."""
    if not _is_seen(view, agent_id):
        return ()
    absent = missing_marts(view, t, "agent_forecast")
    if absent is not None:
        return (Section("next", t("agent_statement.forecast"), blocks=(absent,)),)
    rows = view.query("agent_forecast", agent=agent_id)
    codes = sorted({row["settlement_period"] for row in rows})
    return tuple(
        _forecast(view, name, code, [row for row in rows if row["settlement_period"] == code], t)
        for name, code in zip(("next", "after_next"), codes, strict=False)
    )


def _forecast(view: View, name: str, code: str, rows: list[Row], t: Translate) -> Section:
    cut_off = formats.day(rows[0]["cut_off_on"])
    in_order = sorted(rows, key=_place)
    return Section(
        name,
        t("agent_statement.next", period=code),
        t("agent_statement.next_intro", as_of=formats.day(view.as_of), cut_off=cut_off),
        tiles=(
            Tile(
                t("agent_statement.commission_so_far"),
                formats.money(sum_of(rows, "amount")),
                t("agent_statement.commission_so_far_definition"),
                t("unit.yuan"),
            ),
            *_rate_so_far(_of_kind(rows, "on_time"), cut_off, t),
        ),
        blocks=(
            mart_table(
                view,
                t,
                "commission_forecast",
                in_order,
                _FORECAST,
                name=f"forecast_{name}",
                queries=("agent_forecast",),
                title=t("agent_statement.forecast"),
                definition=t("agent_statement.forecast_definition", as_of=formats.day(view.as_of)),
                sums=("amount",),
            ),
        ),
        is_paired=False,
    )


def _rate_so_far(rows: list[Row], cut_off: str, t: Translate) -> tuple[Tile, ...]:
    """The collection rate so far, and what is missing until the next tier; nothing while no bill of the period is issued."""
    if not rows or not rows[0]["receivable"]:
        return ()
    row = rows[0]
    received, receivable = formats.money(row["received"]), formats.money(row["receivable"])
    tier, next_tier = row["tier_from_rate"], row["next_tier_from_rate"]
    rate = Tile(
        t("agent_statement.rate_so_far"),
        formats.percent(formats.ratio_of(row["received"], row["receivable"])),
        t("agent_statement.rate_so_far_definition"),
        notes=(
            t("agent_statement.rate_parts", received=received, receivable=receivable),
            *(() if tier is None else (t("agent_statement.tier", tier=formats.percent(tier)),)),
        ),
    )
    if next_tier is None:
        return (rate,)
    percent = formats.percent(row["next_commission_percent"] / 100)
    return (
        rate,
        Tile(
            t("agent_statement.missing"),
            formats.money(row["missing_amount"]),
            t("agent_statement.missing_definition", cut_off=cut_off),
            t("unit.yuan"),
            notes=(t("agent_statement.next_tier", tier=formats.percent(next_tier), percent=percent),),
        ),
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
            head("collection_rates", "written_off", t),
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
                row["written_off"],
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
            *(sum_of(rows, each) for each in ("amount", "received", "written_off", "open_amount")),
        ),
        name=name,
        how=how(t, "agent_bills"),
    )


def _account(view: View, account_id: str) -> Cell:
    target = _bills_of(view, account_id)
    return account_id if target is None else Linked(account_id, target)


def _bills_of(view: View, account_id: str) -> Target | None:
    """The page of an account's bills, for those who read it: an agent who signs in does not."""
    return Target.to("bills", account=account_id) if view.viewer.role in AUDIENCES["management"] else None


AGENT = PageSpec(
    "agent",
    "finance",
    agent,
    queries=(
        "agent_bases", "agent_bills", "agent_collection", "agent_forecast", "agent_lines", "agents_of_period",
        "agents_with_rows", "billing_periods", "collection_curve", "collection_periods", "commission_by_period",
        "commission_statements_of_period", "dimension_names", "settlement_periods",
    ),
    params=("agent", "period"),
    also=frozenset({Role.AGENT}),
    variants=as_it_is,
)  # fmt: skip
