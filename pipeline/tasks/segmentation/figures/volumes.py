"""Differences of volumes over their means (Bland & Altman 1986), a panel a structure."""

from __future__ import annotations

import math
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from pipeline.page import canvas
from pipeline.tasks.regression.figures import marks

COLUMNS: Final = 3
_ROW_INCHES: Final = 3.3


def draw(data: dict[str, Any]) -> Figure:
    """The charts of `{panels: [{label, reference, prediction, lines: {bias, limit_low, limit_high}}]}`."""
    panels = data["panels"]
    columns = min(COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(canvas.FULL[0], _ROW_INCHES * rows), layout="constrained")
    FigureCanvasSVG(figure)
    axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for unused in axes[len(panels) :]:
        unused.set_axis_off()
    for each, panel in zip(axes, panels, strict=False):
        _draw(each, panel)
    return figure


def _draw(axes: Axes, panel: dict[str, Any]) -> None:
    pairs = list(zip(panel["prediction"], panel["reference"], strict=True))
    differences = [said - truth for said, truth in pairs]
    lines = panel["lines"]
    axes.axhline(0, color=canvas.MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
    marks.level(axes, lines["limit_high"], "upper", dashed=True)
    marks.level(axes, lines["bias"], "bias", dashed=False)
    marks.level(axes, lines["limit_low"], "lower", dashed=True)
    axes.plot([(said + truth) / 2 for said, truth in pairs], differences, **marks.POINTS)
    known = [lines[name][end] for name in lines for end in ("value", "low", "high")]
    axes.set_title(panel["label"])
    axes.set(ylim=marks.span(differences, [value for value in known if value is not None]))
    axes.set(xlabel="Mean of both (mL)", ylabel="Marked − true (mL)")
