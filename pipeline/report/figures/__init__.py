"""The charts of the report: data in, an SVG element out. One file a chart, one entry below.

`draw(data)` of each file gives a matplotlib figure from the data that report.json holds under the
same name, and from nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure

from pipeline.report.figures import (
    canvas,
    decision,
    learning,
    precision_recall,
    reliability,
    roc,
    shifts,
    thousand,
)

__all__ = ["FIGURES", "chart"]

Draw = Callable[[dict[str, Any]], Figure]

FIGURES: dict[str, Draw] = {
    "decision": decision.draw,
    "learning": learning.draw,
    "precision_recall": precision_recall.draw,
    "reliability": reliability.draw,
    "roc": roc.draw,
    "shifts": shifts.draw,
    "thousand": thousand.draw,
}


def chart(name: str, data: dict[str, Any]) -> str:
    """The chart `name` as an SVG element; the same data give the same bytes."""
    with canvas.look():
        return canvas.svg(FIGURES[name](data), name)
