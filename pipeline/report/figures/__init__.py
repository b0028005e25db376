"""The charts that every task has: data in, an SVG element out. One file a chart, one entry below.

`draw(data)` of each file gives a matplotlib figure from the data that report.json holds under the
same name, and from nothing else; a task's page names those of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from pipeline.page import canvas
from pipeline.report.figures import learning, robustness
from pipeline.tasks.modules import Page
from pipeline.tasks.modules.page import Draw

__all__ = ["FIGURES", "chart", "figures_of"]

FIGURES: Final[dict[str, Draw]] = {"learning": learning.draw, "robustness": robustness.draw}


def figures_of(page: Page) -> Mapping[str, Draw]:
    """The charts that the page of a task may show, by name."""
    return {**FIGURES, **page.FIGURES}


def chart(page: Page, name: str, data: dict[str, Any]) -> str:
    """The chart `name` as an SVG element; the same data give the same bytes."""
    return _drawn(figures_of(page)[name], name, json.dumps(data))


@lru_cache(maxsize=64)
def _drawn(draw: Draw, name: str, data: str) -> str:
    """The chart of the data as report.json holds them, drawn once for the page and for the file beside it."""
    with canvas.look():
        return canvas.svg(draw(json.loads(data)), name)
