"""Predicted over reference numbers, with the line of agreement and the fitted one."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from pipeline.page import canvas
from pipeline.tasks.regression.figures import marks


def draw(data: dict[str, Any]) -> Figure:
    """The chart of `{reference, prediction, lines}`; the fitted line gives the reference of a prediction."""
    figure, (axes,) = canvas.new(canvas.HALF)
    ends = marks.span(data["reference"], data["prediction"])
    marks.diagonal(axes, ends)
    slope = data["lines"]["calibration_slope"]["value"]
    intercept = data["lines"]["calibration_intercept"]["value"]
    if slope is not None and intercept is not None:
        said = (min(data["prediction"]), max(data["prediction"]))
        axes.plot(
            [intercept + slope * value for value in said],
            said,
            color=canvas.ORANGE,
            linewidth=1.2,
            linestyle=canvas.DASHES[1],
            label="Fitted: measured, given the prediction",
        )
        canvas.legend_above(axes)
    axes.plot(data["reference"], data["prediction"], **marks.POINTS)
    axes.set(xlabel=f"Measured {marks.named(data)}", ylabel=f"Predicted {marks.named(data)}")
    return figure
