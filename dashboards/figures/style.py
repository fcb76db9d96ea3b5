"""The style of all figures: palette, fonts, margins. The content of a figure is in the figure's module."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

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
    # In one call: each costs plotly some 10 ms of looking up names.
    shared: dict[str, Any] = {
        "template": go.layout.Template(),
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
    figure.update_layout(**{**shared, **layout})
    return figure


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
