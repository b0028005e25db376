"""Observed shares against predicted probabilities, with the histogram of the scores below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from pipeline.page import canvas

_WITH: dict[str, Any] = {"color": canvas.BLUE, "label": "with the finding"}
_WITHOUT: dict[str, Any] = {
    "color": canvas.PALE_ORANGE,
    "edgecolor": canvas.ORANGE,
    "linewidth": 0.6,
    "label": "without",
}


def draw(data: dict[str, Any]) -> Figure:
    """The chart of `{bins: [{mean, observed, low, high, n}], histogram}` beside the counts."""
    figure, (axes, counts) = canvas.new(canvas.FULL, 2, width_ratios=(1, 1.25))
    curve = bins(axes, canvas.reported(data["curves"]))
    _histogram(counts, curve["histogram"])
    return figure


def bins(axes: Any, curves: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Draws the bins of a reliability curve, those before the temperature behind; the curve in force."""
    axes.plot([0, 1], [0, 1], color=canvas.MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
    stages = {curve["stage"]: curve for curve in curves}
    curve = stages["calibrated"]
    if "before_temperature" in stages:
        _points(
            axes,
            stages["before_temperature"],
            markersize=4,
            markerfacecolor="white",
            markeredgecolor=canvas.MUTED,
            zorder=2,
        )
    for point in curve["bins"]:
        if point["low"] is not None:
            axes.plot([point["mean"]] * 2, [point["low"], point["high"]], color=canvas.BLUE, linewidth=1.2)
    _points(axes, curve, markersize=4.5, color=canvas.BLUE, zorder=3)
    if curve.get("smooth"):
        axes.plot(curve["smooth"]["x"], curve["smooth"]["y"], color=canvas.BLUE, linewidth=1, alpha=0.6)
    canvas.unit_square(axes, "Predicted probability", "Observed share")
    return curve


def _points(axes: Any, curve: dict[str, Any], **style: Any) -> None:
    bins = curve["bins"]
    axes.plot(
        [point["mean"] for point in bins], [point["observed"] for point in bins], "o", clip_on=False, **style
    )


def _histogram(axes: Any, histogram: dict[str, Any]) -> None:
    """Scores of patients with the finding upwards, of those without downwards."""
    edges = histogram["edges"]
    width = edges[1] - edges[0]
    for sign, key, style in ((1, "positive", _WITH), (-1, "negative", _WITHOUT)):
        bars = [
            (edge + width / 2, sign * number)
            for edge, number in zip(edges, histogram[key], strict=False)
            if number
        ]
        axes.bar([place for place, _ in bars], [height for _, height in bars], width * 0.9, **style)
    axes.axhline(0, color=canvas.MUTED, linewidth=0.7)
    axes.set(xlim=(0, 1), xlabel="Predicted probability", ylabel="Patients")
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    canvas.legend_above(axes)
