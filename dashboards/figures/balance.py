"""The flow of a month's revenue from the files to the cash, as a Sankey diagram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import plotly.graph_objects as go

from dashboards import formats
from dashboards.figures.style import BLUE, GREEN, GREY, ORANGE, SKY, VERMILION, styled, wrapped
from dashboards.i18n import Translate

#: What a node is, by its colour.
COLOURS = {"call": SKY, "charge": BLUE, "paid": GREEN, "open": ORANGE, "lost": VERMILION, "apart": GREY}


@dataclass(frozen=True)
class Node:
    """A place that money flows through: what it is called, and what it is (of COLOURS)."""

    name: str
    kind: str


@dataclass(frozen=True)
class Flow:
    """An amount from one node to another, by their names; only amounts above zero are drawn."""

    source: str
    target: str
    amount: Decimal


def revenue_flow(nodes: Sequence[Node], flows: Sequence[Flow], t: Translate) -> go.Figure:
    """The flow from left to right; each label has the amount that flows through its node."""
    shown = [flow for flow in flows if flow.amount > 0]
    into: dict[str, Decimal] = {}
    out: dict[str, Decimal] = {}
    for flow in shown:
        out[flow.source] = out.get(flow.source, Decimal(0)) + flow.amount
        into[flow.target] = into.get(flow.target, Decimal(0)) + flow.amount
    used = [node for node in nodes if node.name in into or node.name in out]
    place = {node.name: position for position, node in enumerate(used)}
    through = [formats.money(max(into.get(node.name, Decimal(0)), out.get(node.name, Decimal(0)))) for node in used]
    figure = go.Figure(
        go.Sankey(
            arrangement="snap",
            valueformat=",.2f",
            valuesuffix=f" {t('unit.yuan')}",
            node={
                "label": [f"{wrapped(node.name, 40)}<br>{amount}" for node, amount in zip(used, through, strict=True)],
                "color": [COLOURS[node.kind] for node in used],
                "customdata": [
                    f"{wrapped(node.name, 80)}: {amount}" for node, amount in zip(used, through, strict=True)
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
                "pad": 34,
                "thickness": 16,
                "line": {"width": 0},
            },
            link={
                "source": [place[flow.source] for flow in shown],
                "target": [place[flow.target] for flow in shown],
                "value": [str(flow.amount) for flow in shown],
                "color": [_faint(COLOURS[used[place[flow.target]].kind]) for flow in shown],
                "customdata": [
                    f"{wrapped(flow.source, 80)} → {wrapped(flow.target, 80)}: {formats.money(flow.amount)}"
                    for flow in shown
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
            },
        )
    )
    return styled(figure, x_title="", y_title="", height=480, margin={"l": 8, "r": 8, "t": 30, "b": 12})


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.35)"
