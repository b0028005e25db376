"""A square for each of 1000 people: found, missed, falsely alarmed, rightly left alone."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from pipeline.page import canvas

COLUMNS, ROWS = 50, 20
_CORNERS = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9), (0.1, 0.1))
_CODES = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
_STYLES = {
    "tp": {"facecolor": canvas.BLUE, "edgecolor": canvas.BLUE},
    "fn": {"facecolor": "white", "edgecolor": canvas.BLUE},
    "fp": {"facecolor": canvas.ORANGE, "edgecolor": canvas.ORANGE},
    "tn": {"facecolor": "#e4e9ee", "edgecolor": "#e4e9ee"},
}


def draw(data: dict[str, Any]) -> Figure:
    """The chart of `{tp, fn, fp, tn}`, scaled to 1000 squares, filled column by column."""
    figure, (axes,) = canvas.new((9.3, 3.75))
    start = 0
    for name, style in _STYLES.items():
        number = round(data[name] * COLUMNS * ROWS / data["scale"])
        axes.add_patch(
            PathPatch(_squares(range(start, min(start + number, COLUMNS * ROWS))), linewidth=0.9, **style)
        )
        start += number
    axes.set(xlim=(0, COLUMNS), ylim=(ROWS, 0), aspect="equal")
    axes.set_axis_off()
    return figure


def _squares(places: range) -> Path:
    vertices = [(place // ROWS + x, place % ROWS + y) for place in places for x, y in _CORNERS]
    return Path(vertices or [(0, 0)], _CODES * len(places) or [Path.MOVETO])
