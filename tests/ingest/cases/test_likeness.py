from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.ingest.cases.likeness import likeness_of


def picture(seed: int, rows: int = 128, columns: int = 96) -> NDArray[np.float32]:
    """A few broad blobs, as different between seeds as anatomy is."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j]
    image = np.zeros((rows, columns))
    for _ in range(12):
        cy, cx, width, height = rng.uniform(0, 1, 2).tolist() + rng.uniform([0.05, -1], [0.3, 1]).tolist()
        image += height * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * width**2))
    return image.astype(np.float32)


def grey(array: NDArray, axes: int = 2) -> NDArray[np.int64]:
    return np.frombuffer(likeness_of(array, spatial_axes=axes), np.uint8).astype(np.int64)


def test_unit_and_size_hardly_change_it() -> None:
    image = picture(1)
    assert np.abs(grey(image) - grey(image * 37 + 1000)).max() <= 1
    assert np.abs(grey(image) - grey(np.kron(image, np.ones((3, 5), np.float32)))).max() <= 8
    assert np.abs(grey(image) - grey(picture(2))).mean() > 20


def test_a_mark_of_metal_takes_no_grey_from_the_rest() -> None:
    image = picture(1)
    marked = image.copy()
    marked[4:8, 4:8] = 100 * image.max()
    difference = np.abs(grey(image) - grey(marked)).reshape(64, 64)
    difference[2:4, 2:6] = 0  # the mark itself
    assert difference.max() <= 8
    assert grey(marked).reshape(64, 64)[2, 3] == 255


def test_it_has_the_averages_of_equal_parts() -> None:
    image = np.arange(128 * 128, dtype=np.float64).reshape(128, 128)
    parts = image.reshape(64, 2, 64, 2).mean(axis=(1, 3))
    low, high = np.quantile(parts, (0.005, 0.995))  # beyond lies black and white
    expected = np.rint(255 * np.clip((parts - low) / (high - low), 0, 1))
    assert np.abs(grey(image) - expected.reshape(-1)).max() <= 1


@pytest.mark.parametrize(
    ("shape", "axes"), [((5, 3), 2), ((16, 12, 3), 2), ((3, 16, 12), 3), ((3, 16, 12, 3), 3), ((700, 600), 2)]
)
def test_it_is_64_by_64_for_any_shape(shape: tuple[int, ...], axes: int) -> None:
    array = np.random.default_rng(1).integers(0, 255, shape).astype(np.uint8)
    assert grey(array, axes).shape == (64 * 64,)


def test_an_image_of_one_value_has_none() -> None:
    assert likeness_of(np.full((20, 20), 7, np.int16), spatial_axes=2) == b""


def test_a_volume_without_a_few_slices_looks_as_before() -> None:
    steps = np.linspace(0, 1, 40)[:, None, None]
    volume = (1 - steps) * picture(1) + steps * picture(2)
    assert np.abs(grey(volume, 3) - grey(volume[2:], 3)).mean() < 8
