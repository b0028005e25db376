"""What the terminal says about metrics.json."""

from __future__ import annotations

from pipeline.evaluate.measure import CHOICES_PART
from pipeline.evaluate.view import Json

SHOWN = ("auroc", "macro_auroc", "sensitivity", "specificity", "accuracy")


def lines(metrics: Json) -> tuple[str, ...]:
    """The headline metrics of every part but validation, one a line."""
    headline: dict[tuple[str, str], Json] = {}
    for metric in metrics["metrics"]:
        if metric["class"] is None and metric["group"] is None and metric["part"] != CHOICES_PART:
            headline.setdefault((metric["part"], metric["id"]), metric)
    return tuple(
        f"{part}: {name} {_told(metric)}" for (part, name), metric in headline.items() if name in SHOWN
    )


def _told(metric: Json) -> str:
    """Value, interval and patients, or the reason why there is none."""
    if metric["value"] is None:
        return str(metric["reason"])
    interval = "" if metric["low"] is None else f" ({metric['low']:.3f} to {metric['high']:.3f})"
    return f"{metric['value']:.3f}{interval}, {metric['patients']} patients"
