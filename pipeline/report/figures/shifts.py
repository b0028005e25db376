"""Change of the score, and share of changed decisions, over the shift of the image."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from pipeline.page import canvas


def draw(data: dict[str, Any]) -> Figure:
    """The chart of points `{pixels, change, change_low, change_high, flipped, flipped_low, flipped_high}`.

    Where nothing is decided `flipped` is None, and its half is left out.
    """
    decides = all(point["flipped"] is not None for point in data["points"])
    figure, axes = canvas.new((9.3, 2.9), 2 if decides else 1)
    unit = f" in {data['measured_in']}" if data["measured_in"] else ""
    _band(axes[0], data, "change")
    axes[0].set(ylabel=f"Mean |change of the score|{unit}")
    if decides:
        _band(axes[1], data, "flipped")
        axes[1].set(ylabel="Share of changed decisions")
    return figure


def _band(axes: Any, data: dict[str, Any], key: str) -> None:
    points = [point for point in data["points"] if point["pixels"] > 0]
    x = [point["pixels"] for point in points]
    low = [point[key] if point[f"{key}_low"] is None else point[f"{key}_low"] for point in points]
    high = [point[key] if point[f"{key}_high"] is None else point[f"{key}_high"] for point in points]
    axes.fill_between([0, *x], [0, *low], [0, *high], color=canvas.PALE_BLUE, linewidth=0)
    axes.plot([0, *x], [0, *(point[key] for point in points)], "o-", color=canvas.BLUE, markersize=3.8)
    axes.set(xlim=(0, max(x)), ylim=(0, max(1.1 * max(high), 0.02)), xlabel="Shift in pixels", xticks=[0, *x])
    axes.grid(visible=True, axis="y")
    if 1 < data["stride_pixels"] <= max(x):
        axes.axvline(data["stride_pixels"], color=canvas.MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
    if data["mm_per_pixel"]:
        scale = data["mm_per_pixel"]
        top = axes.secondary_xaxis("top", functions=(lambda pixels: pixels * scale, lambda mm: mm / scale))
        top.set_xlabel("Shift in mm")
        top.spines["top"].set_visible(True)
