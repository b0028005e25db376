from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.statistics.masks import agreement, false_components

Mask = NDArray[np.bool_]


def boxes(*spans: tuple[int, int], shape: tuple[int, int] = (10, 10)) -> Mask:
    mask = np.zeros(shape, bool)
    for start, stop in spans:
        mask[start:stop, start:stop] = True
    return mask


def test_both_sides_are_measured_and_nothing_is_rounded() -> None:
    truth, prediction = boxes((2, 6)), boxes((2, 6))
    prediction[2, 2] = False
    found = agreement(truth, prediction, spacing_mm=(2.0, 0.5), tolerance_mm=0.4)
    assert (found.situation, found.dice) == ("both", pytest.approx(30 / 31))
    assert found.volume_truth_ml == pytest.approx(0.016)
    assert found.volume_predicted_ml == pytest.approx(0.015)
    # Of 12 and 11 border voxels the corner alone is off, by 0.5 mm to the next voxel of its row.
    assert (found.hd_mm, found.nsd) == (0.5, pytest.approx(22 / 23))


@pytest.mark.parametrize("prediction", [None, boxes()])
def test_a_missed_structure_counts_as_nothing_found_and_as_far_as_the_image_goes(
    prediction: Mask | None,
) -> None:
    found = agreement(boxes((2, 6)), prediction, spacing_mm=(2.0, 0.5), tolerance_mm=1.0)
    diagonal = math.hypot(10 * 2.0, 10 * 0.5)
    assert (found.situation, found.dice, found.nsd) == ("missed", 0.0, 0.0)
    assert (found.hd95_mm, found.hd_mm) == (diagonal, diagonal)


def test_an_invented_structure_has_a_volume_and_no_overlap() -> None:
    found = agreement(boxes(), boxes((0, 2)), spacing_mm=(1.0, 1.0), tolerance_mm=1.0)
    assert (found.situation, found.dice, found.hd95_mm, found.nsd) == ("invented", None, None, None)
    assert (found.volume_truth_ml, found.volume_predicted_ml, found.false_components) == (0, 0.004, 1)


def test_nothing_where_nothing_is_has_no_number() -> None:
    found = agreement(boxes(), boxes(), spacing_mm=(1.0, 1.0), tolerance_mm=1.0)
    assert (found.situation, found.dice, found.hd_mm, found.false_components) == ("neither", None, None, 0)


def test_stray_pieces_are_counted_where_they_hold_no_true_voxel() -> None:
    truth, prediction = boxes((1, 4)), boxes((3, 5), (6, 7), (7, 8))
    assert false_components(truth, prediction) == 2  # over faces: two that meet at a corner are two


@pytest.mark.parametrize(
    ("shape", "spacing"), [((10, 9), (1.0, 1.0)), ((10, 10), (1.0, 1.0, 1.0))], ids=["shape", "spacing"]
)
def test_masks_that_do_not_fit_one_another_are_refused(
    shape: tuple[int, int], spacing: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="expected two masks of one shape"):
        agreement(boxes(), boxes(shape=shape), spacing_mm=spacing, tolerance_mm=1.0)
