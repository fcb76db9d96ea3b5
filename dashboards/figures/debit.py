"""Figures of direct debits: why they fail."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import plotly.graph_objects as go

from dashboards import formats
from dashboards.figures.style import BLUE, horizontal_height, styled, wrapped
from dashboards.i18n import Translate


def failure_bars(causes: Sequence[tuple[str, Decimal]], t: Translate) -> go.Figure:
    """What was not collected, per cause, as bars from zero. The first cause is on top."""
    upwards = list(reversed(causes))
    labels = [formats.money(amount) for _, amount in upwards]
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=[wrapped(cause) for cause, _ in upwards],
            x=[str(amount) for _, amount in upwards],
            text=labels,
            textposition="auto",
            customdata=labels,
            hovertemplate="%{y}: %{customdata}<extra></extra>",
            marker={"color": BLUE},
        )
    )
    styled(figure, x_title=t("unit.yuan"), y_title="", height=horizontal_height(len(causes)))
    figure.update_xaxes(type="linear", rangemode="tozero", tickformat=",.0f")
    figure.update_yaxes(type="category")
    return figure
