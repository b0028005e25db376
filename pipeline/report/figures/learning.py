"""Loss and metric after each epoch, training and validation, with the epoch that was kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from pipeline.page import canvas


def draw(data: dict[str, Any]) -> Figure:
    """The chart of `{runs: [{epoch, …}], best_epoch, panels: [{label, lines: [[name, label]], range}]}`."""
    figure, panels = canvas.new((9.3, 3.0), len(data["panels"]))
    for axes, panel in zip(panels, data["panels"], strict=True):
        _lines(axes, data, panel["lines"])
        axes.set(ylabel=panel["label"], ylim=tuple(panel["range"]))
        canvas.legend_above(axes)
    return figure


def _lines(axes: Any, data: dict[str, Any], lines: Sequence[Sequence[str]]) -> None:
    styles = (
        (canvas.BLUE, canvas.DASHES[0]),
        (canvas.ORANGE, canvas.DASHES[1]),
        (canvas.CYCLE[2], canvas.DASHES[3]),
    )
    several = len(data["runs"]) > 1
    for (name, label), (color, dashes) in zip(lines, styles, strict=False):
        for number, run in enumerate(data["runs"]):
            if name in run:
                axes.plot(
                    run["epoch"],
                    run[name],
                    color=color,
                    linestyle=dashes,
                    linewidth=0.9 if several else None,
                    label=label if number == 0 else None,
                )
    if data.get("best_epoch") is not None:
        axes.axvline(data["best_epoch"], color=canvas.MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
        axes.text(
            data["best_epoch"],
            1.0,
            " kept",
            transform=axes.get_xaxis_transform(),
            color=canvas.MUTED,
            fontsize=8.5,
            va="top",
        )
    axes.set(xlabel="Epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
