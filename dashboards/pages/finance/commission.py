"""Commission: what the agents earn by the newest settlement. Reads the published edition only."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from dashboards.figures.commission import commission_bars
from dashboards.i18n import Translate
from dashboards.pages.frame import how, missing_marts, name_of, named
from dashboards.pages.model import Column, Figure, Message, Section, Table
from dashboards.view import View

_KNOWN_KINDS = ("on_time", "late", "activation", "clawback", "restatement")


def commission_by_agent(view: View, t: Translate) -> Section:
    """Commission per agent and line kind, in the newest settlement period that has a statement."""
    absent = missing_marts(view, t, "commission_period", "commission_by_agent")
    if absent is not None:
        return Section("commission", t("commission.title"), blocks=(absent,))
    period = view.one("commission_period")["settlement_period"]
    if period is None:
        return Section("commission", t("commission.title"), blocks=(Message(t("missing.no_statement")),))
    lines: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in view.query("commission_by_agent", period=period):
        lines[row["agent_id"]][row["line_kind"]] = row["amount"]
    present = {kind for amounts in lines.values() for kind in amounts}
    kinds = [kind for kind in _KNOWN_KINDS if kind in present] + sorted(present.difference(_KNOWN_KINDS))
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
                named(view, "agent", agent_id, t),
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
    figure = Figure(commission_bars(agents, kinds, t), t("commission.title"), t("commission.definition"), table)
    return Section("commission", t("commission.title_period", period=period), blocks=(figure,))
