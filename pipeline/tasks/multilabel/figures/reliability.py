"""Observed shares against predicted probabilities, finding by finding."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from pipeline.tasks.classification.figures.reliability import bins
from pipeline.tasks.multilabel.figures.panels import findings, panels


def draw(data: dict[str, Any]) -> Figure:
    """The charts of `{class, stage, bins: [{mean, observed, low, high, n}]}`."""
    names = findings(data["curves"])
    figure, axes = panels(names)
    for each, name in zip(axes, names, strict=True):
        bins(each, [curve for curve in data["curves"] if curve["class"] == name])
    return figure
