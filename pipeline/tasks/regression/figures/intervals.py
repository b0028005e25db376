"""The intervals of single scans in the order of their predictions, and where the measured numbers lie."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from pipeline.page import canvas
from pipeline.tasks.regression.figures import marks


def draw(data: dict[str, Any]) -> Figure:
    """The chart of `{truth, prediction, low, high}`, ascending predictions."""
    figure, (axes,) = canvas.new(canvas.FULL)
    places = list(range(1, len(data["truth"]) + 1))
    for place, low, high in zip(places, data["low"], data["high"], strict=True):
        axes.plot([place, place], [low, high], color=canvas.PALE_BLUE, linewidth=2.4, solid_capstyle="butt")
    axes.plot(places, data["prediction"], "_", color=canvas.BLUE, markersize=5, label="Predicted")
    rows = list(zip(places, data["truth"], data["low"], data["high"], strict=True))
    for label, color, marker, kept in (
        ("Measured, inside", canvas.INK, "o", [row for row in rows if row[2] <= row[1] <= row[3]]),
        ("Measured, outside", canvas.ORANGE, "X", [row for row in rows if not row[2] <= row[1] <= row[3]]),
    ):
        axes.plot(
            [row[0] for row in kept],
            [row[1] for row in kept],
            marker,
            color=color,
            markersize=4.5,
            markeredgecolor="white",
            markeredgewidth=0.4,
            label=label,
            zorder=4,
        )
    axes.set(
        xlim=(0, len(places) + 1), xlabel="Scans, by their prediction", ylabel=marks.named(data), xticks=[]
    )
    axes.grid(visible=True, axis="y")
    canvas.legend_above(axes)
    return figure
