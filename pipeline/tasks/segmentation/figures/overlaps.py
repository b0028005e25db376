"""The overlap of every patient as a dot, a line a structure, with the mean and its interval."""

from __future__ import annotations

from typing import Any, Final

from matplotlib.figure import Figure

from pipeline.page import canvas

_LINE_INCHES: Final = 0.62
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
    axes.set(
        xlim=(-0.02, 1.02),
        ylim=(len(rows) - 0.3, -0.5),
        xlabel="Dice",
        xticks=[0, 0.2, 0.4, 0.6, 0.8, 1],
    )
    axes.set_yticks(range(len(rows)), [row["label"] for row in rows])
    axes.grid(visible=True, axis="x")
    return figure
