from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.cases.likeness import perceptual_digest


def picture(seed: int, rows: int = 128, columns: int = 96) -> NDArray[np.float32]:
    """A few broad blobs, as different between seeds as anatomy is."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j]
    image = np.zeros((rows, columns))
    for _ in range(12):
        cy, cx, width, height = rng.uniform(0, 1, 2).tolist() + rng.uniform([0.05, -1], [0.3, 1]).tolist()
        image += height * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * width**2))
    return image.astype(np.float32)


def distance(a: NDArray, b: NDArray) -> int:
    first, second = (int(perceptual_digest(image, spatial_axes=2), 16) for image in (a, b))
    return (first ^ second).bit_count()


def test_noise_scale_and_brightness_change_few_bits_and_another_picture_many() -> None:
    image = picture(1)
    noisy = image + np.random.default_rng(9).normal(0, 0.02, image.shape)
    assert distance(image, noisy) < 68
    assert distance(image, image * 37 + 1000) < 4
    assert distance(image, image[::2, ::2]) < 40
    assert min(distance(image, picture(seed)) for seed in range(2, 12)) > 68


def test_a_digest_is_256_bits_for_any_shape() -> None:
    for shape, axes in (((5, 3), 2), ((16, 12, 3), 2), ((3, 16, 12), 3), ((3, 16, 12, 3), 3), ((1, 1), 2)):
        digest = perceptual_digest(np.zeros(shape, np.uint8), spatial_axes=axes)
        assert len(digest) == 64


def test_a_volume_is_known_by_its_middle_slice() -> None:
    slices = np.stack([picture(1), picture(2), picture(3)])
    assert perceptual_digest(slices, spatial_axes=3) == perceptual_digest(picture(2), spatial_axes=2)
