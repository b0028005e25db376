"""What the charts of a regression share: axes of one scale, points, a line with its band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from pipeline.page import canvas
from pipeline.page.facts import shown_measure

POINTS: dict[str, Any] = {
    "linestyle": "",
    "marker": "o",
    "markersize": 4,
    "markerfacecolor": canvas.BLUE,
    "markeredgecolor": "white",
    "markeredgewidth": 0.5,
    "alpha": 0.75,
}


def named(data: Mapping[str, Any]) -> str:
    """The quantity with its unit, as an axis says it."""
    unit = str(data["in_unit"]).strip()
    return f"{data['quantity']} ({unit})" if unit else str(data["quantity"])


def span(*values: Sequence[float]) -> tuple[float, float]:
    """The smallest and the largest of all values, with a little room around."""
    every = [value for some in values for value in some]
    low, high = min(every), max(every)
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def diagonal(axes: Axes, ends: tuple[float, float]) -> None:
    """Makes both axes alike and draws the line on which both numbers are equal."""
    axes.plot(ends, ends, color=canvas.MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    axes.grid(visible=True)


def level(axes: Axes, fact: Mapping[str, Any], label: str, *, dashed: bool) -> None:
    """A horizontal line at a number, with the band of its interval and its value at the right edge."""
    if fact["value"] is None:
        return
    color = canvas.ORANGE if dashed else canvas.INK
    if fact["low"] is not None:
        axes.axhspan(
            fact["low"],
            fact["high"],
            color=canvas.PALE_ORANGE if dashed else "#d9dee3",
            alpha=0.6,
            linewidth=0,
        )
    axes.axhline(fact["value"], color=color, linewidth=1.2, linestyle=canvas.DASHES[1] if dashed else "-")
    axes.annotate(
        f"{label} {shown_measure(fact['value'])}",
        (1.0, fact["value"]),
        xycoords=("axes fraction", "data"),
        xytext=(-2, 3),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=8.5,
        color=color,
        bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.5},
        zorder=4,  # above the points, which a label must not share its place with
    )
