"""Insights of a network that never was: lungs with and without a nodule, heat, and what worse scans do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.contracts import robustness
from pipeline.evaluate.changes import CHANGES
from pipeline.writing import write_json


def write(
    folder: Path, generator: np.random.Generator, cases: pd.DataFrame, classes: tuple[str, ...]
) -> None:
    pictures: dict[str, np.ndarray] = {"filters": generator.normal(size=(16, 3, 3)).astype(np.float32)}
    row, column = np.mgrid[:64, :64]
    pictures["field"] = np.uint8(255 * np.exp(-((row - 32) ** 2 + (column - 32) ** 2) / 160))
    items = _gallery(pictures, generator, cases, classes)
    write_json(
        folder / "insights.json",
        {
            "schema": "insights/1",
            "seed": 1,
            "gallery": {
                "method": "grad_cam",
                "layer": "last_features",
                "items": items,
                "checks": {
                    "cases": len(items),
                    "correlation_with_shuffled": 0.21,
                    "drop_hottest": 0.42,
                    "drop_elsewhere": 0.06,
                },
            },
            "filters": {"layer": "first_convolution", "picture": "filters"},
            "field": {"picture": "field", "cases": 16, "effective_pixels": 23.4},
        },
    )
    robustness.FILE.write(folder, _robustness())
    np.savez_compressed(folder / "insights.npz", **pictures)


def _gallery(
    pictures: dict[str, np.ndarray],
    generator: np.random.Generator,
    cases: pd.DataFrame,
    classes: tuple[str, ...],
) -> list[dict[str, object]]:
    """The cases shown; their pictures are put beside the others."""
    kinds = (
        {"false_negative": 5, "false_positive": 6, "true_positive": 3, "true_negative": 3}
        if len(classes) == 2
        else {"error": 6, "hit": 3}
    )
    items = []
    for kind, number in kinds.items():
        for index in range(number):
            name = f"gallery_{len(items):03d}"
            pictures[name], pictures[f"{name}_heat"] = _slice(
                generator, nodule="positive" in kind or kind == "false_negative"
            )
            said = classes[1] if "positive" in kind else classes[0]
            truth = said if kind.startswith(("true", "hit")) else classes[1 - classes.index(said)]
            item = {
                "kind": kind,
                "case_id": cases["case_id"][len(items)],
                "patient_id": cases["patient_id"][len(items)],
                "truth": truth,
                "target": said,
                "score": 0.97 - 0.03 * index,
                "hidden": None,
                "picture": name,
                "window": [-1.8, 2.4],
                "slice": None,
                "reduced": 1,
                "mm_across": 0.78,
            }
            if kind == "false_positive" and index == 5:
                del pictures[name], pictures[f"{name}_heat"]
                item |= {
                    "hidden": "not an original image of the scanner; shown once a person has looked for it",
                    "picture": None,
                }
            items.append(item)
    return items


def _robustness() -> robustness.Robustness:
    unchanged = robustness.Point(0.0, 0.95, 0.91, 0.98, "", 0.0, 0.0, 0.06)
    curves = []
    for change in CHANGES:
        if change.volumes:
            curves.append(robustness.Curve(change.key, change.unit, reason="an image has no slices"))
            continue
        points = [
            robustness.Point(level, 0.95 - 0.03 * step, 0.9 - 0.04 * step, 0.98 - 0.02 * step, "",
                             0.02 * step, 0.01 * step, 0.05 + 0.03 * step)
            for step, level in enumerate(change.levels, start=1)
        ]  # fmt: skip
        curves.append(robustness.Curve(change.key, change.unit, tuple(points), change.levels[1], None))
    return robustness.Robustness(60, 200, "auroc", unchanged, tuple(curves), 0.95, 0.9, 2.7, (0.0, 1.0), 1)


def _slice(generator: np.random.Generator, *, nodule: bool) -> tuple[np.ndarray, np.ndarray]:
    """A body with two lungs, vessels and perhaps a nodule; heat around one place."""
    row, column = np.mgrid[:64, :64].astype(float)
    body = ((row - 33) / 25) ** 2 + ((column - 32) / 30) ** 2 < 1
    lungs = sum((((row - 32) / 17) ** 2 + ((column - middle) / 10) ** 2 < 1) for middle in (19, 45)) > 0
    image = 0.02 + 0.62 * body - 0.46 * lungs
    for _ in range(14):
        y, x = generator.uniform(18, 46), generator.choice([19, 45]) + generator.uniform(-8, 8)
        image += 0.25 * np.exp(-((row - y) ** 2 + (column - x) ** 2) / 1.6)
    y, x = generator.uniform(22, 42), generator.choice([19.0, 45.0]) + generator.uniform(-4, 4)
    image += nodule * 0.5 * np.exp(-((row - y) ** 2 + (column - x) ** 2) / 6)
    heat = np.exp(-((row - y) ** 2 + (column - x) ** 2) / 90)
    noisy = np.clip(image + generator.normal(0, 0.03, image.shape), 0, 1)
    return np.uint8(255 * noisy), np.uint8(255 * heat)
