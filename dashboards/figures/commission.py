"""Figures of the agents' commission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import plotly.graph_objects as go

from dashboards import formats
from dashboards.figures.style import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION, horizontal_height, styled, wrapped
from dashboards.i18n import Translate

_COLOURS = {"on_time": BLUE, "late": ORANGE, "activation": GREEN, "clawback": VERMILION, "restatement": PURPLE}


def commission_bars(
    agents: Sequence[tuple[str, Mapping[str, Decimal]]], line_kinds: Sequence[str], t: Translate
) -> go.Figure:
    """Commission per agent, stacked by line kind; amounts below zero run to the left. First agent on top."""
    upwards = list(reversed(agents))
    figure = go.Figure()
    for kind in line_kinds:
        amounts = [lines.get(kind, Decimal(0)) for _, lines in upwards]
        figure.add_bar(
            orientation="h",
            name=t.code("line_kind", kind),
            y=[wrapped(name) for name, _ in upwards],
            x=[str(amount) for amount in amounts],
            customdata=[formats.money(amount) for amount in amounts],
            hovertemplate="%{y}<br>%{fullData.name}: %{customdata}<extra></extra>",
            marker={"color": _COLOURS.get(kind, GREY)},
        )
    styled(
        figure,
        x_title=t("unit.yuan"),
        y_title="",
        height=horizontal_height(len(agents)),
        barmode="relative",
        margin={"l": 8, "r": 16, "t": 44, "b": 8},
    )
    figure.update_layout(showlegend=True, legend={"traceorder": "normal"})
    figure.update_xaxes(type="linear", rangemode="tozero", tickformat=",.0f")
    figure.update_yaxes(type="category")
    return figure


def commission_months(
    periods: Sequence[tuple[str, Mapping[str, Decimal]]], line_kinds: Sequence[str], t: Translate
) -> go.Figure:
    """Commission per settlement period, stacked by line kind; amounts below zero run down. Oldest period first."""
    figure = go.Figure()
    for kind in line_kinds:
        amounts = [lines.get(kind, Decimal(0)) for _, lines in periods]
        figure.add_bar(
            name=t.code("line_kind", kind),
            x=[period for period, _ in periods],
            y=[str(amount) for amount in amounts],
            customdata=[formats.money(amount) for amount in amounts],
            hovertemplate="%{x}<br>%{fullData.name}: %{customdata}<extra></extra>",
            marker={"color": _COLOURS.get(kind, GREY)},
        )
    styled(
        figure,
        x_title=t("settlement.axis_period"),
        y_title=t("unit.yuan"),
        height=300,
        barmode="relative",
        margin={"l": 8, "r": 16, "t": 44, "b": 8},
    )
    figure.update_layout(showlegend=True, legend={"traceorder": "normal"})
    figure.update_xaxes(type="category")
    figure.update_yaxes(type="linear", rangemode="tozero", tickformat=",.0f")
    return figure
