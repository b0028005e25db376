"""Damaged masks: whatever the bytes, a reason comes out, and what is marked lies on the scan."""

from __future__ import annotations

import numpy as np
import pytest
from dicom_files import KEY, encoded
from mask_files import grid_of, segmentation, slices, structure_set

from bench.mutations import mutated
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.masks.drawing import Scan
from pipeline.ingest.masks.onto_scans import masks_on
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import REASONS, Refusal

_MARKED = np.random.default_rng(0).random((5, 7, 5)) < 0.4
_CONTOUR = np.array([(3.4, -3.2, 5), (5.4, -3.2, 5), (5.4, -1.2, 5)])


def whole() -> list[bytes]:
    """A sound file of each kind."""
    kinds = ("BINARY", "FRACTIONAL", "LABELMAP")
    drawn = [segmentation(slices(), {1: _MARKED, 2: ~_MARKED}, kind=kind) for kind in kinds]
    return [encoded(one) for one in (*drawn, structure_set(slices(), {"rear": [_CONTOUR]}))]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(4))
def test_damage_ends_in_a_reason_of_the_list(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid, files = grid_of(slices()), whole()
    structures = Structures({"front": (1,), "rear": (2, "rear")}, undeclared="ignore", threshold=0.5)
    read = 0
    for _ in range(250):
        one, other = (files[index] for index in rng.integers(0, len(files), 2))
        try:
            drawn = masks_on(
                mutated(one, other, rng), [Scan(grid, grid)], structures, key=KEY, limits=FileLimits()
            )
        except Refusal as refusal:
            assert refusal.reason in REASONS
            assert refusal.reason != "internal_error"
        else:
            read += 1
            for (mask,) in drawn.masks.values():
                assert mask.shape == grid.shape
                assert set(np.unique(mask)) <= {0, 1}
    assert 0 < read < 250
