"""Figures of the problem bulletin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboards.figures.style import SERIES, horizontal_height, styled, wrapped
from dashboards.i18n import Translate


def problem_bars(
    kinds: Sequence[tuple[str, Mapping[str, int]]], units: Sequence[tuple[str, str]], t: Translate
) -> go.Figure:
    """Open problems per kind, stacked by the unit that can fix them; `units` are (id, name). First kind on top."""
    upwards = list(reversed(kinds))
    figure = go.Figure()
    for position, (unit_id, unit_name) in enumerate(units):
        figure.add_bar(
            orientation="h",
            name=wrapped(unit_name, len(unit_name)),
            y=[wrapped(kind) for kind, _ in upwards],
            x=[counts.get(unit_id, 0) for _, counts in upwards],
            hovertemplate="%{y}<br>%{fullData.name}: %{x}<extra></extra>",
            marker={"color": SERIES[position % len(SERIES)], "line": {"color": "#FFFFFF", "width": 0.5}},
        )
    styled(
        figure,
        x_title=t("unit.problems"),
        y_title="",
        height=horizontal_height(len(kinds)) + 30,
        barmode="stack",
        margin={"l": 8, "r": 16, "t": 60, "b": 8},
    )
    figure.update_layout(showlegend=True, legend={"traceorder": "normal"})
    figure.update_xaxes(type="linear", rangemode="tozero", tickformat=",d")
    figure.update_yaxes(type="category")
    return figure
