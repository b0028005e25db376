"""What the terminal says about metrics.json."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pipeline.evaluate.measure import CHOICES_PART
from pipeline.evaluate.side_by_side import MODELS
from pipeline.tasks.measured import Json


def lines(metrics: Json, shown: Collection[str]) -> tuple[str, ...]:
    """The `shown` metrics of every part but validation, one a line; of several models, all and the pairs."""
    others = metrics.get("models", [])
    if not others:
        return tuple(_headline(metrics["metrics"], "", shown))
    sentences = _headline(metrics["metrics"], f"{metrics['model']}, ", shown)
    for other in others:
        sentences += _headline(other["metrics"], f"{other['model']}, ", shown)
    pairs = [entry for entry in metrics["comparisons"] if entry["family"].endswith(MODELS)]
    return (*sentences, *(_difference(entry) for entry in pairs if entry["unit"] == metrics["unit"]))


def _headline(metrics: Sequence[Json], before: str, shown: Collection[str]) -> list[str]:
    headline: dict[tuple[str, str], Json] = {}
    for metric in metrics:
        if metric["class"] is None and metric["group"] is None and metric["part"] != CHOICES_PART:
            headline.setdefault((metric["part"], metric["id"]), metric)
    return [
        f"{before}{part}: {name} {_number(metric)}"
        for (part, name), metric in headline.items()
        if name in shown
    ]


def _difference(entry: Json) -> str:
    """The difference of a pair, its interval and its p, or the reason why there is none."""
    what = f"{entry['part']}: {entry['metric']}, {entry['b']} less {entry['a']}:"
    if entry["difference"] is None:
        return f"{what} {entry['reason']}"
    interval = "" if entry["low"] is None else f" ({entry['low']:+z.3f} to {entry['high']:+z.3f})"
    p = "" if entry["p"] is None else f", p {_p(entry['p'])}"
    corrected = f" ({_p(entry['p_holm'])} by Holm)" if p and entry["p_holm"] != entry["p"] else ""
    return f"{what} {entry['difference']:+z.3f}{interval}{p}{corrected}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _number(metric: Json) -> str:
    """Value, interval and what it rests on, or the reason why there is none."""
    if metric["value"] is None:
        return str(metric["reason"])
    interval = "" if metric["low"] is None else f" ({metric['low']:.3f} to {metric['high']:.3f})"
    if metric.get("denominator") is not None:
        counted = f"{metric['numerator']} of {metric['denominator']} {metric['unit']}s"
        return f"{metric['value']:.3f}{interval}, {counted}"
    return f"{metric['value']:.3f}{interval}, {metric['patients']} patients"
