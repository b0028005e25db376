"""Differences over means (Bland & Altman 1986), with bias and limits of agreement."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from pipeline.page import canvas
from pipeline.tasks.regression.figures import marks


def draw(data: dict[str, Any]) -> Figure:
    """The chart of `{reference, prediction, lines: {bias, limit_low, limit_high}}`."""
    figure, (axes,) = canvas.new(canvas.HALF)
    pairs = list(zip(data["prediction"], data["reference"], strict=True))
    differences = [said - truth for said, truth in pairs]
    lines = data["lines"]
    axes.axhline(0, color=canvas.MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
    marks.level(axes, lines["limit_high"], "upper limit", dashed=True)
    marks.level(axes, lines["bias"], "bias", dashed=False)
    marks.level(axes, lines["limit_low"], "lower limit", dashed=True)
    axes.plot([(said + truth) / 2 for said, truth in pairs], differences, **marks.POINTS)
    known = [lines[name][end] for name in lines for end in ("value", "low", "high")]
    low, high = marks.span(differences, [value for value in known if value is not None])
    unit = str(data["in_unit"]).strip()
    axes.set(
        ylim=(low, high),
        xlabel=f"Mean of both, {marks.named(data)}",
        ylabel=f"Predicted − measured{f' ({unit})' if unit else ''}",
    )
    return figure
