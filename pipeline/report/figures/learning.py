"""Loss and metric after each epoch, training and validation, with the epoch that was kept."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from pipeline.report.figures import canvas


def draw(data: dict[str, Any]) -> Figure:
    """The chart of `{epoch, best_epoch, loss, val_loss, accuracy, val_accuracy, val_auroc}`."""
    figure, (loss, metric) = canvas.new((9.3, 3.0), 2)
    _lines(loss, data, {"loss": ("Training", 0), "val_loss": ("Validation", 1)})
    loss.set(ylabel="Loss (cross-entropy)", ylim=(0, None))
    _lines(
        metric,
        data,
        {
            "accuracy": ("Training", 0),
            "val_accuracy": ("Validation", 1),
            "val_auroc": ("Validation AUROC", 2),
        },
    )
    metric.set(ylabel="Accuracy, AUROC", ylim=(None, 1.0))
    for axes in (loss, metric):
        canvas.legend_above(axes)
    return figure


def _lines(axes: Any, data: dict[str, Any], names: dict[str, tuple[str, int]]) -> None:
    styles = (
        (canvas.BLUE, canvas.DASHES[0]),
        (canvas.ORANGE, canvas.DASHES[1]),
        (canvas.CYCLE[2], canvas.DASHES[3]),
    )
    for name, (label, style) in names.items():
        if name in data:
            color, dashes = styles[style]
            axes.plot(data["epoch"], data[name], color=color, linestyle=dashes, label=label)
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
