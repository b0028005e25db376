"""The overlap of every patient as a dot, a line a structure, with the mean and its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.figure import Figure

from pipeline.page import canvas

_LINE_INCHES: Final = 0.62
_STARTS: Final = (0.75, 0.5, 0.0)  # where an axis to 1 has five round parts
_LEVELS: Final = 5  # heights that neighbouring dots take in turn, so that equal ones stay apart


def draw(data: dict[str, Any]) -> Figure:
    """The chart of `{rows: [{label, values, fact}]}`, values rising."""
    rows = data["rows"]
    figure, (axes,) = canvas.new((canvas.FULL[0], 0.9 + _LINE_INCHES * len(rows)))
    for place, row in enumerate(rows):
        heights = [place + 0.1 + 0.09 * (number % _LEVELS) for number in range(len(row["values"]))]
        axes.plot(
            row["values"], heights, "o", color=canvas.BLUE, markersize=4.5, alpha=0.7, markeredgewidth=0
        )
        fact = row["fact"]
        if fact["low"] is not None:
            axes.plot([fact["low"], fact["high"]], [place - 0.16] * 2, color=canvas.ORANGE, linewidth=2.4)
        if fact["value"] is not None:
            axes.plot([fact["value"]], [place - 0.16], "D", color=canvas.ORANGE, markersize=6)
    start = _start(rows)
    axes.set(
        xlim=(start - 0.02 * (1 - start), 1 + 0.02 * (1 - start)),
        ylim=(len(rows) - 0.3, -0.5),
        xlabel="Dice",
        xticks=[start + (1 - start) * fifth / 5 for fifth in range(6)],
    )
    axes.set_yticks(range(len(rows)), [row["label"] for row in rows])
    axes.grid(visible=True, axis="x")
    return figure


def _start(rows: Sequence[Mapping[str, Any]]) -> float:
    """Where the axis begins: as far up as all values and intervals allow."""
    known = [value for row in rows for value in (*row["values"], row["fact"]["low"]) if value is not None]
    return next(start for start in _STARTS if start <= min(known, default=0.0))
