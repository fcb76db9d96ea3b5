"""Figures of collection and arrears: who pays, and how old the rest is."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import plotly.graph_objects as go

from dashboards import formats
from dashboards.figures.style import BLUE, INK, ORANGE, SKY, VERMILION, horizontal_height, styled, wrapped
from dashboards.i18n import Translate


def collection_rate_bars(
    names: Sequence[str], rates: Sequence[float | None], branch: float | Decimal | None, t: Translate
) -> go.Figure:
    """Collection rate per unit as bars from zero, with the branch's rate as a line. Highest rate on top."""
    pairs = sorted(zip(names, rates, strict=True), key=lambda pair: -1.0 if pair[1] is None else pair[1])
    shown = [0 if rate is None else round(rate * 100, 4) for _, rate in pairs]
    labels = [formats.percent(rate) for _, rate in pairs]
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=[wrapped(name) for name, _ in pairs],
            x=shown,
            customdata=labels,
            hovertemplate="%{y}: %{customdata}<extra></extra>",
            marker={"color": BLUE},
        )
    )
    top = max([100.0, *shown])
    # Beside the bars, one below the other: the line of the branch crosses none of them.
    figure.add_trace(
        go.Scatter(
            mode="text",
            y=[wrapped(name) for name, _ in pairs],
            x=[top * 1.02] * len(pairs),
            text=labels,
            textposition="middle right",
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )
    )
    if branch is not None:
        at = round(float(branch * 100), 4)
        figure.add_shape(
            type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line={"color": VERMILION, "width": 2, "dash": "dash"}
        )
        figure.add_annotation(
            x=at,
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor="right" if at > 50 else "left",
            text=t("collections.branch_line", rate=formats.percent(branch)),
            showarrow=False,
            font={"color": VERMILION},
        )
    styled(
        figure,
        x_title=t("collections.axis_rate"),
        y_title="",
        height=horizontal_height(len(pairs)),
        showlegend=False,
        margin={"l": 8, "r": 68, "t": 30, "b": 8},
    )
    figure.update_xaxes(type="linear", range=[0, top * 1.02], ticksuffix=" %")
    figure.update_yaxes(type="category")
    return figure


def arrears_bars(bands: Sequence[tuple[str, Decimal]], t: Translate) -> go.Figure:
    """Arrears per band of days past due, from zero."""
    labels = [formats.money(amount) for _, amount in bands]
    figure = go.Figure(
        go.Bar(
            x=[band for band, _ in bands],
            y=[str(amount) for _, amount in bands],
            text=labels,
            textposition="outside",
            cliponaxis=False,
            customdata=labels,
            hovertemplate="%{x}: %{customdata}<extra></extra>",
            marker={"color": [SKY, BLUE, ORANGE, VERMILION], "line": {"color": INK, "width": 0}},
        )
    )
    styled(
        figure,
        x_title=t("arrears.axis_days"),
        y_title=t("unit.yuan"),
        height=320,
        margin={"l": 8, "r": 16, "t": 28, "b": 8},
    )
    figure.update_xaxes(type="category")
    figure.update_yaxes(type="linear", rangemode="tozero", tickformat=",.0f")
    return figure
