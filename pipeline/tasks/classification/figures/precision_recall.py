"""Precision against recall, drawn as steps: between two thresholds there is no line to draw."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from pipeline.page import canvas


def draw(data: dict[str, Any]) -> Figure:
    """The chart of curves `{part, class, x, y, low, high}` with the prevalence line."""
    figure, (axes,) = canvas.new(canvas.HALF)
    shown = canvas.reported(data["curves"])
    if len(shown) == 1 and shown[0].get("patients"):
        prevalence = shown[0]["positive_patients"] / shown[0]["patients"]
        axes.axhline(prevalence, color=canvas.MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
        axes.text(0.02, prevalence + 0.015, f"prevalence {prevalence:.2f}", color=canvas.MUTED, fontsize=8.5)
    canvas.curves(axes, data["curves"], step=True)
    _point(axes, data["points"])
    canvas.unit_square(axes, "Recall (sensitivity)", "Precision (positive predictive value)")
    canvas.legend_above(axes)
    return figure


def _point(axes: Any, points: dict[str, Any]) -> None:
    sensitivity, ppv = points["sensitivity"]["value"], points["ppv"]["value"]
    if sensitivity is not None and ppv is not None:
        axes.plot(
            [sensitivity], [ppv], "o", color=canvas.INK, markersize=5, zorder=6, label="Operating point"
        )
