"""Small charts of like kind side by side, one a finding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from pipeline.page import canvas

COLUMNS = 4
_SIDE_INCHES = 2.9


def panels(names: Sequence[str]) -> tuple[Figure, list[Axes]]:
    """An empty square chart for each name, four in a row at most, with the name above it."""
    columns = min(COLUMNS, max(len(names), 2))
    rows = math.ceil(len(names) / columns)
    figure = Figure(figsize=(_SIDE_INCHES * columns, (_SIDE_INCHES + 0.35) * rows), layout="constrained")
    FigureCanvasSVG(figure)
    axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for unused in axes[len(names) :]:
        unused.set_axis_off()
    for each, name in zip(axes, names, strict=False):
        each.set_title(name)
    return figure, axes[: len(names)]


def findings(curves: Sequence[dict[str, Any]]) -> list[str]:
    """The findings that have a curve in the reported part, in their order."""
    return list(dict.fromkeys(str(curve["class"]) for curve in canvas.reported(curves)))
