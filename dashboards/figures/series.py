"""Lines over days or months, and stacked columns. What is drawn, and the words for it, come from the page."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

import plotly.graph_objects as go

from dashboards import formats
from dashboards.figures.style import SERIES, styled, wrapped

_DASHES = ("solid", "dash", "dot", "dashdot")
_LEGEND_LINE = 19
_SERIES_IN_LEGEND_LINES = 4
_MARGIN = {"l": 8, "r": 16, "t": 60, "b": 8}

Number = float | int | Decimal | None


def lines(
    series: Sequence[tuple[str, Sequence[str], Sequence[Number]]],
    *,
    x_title: str,
    y_title: str,
    at: Literal["number", "day", "month"],
    is_share: bool = False,
    is_from_zero: bool = True,
    height: int = 360,
) -> go.Figure:
    """One line per (name, x, y); shares are ratios 0-1 and drawn as percentages. `at` is what x consists of."""
    figure = go.Figure()
    for position, (name, places, values) in enumerate(series):
        figure.add_scatter(
            mode="lines+markers" if at == "month" else "lines",
            name=wrapped(name, len(name)),
            x=list(places),
            y=[_point(value, is_share) for value in values],
            customdata=[_text(value, is_share) for value in values],
            hovertemplate="%{fullData.name}<br>%{x}: %{customdata}<extra></extra>",
            line={
                "color": SERIES[position % len(SERIES)],
                "dash": _DASHES[position // len(SERIES) % len(_DASHES)],
                "width": 2.5,
            },
            marker={"size": 7},
        )
    styled(figure, x_title=x_title, y_title=y_title, height=height, margin=_MARGIN)
    figure.update_layout(showlegend=True)
    if at == "month":
        figure.update_xaxes(type="category", tickangle=0)
    elif at == "day":
        # Plotly's own words for a date are English ones.
        figure.update_xaxes(type="date", tickformat="%m-%d", hoverformat="%Y-%m-%d", tickangle=0)
    else:
        figure.update_xaxes(type="linear", rangemode="tozero")
    figure.update_yaxes(
        type="linear", rangemode="tozero" if is_from_zero else "normal", ticksuffix=" %" if is_share else ""
    )
    return figure


def stacked_columns(
    at: Sequence[str],
    series: Sequence[tuple[str, Sequence[Decimal | int | float | None]]],
    *,
    x_title: str,
    y_title: str,
    height: int = 360,
) -> go.Figure:
    """Columns at months (or other labels), stacked by series; amounts below zero run downwards from zero."""
    figure = go.Figure()
    for position, (name, values) in enumerate(series):
        figure.add_bar(
            name=wrapped(name, len(name)),
            x=[wrapped(label) for label in at],
            y=[_point(value, is_share=False) for value in values],
            customdata=[_text(value, is_share=False) for value in values],
            hovertemplate="%{x}<br>%{fullData.name}: %{customdata}<extra></extra>",
            marker={
                "color": SERIES[position % len(SERIES)],
                "line": {"color": "#FFFFFF", "width": 0.5},
                # More series than colours: the second round is hatched.
                "pattern": {"shape": "/" if position >= len(SERIES) else ""},
            },
        )
    # A long legend takes its lines from the height.
    room = _LEGEND_LINE * max(0, len(series) - _SERIES_IN_LEGEND_LINES)
    styled(figure, x_title=x_title, y_title=y_title, height=height + room, barmode="relative", margin=_MARGIN)
    figure.update_layout(showlegend=True, legend={"traceorder": "normal"})
    figure.update_xaxes(type="category", tickangle=0)
    figure.update_yaxes(type="linear", rangemode="tozero", tickformat=",.0f")
    return figure


def _point(value: Number, is_share: bool) -> Any:
    if value is None:
        return None
    if is_share:
        return round(float(formats.exact(value) * 100), 4)
    # Amounts keep their digits as text.
    return str(value) if isinstance(value, Decimal) else value


def _text(value: Number, is_share: bool) -> str:
    if is_share:
        return formats.percent(value)
    if isinstance(value, Decimal):
        return formats.money(value)
    return formats.count(value) if isinstance(value, int) else formats.decimal(value)
