"""Figures of information services: what is charged, and the providers' part of it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import plotly.graph_objects as go

from dashboards import formats
from dashboards.figures.style import BLUE, ORANGE, styled
from dashboards.i18n import Translate


def share_bars(months: Sequence[tuple[str, Decimal, Decimal]], t: Translate) -> go.Figure:
    """What the calls come to and what the providers are due, per billing period (period, amount, share), as bars from zero."""
    figure = go.Figure()
    for label, amounts, colour in (
        (t("providers.charged"), [charged for _, charged, _ in months], BLUE),
        (t("providers.share"), [share for _, _, share in months], ORANGE),
    ):
        figure.add_bar(
            name=label,
            x=[period for period, _, _ in months],
            y=[str(amount) for amount in amounts],
            customdata=[formats.money(amount) for amount in amounts],
            hovertemplate="%{x}<br>%{fullData.name}: %{customdata}<extra></extra>",
            marker={"color": colour},
        )
    styled(
        figure,
        x_title=t("providers.axis_period"),
        y_title=t("unit.yuan"),
        height=300,
        barmode="group",
        margin={"l": 8, "r": 16, "t": 44, "b": 8},
    )
    figure.update_layout(showlegend=True, legend={"traceorder": "normal"})
    figure.update_xaxes(type="category")
    figure.update_yaxes(type="linear", rangemode="tozero", tickformat=",.0f")
    return figure
