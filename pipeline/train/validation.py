"""What the net says of the validation part: its answers, or of maps how they overlap the truth."""

from __future__ import annotations

from itertools import product
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline import scoring
from pipeline.models.tiling import starts
from pipeline.tasks.contract import Overlaps, Question
from pipeline.tasks.registry import Task
from pipeline.train.material import Part


def answers(net: keras.Model, part: Part, task: Task, question: Question) -> NDArray[np.float64]:
    """The outputs `(cases, outputs)` of a compiled net, of maps the overlaps `(cases, ...)` with truth."""
    overlaps = task.learning.overlaps(question)
    if overlaps is None:
        arrays = (part.read(index) for index in range(len(part.case_ids)))
        outputs = task.network.outputs(question)
        return scoring.predict(net, arrays, outputs=outputs, batch_size=scoring.BATCH_SIZE)
    cases = range(len(part.case_ids))
    return np.stack([_overlap(net, part.read(index), part.bits(index), overlaps) for index in cases])


def _overlap(
    net: keras.Model, scan: NDArray[Any], bits: NDArray[Any], overlaps: Overlaps
) -> NDArray[np.float64]:
    """The sums over one scan, tile by tile, each voxel once."""
    tile = tuple(net.input.shape[1:-1])
    grown = [(0, max(0, size - length)) for size, length in zip(tile, bits.shape, strict=True)]
    counts = np.pad(np.ones(bits.shape, np.uint8), grown)
    if counts.shape != bits.shape:  # its border values go on, where nothing counts
        scan, bits = np.pad(scan, [*grown, (0, 0)], mode="edge"), np.pad(bits, grown)
    corners = product(*(starts(length, size, 0.0) for length, size in zip(bits.shape, tile, strict=True)))
    total: NDArray[np.float64] = np.zeros(())
    for corner in corners:
        box = tuple(slice(first, first + size) for first, size in zip(corner, tile, strict=True))
        logits = net.predict_on_batch(scan[box][None].astype(np.float32))
        sums = overlaps(bits[box][None], logits, counts[box][None])
        total = total + np.asarray(keras.ops.convert_to_numpy(sums), dtype=np.float64)[0]
        counts[box] = 0
    return total
