"""The ROC curve of each finding: the reported part with its band, validation, the threshold as a cross."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from pipeline.page import canvas
from pipeline.tasks.classification.figures.roc import cross
from pipeline.tasks.multilabel.figures.panels import findings, panels


def draw(data: dict[str, Any]) -> Figure:
    """The charts of curves `{part, class, x, y, low, high}` and points of sensitivity and specificity."""
    names = findings(data["curves"])
    figure, axes = panels(names)
    for each, name in zip(axes, names, strict=True):
        each.plot([0, 1], [0, 1], color=canvas.MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
        of_finding = [curve for curve in data["curves"] if curve["class"] == name]
        canvas.curves(each, of_finding, step=True)
        cross(each, data["points"][name])
        canvas.unit_square(each, "1 − specificity", "Sensitivity")
    return figure
