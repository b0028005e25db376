"""Tables of predictions of a segmentation with a known make-up: overlaps, distances and volumes of structures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.tasks.segmentation.predictions import MEASURED

NAMES = ("anterior", "posterior")
DIAGONAL = 90.0


def cells(
    dice: float | None, volume: float = 3.0, said: float | None = None, *, hd95: float | None = None
) -> dict[str, str]:
    """The cells of a structure: `dice` None where the reference lacks it, and `said` the predicted volume."""
    said = (volume if dice is None or dice > 0 else 0.0) if said is None else said
    if dice is None:
        numbers: tuple[Any, ...] = ("", "", "", "", 0, said, int(said > 0))
    elif not said:
        numbers = (0, DIAGONAL, DIAGONAL, 0, volume, 0, 0)
    else:
        distance = 10 * (1 - dice) if hd95 is None else hd95
        numbers = (dice, distance, 1.5 * distance, dice**2, volume, said, 0)
    return {"truth": "0" if dice is None else "1", "predicted": "1" if said else "0"} | {
        name: number if isinstance(number, str) else f"{number:.9g}"
        for name, number in zip(MEASURED, numbers, strict=True)
    }


UNKNOWN: dict[str, str] = {"truth": "", "predicted": "1"} | dict.fromkeys(MEASURED, "") | {
    "volume_predicted_ml": "2.5", "false_components": "1",
}  # fmt: skip
"""The cells of a structure of which there is no mask."""


def row(case: str, patient: str, *structures: dict[str, str], **more: str) -> dict[str, str]:
    """A row of the table with the cells of each structure."""
    named = {
        f"{column}_{name}": cell
        for name, each in zip(NAMES, structures, strict=False)
        for column, cell in each.items()
    }
    return (
        {"case_id": case, "patient_id": patient, "part": "test", "status": "ok", "reason": ""} | named | more
    )


def frame(rows: Sequence[dict[str, str]]) -> pd.DataFrame:
    """The rows as a table of text."""
    return pd.DataFrame(list(rows), dtype=str).fillna("")


def drawn(patients: int = 40, cases: int = 1, *, seed: int = 0, better_by: float = 0.0) -> pd.DataFrame:
    """Patients with both structures or, each tenth, without the posterior one; some are missed or invented."""
    generator = np.random.default_rng(seed)
    rows = []
    for index in range(patients * cases):
        patient = index // cases
        first = float(np.clip(generator.beta(18, 2) + better_by, 0, 1))
        second = float(np.clip(generator.beta(9, 3) + better_by, 0, 1))
        volumes = generator.uniform(1, 4, 2)
        said = volumes * generator.normal(1.05, 0.1, 2).clip(0.5, 2)
        if patient % 10 == 9:
            posterior = cells(None, said=float(patient % 20 == 9))
        elif patient % 13 == 5:
            posterior = cells(0.0, volumes[1], 0.0)
        else:
            posterior = cells(second, volumes[1], said[1])
        rows.append(
            row(
                f"case{index:04d}", f"patient{patient:03d}", cells(first, volumes[0], said[0]), posterior,
                by_site="AB"[patient % 2],
            )
        )  # fmt: skip
    return frame(rows)
