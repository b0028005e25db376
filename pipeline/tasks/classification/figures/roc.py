"""The ROC curve: the reported part with its band, validation and another source beside it, and the
operating point as a cross."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from pipeline.page import canvas


def draw(data: dict[str, Any]) -> Figure:
    """The chart of curves `{part, class, x, y, low, high}` and the point of sensitivity and specificity."""
    figure, (axes,) = canvas.new(canvas.HALF)
    axes.plot([0, 1], [0, 1], color=canvas.MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
    axes.text(0.63, 0.58, "chance", rotation=45, rotation_mode="anchor", color=canvas.MUTED, fontsize=8.5)
    canvas.curves(axes, data["curves"], step=True)
    cross(axes, data["points"])
    canvas.unit_square(axes, "1 − specificity", "Sensitivity")
    canvas.legend_above(axes, columns=2 if canvas.has_external(data["curves"]) else 3)
    return figure


def cross(axes: Any, points: dict[str, Any]) -> None:
    """Draws the point of sensitivity and specificity with their intervals, where they are known."""
    sensitivity, specificity = points["sensitivity"], points["specificity"]
    if sensitivity["value"] is None or specificity["value"] is None:
        return
    x, y = 1 - specificity["value"], sensitivity["value"]
    if specificity["low"] is not None:
        axes.plot(
            [1 - specificity["high"], 1 - specificity["low"]],
            [y, y],
            color=canvas.INK,
            linewidth=1.3,
            zorder=5,
        )
    if sensitivity["low"] is not None:
        axes.plot(
            [x, x], [sensitivity["low"], sensitivity["high"]], color=canvas.INK, linewidth=1.3, zorder=5
        )
    axes.plot([x], [y], "o", color=canvas.INK, markersize=5, zorder=6, label="Operating point")
