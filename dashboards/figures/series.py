"""Lines over days or months, and stacked columns. What is drawn, and the words for it, come from the page."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go

from dashboards import formats
from dashboards.figures.style import SERIES, styled, wrapped

_DASHES = ("solid", "dash", "dot", "dashdot")
_MARGIN = {"l": 8, "r": 16, "t": 60, "b": 8}

Number = float | int | Decimal | None


def lines(
    series: Sequence[tuple[str, Sequence[str], Sequence[Number]]],
    *,
    x_title: str,
    y_title: str,
    is_share: bool = False,
    is_month: bool = False,
    height: int = 360,
) -> go.Figure:
    """One line per (name, x, y), from zero; shares are ratios 0-1 and drawn as percentages."""
    figure = go.Figure()
    for position, (name, at, values) in enumerate(series):
        figure.add_scatter(
            mode="lines+markers" if is_month else "lines",
            name=wrapped(name, len(name)),
            x=list(at),
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
    if is_month:
        figure.update_xaxes(type="category", tickangle=0)
    figure.update_yaxes(type="linear", rangemode="tozero", ticksuffix=" %" if is_share else "")
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
    styled(figure, x_title=x_title, y_title=y_title, height=height, barmode="relative", margin=_MARGIN)
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
