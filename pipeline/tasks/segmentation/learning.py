"""How structures are learned: Dice and cross-entropy of every voxel, at several levels of the network.

Loss as in Isensee et al. 2021, Nat Methods 18:203. Bits become channels only inside the loss. A structure of
which a scan has no mask is unknown there: it is neither asked for nor held against the network.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from pipeline.config import Train
from pipeline.errors import DataError
from pipeline.tasks.contract import Loss, Overlaps, Validation, Weigh
from pipeline.tasks.segmentation.structures import ABSENT, PRESENT, UNKNOWN, Structures, cells_of

Tensor = Any
Cells = NDArray[np.int8]

_NOT_KNOWN: Final = -1
_CODES: Final = {PRESENT: 1, ABSENT: 0, UNKNOWN: _NOT_KNOWN}
_LEVEL: Final = 0.5
"""How much each coarser level of the network weighs, of the one before."""
_NEVER: Final = -1e9
"""The logarithm of a share that is none, finite so that its gradient is."""
_SMOOTH: Final = 1.0
"""Voxels in numerator and denominator of Dice: else a structure of a few voxels throws the loss about."""

Lacks = Callable[[Tensor], Tensor]
LACKS: Final[Mapping[str, Lacks]] = {"linear": lambda dice: 1.0 - dice, "log": lambda dice: -ops.log(dice)}
"""What a Dice lacks. The slope of 1 - Dice falls with the shares that a structure gets: of one that is few
voxels they fall first, as long as nothing tells it from the rest, and it stays forgotten. The logarithm's
slope is as steep there as anywhere (Wong 2018, arXiv 1809.00076)."""


def targets(values: Sequence[str], question: Structures) -> Cells:
    """The structures of each case, shape (cases, structures): 1 there, 0 not, -1 unknown."""
    rows = [[_CODES[cell] for cell in cells_of(value, question.names).values()] for value in values]
    return np.array(rows, dtype=np.int8).reshape(len(values), len(question.names))


def require(train: Cells, validation: Cells, question: Structures) -> None:
    """Nothing, if every structure can be learned, and one validated. Raises DataError."""
    for name, column in zip(question.names, train.T, strict=True):
        if not (column == 1).any():
            raise DataError(
                f"The training part has no scan with '{name}', so nothing can be learned about it. Raise "
                "`cohort.shares.train`, or mark it in more scans."
            )
    if not (validation == 1).any():
        raise DataError(
            "The validation part has no scan with any of the structures, so nothing can be validated. Raise "
            "`cohort.shares.validation`, or mark structures in more scans."
        )


def loss(settings: Train, train: Cells) -> Loss:
    """The loss of each case, shape (batch,), of `(bits, cells)` and the logits of one or several levels.

    Bits are `(batch, *space)`, cells `(batch, structures)`, logits `(batch, *space, outputs)`, those of
    coarser levels with fewer places; each level weighs half of the one before.
    """
    lacks = LACKS[settings.dice]

    def of_case(target: tuple[Tensor, Tensor], logits: Tensor | Sequence[Tensor]) -> Tensor:
        bits, cells = target
        levels = list(logits) if isinstance(logits, list | tuple) else [logits]
        weights = [_LEVEL**level for level in range(len(levels))]
        losses = [
            weight / sum(weights) * _level_loss(_thinned(bits, said), cells, said, lacks=lacks)
            for weight, said in zip(weights, levels, strict=True)
        ]
        return sum(losses[1:], start=losses[0])

    return of_case


def metrics() -> list[keras.metrics.Metric]:
    """Nothing is measured of the training part beside the loss."""
    return []


def weigh(settings: Train, train: Cells, question: Structures) -> Weigh:
    """Every case counts alike."""
    return lambda targets: np.ones(len(targets))


def overlaps(question: Structures) -> Overlaps | None:
    """Voxels of each scan and structure: those of both, of the answer and of the truth."""

    def of_case(bits: Tensor, logits: Tensor, counts: Tensor) -> Tensor:
        """Shape (batch, structures, 3), int32, of voxels that `counts`, `(batch, *space)`, marks with 1."""
        truth = _channels(bits, len(question.names))
        if question.exclusive:
            likeliest = ops.argmax(logits, axis=-1)
            said = ops.stack([likeliest == index + 1 for index in range(len(question.names))], axis=-1)
        else:
            said = logits > 0
        said, counting = ops.cast(said, "int32"), ops.cast(counts, "int32")[..., None]
        axes = tuple(range(1, len(truth.shape) - 1))
        sums = [ops.sum(each * counting, axis=axes) for each in (truth * said, said, truth)]
        return ops.stack(sums, axis=-1)

    return of_case


def validated(
    logits: NDArray[np.float64], targets: Cells, weights: NDArray[np.float64], loss: Loss
) -> Validation:
    """1 less the mean Dice of the structures that the part holds, each pooled over the scans that know it.

    `logits` are the overlaps `(cases, structures, 3)`, `targets` the cells `(cases, structures)`.
    """
    known = (targets != _NOT_KNOWN)[..., None] * logits
    both, said, truth = np.moveaxis(known.sum(axis=0), -1, 0)  # (structures,) each
    there = truth > 0
    dice = 2 * both[there] / (said[there] + truth[there])
    mean = float(dice.mean()) if there.any() else math.nan
    return Validation(loss=1 - mean, numbers={"dice": mean})


def in_words(numbers: Mapping[str, float | None]) -> str:
    """What a person at the terminal is told of the validation part beside its loss."""
    dice = numbers["dice"]
    return "" if dice is None else f", mean Dice {dice:.3f}"


def _channels(bits: Tensor, count: int) -> Tensor:
    """The bits as int32 `(batch, *space, count)` of 0 and 1."""
    whole = ops.cast(bits, "int32")
    return ops.stack([ops.bitwise_and(ops.right_shift(whole, bit), 1) for bit in range(count)], axis=-1)


def _thinned(bits: Tensor, said: Tensor) -> Tensor:
    """The bits at the places of a coarser level: those of the voxel in the middle of each block.

    A coarser place is the mean of its block: of the first voxel's truth it would learn to lie beside itself,
    by one and a half voxels where four are one.
    """
    for axis, (fine, coarse) in enumerate(zip(bits.shape[1:], said.shape[1:-1], strict=True), start=1):
        step = 2 ** round(math.log2(fine / coarse))
        if step > 1:
            middle = np.minimum(np.arange(coarse) * step + step // 2, fine - 1)
            bits = ops.take(bits, middle.astype(np.int32), axis=axis)
    return bits


def _level_loss(bits: Tensor, cells: Tensor, logits: Tensor, *, lacks: Lacks) -> Tensor:
    """Cross-entropy and what the Dice lacks of one level, shape (batch,)."""
    logits, count = ops.cast(logits, "float32"), int(cells.shape[-1])
    truth = ops.cast(_channels(bits, count), "float32")
    known = ops.cast(cells != _NOT_KNOWN, "float32")  # (batch, structures)
    space = tuple(range(1, len(bits.shape)))
    per_voxel = ops.reshape(known, (-1, *(1,) * len(space), count))
    if logits.shape[-1] > count:
        shares, entropy = _exclusive(truth, per_voxel, logits)
    else:
        shares = ops.sigmoid(logits)
        # log(1 + exp(-x)) of the side that is true, in the form that doesn't overflow
        each = per_voxel * ops.softplus(ops.where(truth > 0, -logits, logits))
        entropy = ops.sum(each, axis=-1) / ops.maximum(ops.sum(per_voxel, axis=-1), 1.0)
    both, said, there = (ops.sum(each, axis=space) for each in (shares * truth, shares, truth))
    dice = (2.0 * both + _SMOOTH) / (said + there + _SMOOTH)
    # What a patch doesn't hold is taught by the cross-entropy alone: Dice says nothing of it.
    asked = known * ops.cast(there > 0, "float32")
    lacking = ops.sum(asked * lacks(dice), axis=-1) / ops.maximum(ops.sum(asked, axis=-1), 1.0)
    return ops.mean(ops.reshape(entropy, (-1, math.prod(bits.shape[1:]))), axis=-1) + lacking


def _exclusive(truth: Tensor, known: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
    """The probability of each structure, and the cross-entropy of every voxel, of one softmax.

    Where nothing known is, the background may be any structure that is unknown.
    """
    logarithms = ops.log_softmax(logits, axis=-1)
    background = 1.0 - ops.max(truth, axis=-1, keepdims=True)
    right = ops.concatenate([background, ops.maximum(truth, background * (1.0 - known))], axis=-1)
    entropy = -ops.logsumexp(ops.where(right > 0, logarithms, _NEVER), axis=-1)
    return ops.exp(logarithms[..., 1:]), entropy
