"""Net benefit of acting on the model, on everybody, on nobody, over the threshold probability."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from pipeline.page import canvas


def draw(data: dict[str, Any]) -> Figure:
    """The chart of the curve `{x, y, low, high, treat_all}`."""
    figure, (axes,) = canvas.new((9.3, 3.1))
    curve = canvas.reported(data["curves"])[0]
    if curve.get("low"):
        axes.fill_between(
            curve["x"],
            canvas.numbers(curve["low"]),
            canvas.numbers(curve["high"]),
            color=canvas.PALE_BLUE,
            linewidth=0,
        )
    axes.plot(curve["x"], canvas.numbers(curve["y"]), color=canvas.BLUE, label="Act on the model")
    axes.plot(
        curve["x"],
        canvas.numbers(curve["treat_all"]),
        color=canvas.ORANGE,
        linestyle=canvas.DASHES[1],
        label="Act on everybody",
    )
    axes.axhline(0, color=canvas.INK, linewidth=1, linestyle=canvas.DASHES[2], label="Act on nobody")
    top = max(value for value in [*curve["high"], *curve["y"]] if value is not None)
    axes.set(xlim=(min(curve["x"]), max(curve["x"])), ylim=(-0.15 * top, 1.05 * top))
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.set(xlabel="Threshold probability: how sure one must be to act", ylabel="Net benefit per patient")
    canvas.legend_above(axes)
    return figure
