"""Figures of what the intake gates set aside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import plotly.graph_objects as go

from dashboards import formats
from dashboards.figures.style import SERIES, VERMILION, horizontal_height, styled, wrapped
from dashboards.i18n import Translate


def set_aside_bars(states: Sequence[tuple[str, int]], t: Translate) -> go.Figure:
    """Records per state that set them aside, in the order in which the gates decide. First state on top."""
    upwards = list(reversed(states))
    labels = [formats.count(records) for _, records in upwards]
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=[wrapped(state) for state, _ in upwards],
            x=[records for _, records in upwards],
            text=labels,
            textposition="outside",
            cliponaxis=False,
            customdata=labels,
            hovertemplate="%{y}: %{customdata}<extra></extra>",
            marker={"color": VERMILION},
        )
    )
    styled(figure, x_title=t("unit.records"), y_title="", height=horizontal_height(len(states)))
    largest = max((records for _, records in states), default=0)
    figure.update_xaxes(type="linear", range=[0, max(largest, 1) * 1.18], tickformat=",d")
    figure.update_yaxes(type="category")
    return figure


def records_by_day(days: Sequence[date], states: Sequence[tuple[str, Sequence[int]]], t: Translate) -> go.Figure:
    """Records that were set aside on each day, stacked by state."""
    figure = go.Figure()
    for position, (state, records) in enumerate(states):
        figure.add_bar(
            name=state,
            x=[formats.day(day) for day in days],
            y=list(records),
            customdata=[formats.count(number) for number in records],
            hovertemplate="%{x}<br>%{fullData.name}: %{customdata}<extra></extra>",
            marker={"color": SERIES[position % len(SERIES)]},
        )
    styled(figure, x_title=t("intake_page.axis_day"), y_title=t("intake_page.axis_records"), barmode="stack")
    figure.update_layout(showlegend=True, margin={"l": 8, "r": 16, "t": 60, "b": 8})
    figure.update_xaxes(type="category", tickangle=-45)
    figure.update_yaxes(type="linear", rangemode="tozero", tickformat=",d")
    return figure
