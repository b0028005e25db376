"""Differences of volumes over their means (Bland & Altman 1986), a panel a structure."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from pipeline.page import canvas
from pipeline.tasks.multilabel.figures.panels import panels
from pipeline.tasks.regression.figures import marks


def draw(data: dict[str, Any]) -> Figure:
    """The charts of `{panels: [{label, reference, prediction, lines: {bias, limit_low, limit_high}}]}`."""
    figure, axes = panels([panel["label"] for panel in data["panels"]])
    for each, panel in zip(axes, data["panels"], strict=True):
        pairs = list(zip(panel["prediction"], panel["reference"], strict=True))
        differences = [said - truth for said, truth in pairs]
        lines = panel["lines"]
        each.axhline(0, color=canvas.MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
        marks.level(each, lines["limit_high"], "upper", dashed=True)
        marks.level(each, lines["bias"], "bias", dashed=False)
        marks.level(each, lines["limit_low"], "lower", dashed=True)
        each.plot([(said + truth) / 2 for said, truth in pairs], differences, **marks.POINTS)
        known = [lines[name][end] for name in lines for end in ("value", "low", "high")]
        each.set(ylim=marks.span(differences, [value for value in known if value is not None]))
        each.set(xlabel="Mean of both (mL)", ylabel="Marked − true (mL)")
    return figure
