"""The style of all figures: palette, fonts, margins. The content of a figure is in the figure's module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import plotly.io

# Every figure would carry plotly's own look with it, which is larger than the figure.
plotly.io.templates.default = None

# Okabe and Ito's palette: distinct with any colour vision, and by lightness on a grey print.
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
VERMILION = "#D55E00"
SKY = "#56B4E9"
PURPLE = "#CC79A7"
YELLOW = "#F0E442"
GREY = "#8A939B"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, YELLOW, GREY)

INK = "#1F2933"
GRID = "#E1E6EB"
FONTS = (
    'system-ui, -apple-system, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", '
    '"Noto Sans CJK SC", "Noto Sans SC", "WenQuanYi Micro Hei", sans-serif'
)
ROW_HEIGHT = 34


def styled(figure: go.Figure, *, x_title: str, y_title: str, height: int = 340, **layout: Any) -> go.Figure:
    """Give a figure the shared look. Axis titles carry the units."""
    axis: dict[str, Any] = {
        "automargin": True,
        "gridcolor": GRID,
        "linecolor": "#9AA5B1",
        "zeroline": True,
        "zerolinecolor": "#9AA5B1",
        "fixedrange": True,
        "tickfont": {"size": 12},
        "title": {"font": {"size": 12}, "standoff": 8},
    }
    shared: dict[str, Any] = {
        "height": height,
        "margin": {"l": 8, "r": 16, "t": 12, "b": 8},
        "font": {"family": FONTS, "size": 12, "color": INK},
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
        "colorway": list(SERIES),
        "hovermode": "closest",
        "hoverlabel": {"font": {"family": FONTS, "size": 12}},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.01, "xanchor": "left", "x": 0, "font": {"size": 12}},
        "bargap": 0.32,
        "separators": ".,",
        "xaxis": {**axis, "title": {**axis["title"], "text": x_title}},
        "yaxis": {**axis, "title": {**axis["title"], "text": y_title}},
    }
    # Set as a whole: plotly's update_layout looks every name up several times, which costs more than the rest of a page.
    figure.layout = go.Layout(_merged(_merged(shared, figure.layout.to_plotly_json()), layout))
    return figure


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """The values of both, those of `over` where both have one; of groups the same within."""
    both = dict(base)
    for name, value in over.items():
        before = both.get(name)
        both[name] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return both


def horizontal_height(bars: int) -> int:
    """A height that gives every horizontal bar the same room."""
    return max(220, 110 + ROW_HEIGHT * bars)


def wrapped(name: str, width: int = 22) -> str:
    """A long axis label on two lines, so that it leaves the bars room on a narrow screen; plotly's markup escaped."""
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(name) <= width or " " not in name:
        return escaped
    middle = min((i for i, c in enumerate(name) if c == " "), key=lambda i: abs(i - len(name) // 2))
    first, second = name[:middle], name[middle + 1 :]
    return f"{wrapped(first, len(first))}<br>{wrapped(second, len(second))}"
