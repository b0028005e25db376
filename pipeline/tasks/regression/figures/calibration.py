"""The mean measured number over the mean predicted one, and the mean error, by size of the prediction."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.page import canvas
from pipeline.tasks.regression.figures import marks


def draw(data: dict[str, Any]) -> Figure:
    """The chart of `{points: [{mean, observed, low, high, error, error_low, error_high}]}`."""
    figure, (axes, errors) = canvas.new(canvas.FULL, 2)
    points = data["points"]
    ends = marks.span(*([point[key] for point in points] for key in ("mean", "low", "high")))
    marks.diagonal(axes, ends)
    _bars(axes, points, "observed", ("low", "high"))
    axes.set(xlabel=f"Predicted {marks.named(data)}", ylabel=f"Measured {marks.named(data)}")
    _bars(errors, points, "error", ("error_low", "error_high"))
    unit = str(data["in_unit"]).strip()
    top = max(point["error_high"] for point in points)
    errors.set(
        xlim=ends,
        ylim=(0, 1.08 * top),
        xlabel=f"Predicted {marks.named(data)}",
        ylabel=f"Mean |error|{f' ({unit})' if unit else ''}",
    )
    errors.grid(visible=True, axis="y")
    return figure


def _bars(axes: Axes, points: list[dict[str, Any]], name: str, ends: tuple[str, str]) -> None:
    for point in points:
        axes.plot(
            [point["mean"]] * 2, [point[end] for end in ends], color=canvas.BLUE, linewidth=1.2, zorder=3
        )
    axes.plot(
        [point["mean"] for point in points],
        [point[name] for point in points],
        "o",
        color=canvas.BLUE,
        markersize=4.5,
        zorder=4,
    )
