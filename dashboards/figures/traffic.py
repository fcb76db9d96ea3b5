"""Figures of trunk traffic, in erlangs: the mean number of circuits in conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboards import formats
from dashboards.figures.style import BLUE, GREY, ORANGE, SKY, VERMILION, horizontal_height, styled, wrapped
from dashboards.i18n import Translate
from dashboards.view import Row


def trunk_group_bars(groups: Sequence[tuple[str, Row]], t: Translate) -> go.Figure:
    """Busy-hour load per trunk group as bars, with the circuits it has and needs as marks on the same scale."""
    upwards = list(reversed(groups))
    names = [wrapped(name) for name, _ in upwards]
    loads = [row["busy_hour_erlangs"] for _, row in upwards]
    figure = go.Figure()
    figure.add_bar(
        orientation="h",
        name=t("traffic.busy_hour_load"),
        y=names,
        x=loads,
        customdata=[formats.decimal(load) for load in loads],
        hovertemplate="%{y}<br>%{fullData.name}: %{customdata} E<extra></extra>",
        marker={"color": SKY},
    )
    marks = {
        "circuits": {"symbol": "line-ns-open", "size": 18, "color": GREY, "line": {"width": 3}},
        "circuits_needed": {"symbol": "diamond", "size": 9, "color": VERMILION},
    }
    for field, marker in marks.items():
        figure.add_scatter(
            mode="markers",
            name=t(f"traffic.{field}"),
            y=names,
            x=[row[field] for _, row in upwards],
            hovertemplate="%{y}<br>%{fullData.name}: %{x}<extra></extra>",
            marker=marker,
        )
    styled(
        figure,
        x_title=t("traffic.axis_load"),
        y_title="",
        height=horizontal_height(len(groups)),
        margin={"l": 8, "r": 16, "t": 44, "b": 8},
    )
    figure.update_layout(showlegend=True)
    figure.update_xaxes(type="linear", rangemode="tozero")
    figure.update_yaxes(type="category")
    return figure


def hourly_lines(shapes: Mapping[str, Sequence[float]], t: Translate) -> go.Figure:
    """Mean load by hour of the day, one line per kind of day (workday, weekend)."""
    hours = [f"{hour:02d}" for hour in range(24)]
    figure = go.Figure()
    for kind, colour, dash in (("workday", BLUE, "solid"), ("weekend", ORANGE, "dash")):
        if kind not in shapes:
            continue
        loads = shapes[kind]
        figure.add_scatter(
            mode="lines+markers",
            name=t(f"traffic.{kind}"),
            x=hours,
            y=list(loads),
            customdata=[formats.decimal(load) for load in loads],
            hovertemplate="%{x}:00<br>%{fullData.name}: %{customdata} E<extra></extra>",
            line={"color": colour, "dash": dash, "width": 2.5},
            marker={"size": 6, "color": colour},
        )
    styled(
        figure,
        x_title=t("traffic.axis_hour"),
        y_title=t("traffic.axis_erlangs"),
        height=340,
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
    )
    figure.update_layout(showlegend=True)
    figure.update_xaxes(type="category", showgrid=False, tickangle=0)
    figure.update_yaxes(type="linear", rangemode="tozero")
    return figure


def load_heatmap(
    rows: Sequence[str], columns: Sequence[str], loads: Sequence[Sequence[float | None]], x_title: str, t: Translate
) -> go.Figure:
    """Mean load as colour, one row per label; the first row on top. An hour without traffic is empty."""
    figure = go.Figure(
        go.Heatmap(
            x=list(columns),
            y=[wrapped(name) for name in reversed(rows)],
            z=[list(line) for line in reversed(loads)],
            text=[[formats.decimal(load) for load in line] for line in reversed(loads)],
            hovertemplate="%{y}<br>%{x}: %{text} E<extra></extra>",
            # Cividis is read alike with any colour vision, and by lightness on a grey print.
            colorscale="Cividis",
            zmin=0,
            xgap=1,
            ygap=1,
            colorbar={"title": {"text": t("unit.erlangs"), "side": "right"}, "thickness": 12},
        )
    )
    styled(figure, x_title=x_title, y_title="", height=max(260, 90 + 22 * len(rows)))
    figure.update_xaxes(type="category", showgrid=False, tickangle=0)
    figure.update_yaxes(type="category", showgrid=False)
    return figure


def circuits_lines(
    at: Sequence[str],
    measures: Mapping[str, Sequence[float | int | None]],
    x_title: str,
    t: Translate,
    *,
    is_day: bool,
) -> go.Figure:
    """Busy-hour load, circuits needed and circuits there are, over days or months, on one scale."""
    figure = go.Figure()
    looks = {
        "busy_hour_load": (BLUE, "solid"),
        "circuits_needed": (VERMILION, "dot"),
        "circuits": (ORANGE, "dash"),
    }
    for name, values in measures.items():
        colour, dash = looks[name]
        figure.add_scatter(
            mode="lines+markers",
            name=t(f"traffic.{name}"),
            x=list(at),
            y=list(values),
            customdata=[formats.count(value) if isinstance(value, int) else formats.decimal(value) for value in values],
            hovertemplate="%{x}<br>%{fullData.name}: %{customdata}<extra></extra>",
            line={"color": colour, "dash": dash, "width": 2.5},
            marker={"size": 5, "color": colour},
        )
    styled(
        figure,
        x_title=x_title,
        y_title=t("traffic.axis_load"),
        height=340,
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
    )
    figure.update_layout(showlegend=True)
    if is_day:
        figure.update_xaxes(type="date", tickformat="%m-%d", hoverformat="%Y-%m-%d", tickangle=0)
    else:
        figure.update_xaxes(type="category")
    figure.update_yaxes(type="linear", rangemode="tozero")
    return figure
