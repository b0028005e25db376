"""The metric that leads over the strength of each kind of change, a small chart each on one scale."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from pipeline.page import canvas

_COLUMNS = 4


def draw(data: dict[str, Any]) -> Figure:
    """The chart of `curves` (`{name, unit, levels, points}`), each beginning at `unchanged`, with the `goal`.

    Levels lie at equal distances: from mild to strong, whatever their numbers.
    """
    curves = data["curves"]
    rows = math.ceil(len(curves) / _COLUMNS)
    figure = Figure(figsize=(9.3, 2.1 * rows), layout="constrained")
    FigureCanvasSVG(figure)
    grid = figure.subplots(rows, _COLUMNS, squeeze=False, sharey=True)
    places = [axes for row in grid for axes in row]
    for axes, curve in zip(places, curves, strict=False):
        _curve(axes, curve, data)
    for axes in places[len(curves) :]:
        axes.set_axis_off()
    for row in grid:
        row[0].set_ylabel(data["metric"])
    return figure


def _curve(axes: Any, curve: dict[str, Any], data: dict[str, Any]) -> None:
    points = [data["unchanged"], *curve["points"]]
    x = list(range(len(points)))
    low, high = (canvas.numbers([point[end] for point in points]) for end in ("low", "high"))
    axes.fill_between(x, low, high, color=canvas.PALE_BLUE, linewidth=0)
    axes.plot(
        x, canvas.numbers([point["value"] for point in points]), "o-", color=canvas.BLUE, markersize=3.2
    )
    if data["goal"] is not None:
        axes.axhline(data["goal"], color=canvas.MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
    axes.set_xticks(x, ["as is", *(f"{level:g}" for level in curve["levels"])])
    axes.set(title=curve["name"], xlabel=curve["unit"])
    axes.grid(visible=True, axis="y")
