"""The look of all charts, and charts as SVG that can stand inside a page.

Restrained on purpose: two colours that differ in greyscale and for every kind of colour vision, each
with its own line style; hairline axes; no frame, no grid but where values must be read off.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from pipeline.records import EXTERNAL

INK = "#1f2933"
MUTED = "#66727f"
BLUE = "#0b5394"  # the reported part, the candidate
ORANGE = "#c2570c"  # the validation part, the champion
PALE_BLUE = "#bcd3e8"
PALE_ORANGE = "#f3d3b8"
CYCLE = (BLUE, ORANGE, "#3f7f5f", "#7a4f9a", "#8a6d1f", "#b03060", "#4a6fa5", "#5b5b5b")
DASHES: tuple[str | tuple[int, tuple[int, ...]], ...] = ("-", (0, (5, 2)), (0, (1, 1)), (0, (6, 2, 1, 2)))
BESIDE = {EXTERNAL: (CYCLE[2], DASHES[3]), "validation": (ORANGE, DASHES[1])}
"""Colour and line of the parts that are shown beside the reported one."""

HALF = (4.55, 3.9)  # inches, a chart that shares a row
FULL = (9.3, 3.3)

_RC = {
    "svg.hashsalt": "scanloom",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.7,
    "axes.labelcolor": INK,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#e6eaee",
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "text.color": INK,
}
_OUTSIDE = re.compile(
    r"\s*<metadata>.*?</metadata>|<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<style.*?</style>|\sxmlns(:\w+)?=\"[^\"]*\"",
    re.S,
)
_FONT_FAMILY = re.compile(r"font-family: [^;]*; ?")
_IDENTIFIER = re.compile(r'\sid="([^"]+)"')
_REFERENCE = re.compile(r'(url\(#|href="#)([^")]+)')
_SIZE = re.compile(r'\s(?:width|height)="[\d.]+pt"')


def look() -> AbstractContextManager[None]:
    """The context in which a chart must be drawn and written to have this look."""
    return mpl.rc_context(_RC)


def new(
    size: tuple[float, float], columns: int = 1, width_ratios: Sequence[float] | None = None
) -> tuple[Figure, list[Axes]]:
    """An empty chart of `size` inches with axes side by side."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasSVG(figure)
    grid = figure.subplots(1, columns, squeeze=False, width_ratios=width_ratios)
    return figure, list(grid[0])


def unit_square(axes: Axes, x_label: str, y_label: str) -> None:
    """Makes both axes run from 0 to 1 at one scale, with a light grid."""
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=x_label, ylabel=y_label, aspect="equal")
    ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
    axes.set_xticks(ticks)
    axes.set_yticks(ticks)
    axes.grid(visible=True)


def legend_above(axes: Axes, *, columns: int = 3) -> None:
    """Puts the legend over the chart, where it can't hide data."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.01),
        borderaxespad=0,
        ncols=columns,
        columnspacing=1.3,
        handlelength=2.4,
    )


def curves(axes: Axes, stored: Sequence[dict[str, Any]], *, step: bool) -> None:
    """Draws curves `{part, class, x, y, low, high}`: bands of the reported part below, then the lines."""
    style = "steps-post" if step else "default"
    shown = reported(stored)
    for curve in shown if len(shown) == 1 else []:
        if curve.get("low"):
            axes.fill_between(
                curve["x"],
                numbers(curve["low"]),
                numbers(curve["high"]),
                color=PALE_BLUE,
                linewidth=0,
                step="post" if step else None,
            )
    beside = [curve for curve in stored if curve not in shown] if len(shown) == 1 else []
    for curve in beside:
        color, dashes = BESIDE[curve["part"]]
        axes.plot(
            curve["x"],
            numbers(curve["y"]),
            color=color,
            linestyle=dashes,
            linewidth=1.2,
            label=_named(curve, stored),
            drawstyle=style,
        )
    for index, curve in enumerate(shown):
        label = _named(curve, stored) if len(shown) == 1 else str(curve["class"])
        axes.plot(
            curve["x"],
            numbers(curve["y"]),
            color=CYCLE[index % len(CYCLE)],
            linestyle=DASHES[index % len(DASHES)],
            label=label,
            drawstyle=style,
        )


def reported(stored: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The curves of the reported part, without those of validation and of another source beside it."""
    tested = [curve for curve in stored if curve["part"] != "validation"]
    return [curve for curve in tested if curve["part"] != EXTERNAL] or tested


def has_external(stored: Sequence[dict[str, Any]]) -> bool:
    """Whether the curve of another source stands beside that of the reported part."""
    return len({curve["part"] for curve in stored} - {"validation"}) > 1


def _named(curve: dict[str, Any], stored: Sequence[dict[str, Any]]) -> str:
    """The part of a curve, and on how many it rests where the parts are of different people."""
    part = str(curve["part"]).capitalize()
    votes = curve["cases"] if curve.get("unit") == "case" else curve.get("patients")
    return f"{part}, n = {votes:,}" if has_external(stored) and votes else part


def numbers(values: Sequence[float | None]) -> list[float]:
    """Values to draw: what is missing leaves a gap."""
    return [math.nan if value is None else value for value in values]


def svg(figure: Figure, name: str) -> str:
    """The chart as an SVG element for a page: same chart, same bytes; no address, date or font inside.

    Text stays text in the font of the page. Identifiers begin with `name`, so that charts don't meet.
    """
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = _FONT_FAMILY.sub("", _OUTSIDE.sub("", stream.getvalue()))
    head, _, body = text.partition(">")
    return f'{_SIZE.sub("", head).strip()} aria-hidden="true">{_prefixed_identifiers(body, name)}'.rstrip()


def _prefixed_identifiers(text: str, name: str) -> str:
    used = {match[2] for match in _REFERENCE.finditer(text)}
    kept = _IDENTIFIER.sub(lambda match: f' id="{name}-{match[1]}"' if match[1] in used else "", text)
    return _REFERENCE.sub(lambda match: f"{match[1]}{name}-{match[2]}", kept)
