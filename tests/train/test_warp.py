"""One resampling for images and volumes, against scipy.ndimage and numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from pipeline import backend

backend.prepare()
pytest.importorskip("keras")

from pipeline.train.warp import matrices, warped  # noqa: E402 - needs Keras's environment

IMAGE = np.random.default_rng(0).normal(size=(1, 7, 9, 2)).astype(np.float32)
VOLUME = np.random.default_rng(0).normal(size=(1, 4, 7, 9, 1)).astype(np.float32)


def moved(
    scans: np.ndarray,
    *,
    flip: float = 1.0,
    degrees: float = 0.0,
    scale: tuple[float, ...] | float = 1.0,
    offset: tuple[float, ...] | None = None,
) -> np.ndarray:
    rank = scans.ndim - 2
    one = np.ones(len(scans), np.float32)
    scales = np.broadcast_to(np.array(scale, np.float32), (len(scans), rank))
    matrix = matrices(flip=flip * one, radians=math.radians(degrees) * one, scale=scales)
    shift = np.tile(np.array(offset or (0.0,) * rank, np.float32), (len(scans), 1))
    return np.asarray(warped(scans, matrix, shift))


@pytest.mark.parametrize("scans", [IMAGE, VOLUME], ids=["image", "volume"])
def test_no_change_gives_the_same_scan_but_for_rounding(scans: np.ndarray) -> None:
    np.testing.assert_allclose(moved(scans), scans, atol=1e-6)


@pytest.mark.parametrize("scans", [IMAGE, VOLUME], ids=["image", "volume"])
def test_a_flip_mirrors_the_columns(scans: np.ndarray) -> None:
    np.testing.assert_allclose(moved(scans, flip=-1.0), scans[..., ::-1, :], atol=1e-6)


def test_an_offset_of_whole_pixels_takes_values_from_there_and_repeats_the_border() -> None:
    expected = ndimage.shift(IMAGE[0], (-2, 3, 0), order=0, mode="nearest")
    np.testing.assert_allclose(moved(IMAGE, offset=(2.0, -3.0))[0], expected, atol=1e-6)
    expected = ndimage.shift(VOLUME[0], (1, 0, -2, 0), order=0, mode="nearest")
    np.testing.assert_allclose(moved(VOLUME, offset=(-1.0, 0.0, 2.0))[0], expected, atol=1e-6)


def test_a_quarter_turn_is_that_of_numpy() -> None:
    square = IMAGE[:, :, :7]
    # Rows turn towards columns: what lay below the centre comes to lie at its right.
    np.testing.assert_allclose(moved(square, degrees=90.0)[0], np.rot90(square[0]), atol=1e-5)
    np.testing.assert_allclose(
        moved(VOLUME[:, :, :, :7], degrees=90.0)[0], np.rot90(VOLUME[0, :, :, :7], axes=(1, 2)), atol=1e-5
    )


def test_magnifying_twice_halves_the_distance_to_the_centre() -> None:
    row = np.arange(9, dtype=np.float32).reshape(1, 1, 9, 1)
    np.testing.assert_allclose(moved(row, scale=2.0)[0, 0, :, 0], 4 + (np.arange(9) - 4) / 2, atol=1e-6)


def test_each_axis_is_magnified_by_its_own_number() -> None:
    rows, columns = np.meshgrid(np.arange(7.0), np.arange(9.0), indexing="ij")
    scan = (10 * rows + columns)[None, :, :, None].astype(np.float32)
    expected = 10 * (3 + (rows - 3) / 2) + 4 + (columns - 4) / 1.25
    np.testing.assert_allclose(moved(scan, scale=(2.0, 1.25))[0, ..., 0], expected, atol=1e-5)


def test_a_scan_is_stretched_along_its_own_axes_and_then_turned() -> None:
    square = IMAGE[:, :, :7]
    stretched = moved(square, scale=(1.5, 0.75))
    np.testing.assert_allclose(
        moved(square, scale=(1.5, 0.75), degrees=90.0)[0], np.rot90(stretched[0]), atol=1e-5
    )


@settings(max_examples=15)
@given(
    degrees=st.floats(-180, 180),
    scale=st.tuples(st.floats(0.6, 1.6), st.floats(0.6, 1.6), st.floats(0.6, 1.6)),
    flip=st.sampled_from([1.0, -1.0]),
    offset=st.tuples(st.floats(-4, 4), st.floats(-4, 4), st.floats(-4, 4)),
)
def test_any_change_of_a_volume_is_that_of_scipy(
    degrees: float, scale: tuple[float, float, float], flip: float, offset: tuple[float, float, float]
) -> None:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turned = np.array([[1, 0, 0], [0, cosine, sine], [0, -sine * flip, cosine * flip]])
    matrix = np.diag(1 / np.array(scale)) @ turned
    centre = (np.array(VOLUME.shape[1:-1]) - 1) / 2
    expected = ndimage.affine_transform(
        VOLUME[0, ..., 0].astype(np.float64),
        matrix,
        centre + offset - matrix @ centre,
        order=1,
        mode="nearest",
    )
    result = moved(VOLUME, flip=flip, degrees=degrees, scale=scale, offset=offset)[0, ..., 0]
    np.testing.assert_allclose(result, expected, atol=2e-4)


def test_each_case_of_a_batch_moves_by_its_own() -> None:
    scans = np.concatenate([IMAGE, IMAGE])
    one = np.ones(2, np.float32)
    flips, unit = np.array([1.0, -1.0], np.float32), np.ones((2, 2), np.float32)
    matrix = matrices(flip=flips, radians=0 * one, scale=unit)
    result = np.asarray(warped(scans, matrix, np.zeros((2, 2), np.float32)))
    np.testing.assert_allclose(result, np.stack([IMAGE[0], IMAGE[0, :, ::-1]]), atol=1e-6)
