"""How good the net is on the validation part, after an epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.statistics.auroc import delong
from pipeline.statistics.multiclass import in_macro


@dataclass(frozen=True)
class Validation:
    """The class-weighted cross entropy, the accuracy, and the AUROC; None with a single class."""

    loss: float
    accuracy: float
    auroc: float | None


def measured(
    logits: NDArray[np.float64], targets: NDArray[np.int64], class_weights: NDArray[np.float64]
) -> Validation:
    """The measures of logits `(cases, classes)` against class indices `(cases,)`.

    Of more than two classes the AUROC is the mean of each class against the rest.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_shares = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    losses = -log_shares[np.arange(targets.size), targets]
    return Validation(
        loss=float(np.average(losses, weights=class_weights[targets])),
        accuracy=float(np.mean(logits.argmax(axis=1) == targets)),
        auroc=_auroc(log_shares, targets) if np.isfinite(log_shares).all() else math.nan,
    )


def _auroc(log_shares: NDArray[np.float64], targets: NDArray[np.int64]) -> float | None:
    classes = np.flatnonzero(in_macro(targets, log_shares.shape[1]))
    areas = [delong((targets == index).astype(np.int64), log_shares[:, index]).value for index in classes]
    return float(np.mean(areas)) if areas else None
