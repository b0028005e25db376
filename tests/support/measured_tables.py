"""A table of predictions, measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.config import Evaluate
from pipeline.evaluate import measure
from pipeline.tasks.classification import predictions
from pipeline.tasks.classification.answers import Frozen
from pipeline.tasks.registry import task_of

Json = dict[str, Any]


Write = Callable[..., Path]


PLAN = Evaluate(resamples=200)


def measured(path: Path, plan: Evaluate = PLAN, threshold: float = 0.5) -> Json:
    table = predictions.read(path)
    fixed = Frozen(threshold=threshold if len(table.classes) == 2 else None)
    return measure.measure(table, task_of("classification"), plan, fixed=fixed)


def one(found: Json, name: str, part: str = "test", **wanted: object) -> Json:
    wanted = {"group": None, "class": None, **wanted}
    return next(
        m
        for m in found["metrics"]
        if m["id"] == name and m["part"] == part and all(m[key] == value for key, value in wanted.items())
    )
