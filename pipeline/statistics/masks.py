"""How well a predicted mask agrees with the true one: overlap, borders, volumes, and what the case is.

A mask is an array of flags `(slices, rows, columns)` or `(rows, columns)`; a spacing is in millimetres, a
number an axis. Conventions (Maier-Hein & Reinke 2024, Nat Methods 21:195): nothing is dropped. A
structure that was missed has Dice 0, NSD 0 and, as its distances, the diagonal of the image; one that isn't
there has no Dice, whatever was predicted, and is counted apart, the invented volume with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy.ndimage import label

from pipeline.statistics.surfaces import distances, joint_box
from pipeline.statistics.vectors import Flags

Situation = Literal["both", "missed", "invented", "neither"]
"""Which of truth and prediction hold the structure: both, the truth alone, the prediction alone, neither."""
MM3_PER_ML: Final = 1000.0


@dataclass(frozen=True)
class Agreement:
    """One structure of one case: what the case is, and its numbers; None where the truth holds nothing.

    `false_components` counts the connected pieces of the prediction (over faces) without a true voxel:
    a stray one far away leaves HD95 where it is.
    """

    situation: Situation
    dice: float | None
    hd95_mm: float | None
    hd_mm: float | None
    nsd: float | None
    volume_truth_ml: float
    volume_predicted_ml: float
    false_components: int


def agreement(
    truth: Flags, prediction: Flags | None, *, spacing_mm: Sequence[float], tolerance_mm: float
) -> Agreement:
    """How one predicted mask agrees with the true one; no prediction at all counts as an empty one.

    Raises ValueError when the two differ in shape, or the spacing has another number of axes.
    """
    spacing = tuple(float(size) for size in spacing_mm)
    predicted = np.zeros_like(truth) if prediction is None else prediction
    if truth.shape != predicted.shape or truth.ndim != len(spacing):
        raise ValueError(
            f"expected two masks of one shape and a spacing for each axis, received {truth.shape}, "
            f"{predicted.shape} and {spacing}"
        )
    held = situation(truth, predicted)
    volumes = volume_ml(truth, spacing), volume_ml(predicted, spacing)
    pieces = false_components(truth, predicted)
    if held in ("invented", "neither"):
        return Agreement(held, None, None, None, None, *volumes, pieces)
    if held == "missed":
        far = diagonal_mm(truth.shape, spacing)
        return Agreement(held, 0.0, far, far, 0.0, *volumes, pieces)
    between = distances(truth, predicted, spacing)
    return Agreement(
        held,
        dice(truth, predicted),
        between.robust_hausdorff(),
        between.hausdorff(),
        between.share_within(tolerance_mm),
        *volumes,
        pieces,
    )


def situation(truth: Flags, prediction: Flags) -> Situation:
    """Which of the two masks hold a voxel."""
    if truth.any():
        return "both" if prediction.any() else "missed"
    return "invented" if prediction.any() else "neither"


def dice(truth: Flags, prediction: Flags) -> float:
    """Twice the common voxels by the voxels of both, in [0, 1]; nan for two empty masks."""
    both = int(np.count_nonzero(truth)) + int(np.count_nonzero(prediction))
    return 2 * int(np.count_nonzero(truth & prediction)) / both if both else math.nan


def volume_ml(mask: Flags, spacing_mm: Sequence[float]) -> float:
    """The volume of the mask's voxels in millilitres; of a picture, with a voxel 1 mm thick."""
    return float(np.count_nonzero(mask) * math.prod(spacing_mm) / MM3_PER_ML)


def diagonal_mm(shape: Sequence[int], spacing_mm: Sequence[float]) -> float:
    """The diagonal of an image, from edge to edge: what no distance within it exceeds."""
    return math.hypot(*(count * size for count, size in zip(shape, spacing_mm, strict=True)))


def false_components(truth: Flags, prediction: Flags) -> int:
    """How many connected pieces of the prediction, over faces, hold no voxel of the truth."""
    box = joint_box(prediction)
    pieces, count = label(prediction[box])
    touched = np.unique(pieces[truth[box]])
    return int(count - np.count_nonzero(touched))
