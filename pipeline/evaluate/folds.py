"""How far the folds of a cross-validation differ: each was predicted by a network of its own."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pipeline.contracts.metrics import Folds
from pipeline.contracts.predictions import FOLD
from pipeline.tasks.contract import Labels, View
from pipeline.tasks.measured import Json
from pipeline.tasks.registry import Task

FEWEST = 2  # values, for a spread


def of_view(view: View, values: Labels, task: Task) -> Json:
    """The leading metric of each fold of the view, and how far the folds differ, as in metrics.json.

    `values` has the number of the fold of each row of the view. The standard deviation describes these folds:
    their networks share patients, so it is no error of the mean (Bengio & Grandvalet 2004).
    """
    names = sorted(set(values), key=int)
    metrics = [
        task.measures.group_metric(view, np.asarray(values == name, dtype=np.bool_), f"{FOLD}={name}")
        for name in names
    ]
    known = np.array([metric["value"] for metric in metrics if metric["value"] is not None], dtype=np.float64)
    several = known.size >= FEWEST
    return {
        "part": view.part,
        "unit": view.unit,
        "metric": metrics[0]["id"],
        "metrics": metrics,
        "mean": float(known.mean()) if several else None,
        "sd": float(known.std(ddof=1)) if several else None,
        "lowest": float(known.min()) if several else None,
        "highest": float(known.max()) if several else None,
    }


def lines(folds: Iterable[Folds]) -> tuple[str, ...]:
    """What the terminal says of the folds, one line a part."""
    return tuple(_line(each) for each in folds)


def _line(folds: Folds) -> str:
    count, told = len(folds.metrics), folds.estimated
    what = f"{folds.part}: {folds.metric} of {told} of {count} folds"
    if folds.mean is None:
        return f"{what}, too few to show a spread"
    return (
        f"{what} from {folds.lowest:.3f} to {folds.highest:.3f}, mean {folds.mean:.3f}, SD {folds.sd:.3f}. "
        "The numbers are of a way to train, not of one network; as a rule their intervals are too narrow"
    )
