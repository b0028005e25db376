"""What is inside of a border of one grey, at the size of the whole."""

from __future__ import annotations

import numpy as np

from pipeline.cohort.lookalikes.borders import has_border, without_border


def test_a_border_goes_and_what_is_inside_is_stretched_over_the_whole() -> None:
    inside = np.linspace(60, 250, 32)
    picture = np.zeros((1, 64, 64), np.uint8)
    half = np.where(np.arange(64) % 2, 1, 0.5)  # columns differ, or rows would be of one grey each
    picture[0, 16:48] = np.rint(inside[:, None] * half)
    found = without_border(picture)
    assert has_border(picture).tolist() == [True]
    column = found[0, :, 1].astype(int)
    assert (column.min(), column.max()) == (60, 250)
    assert (np.diff(column) >= 0).all() and np.ptp(np.diff(column)) <= 5


def test_noise_is_a_border_and_a_picture_without_one_stays() -> None:
    rng = np.random.default_rng(1)
    full = rng.integers(0, 256, (64, 64))
    noisy = rng.integers(0, 20, (64, 64))
    noisy[20:60, 10:50] = full[20:60, 10:50]
    pictures = np.stack([full, noisy]).astype(np.uint8)
    found = without_border(pictures)
    assert has_border(pictures).tolist() == [False, True]
    np.testing.assert_array_equal(found[0], full)


def test_what_stands_out_nowhere_or_in_a_corner_only_stays_whole() -> None:
    flat = np.full((64, 64), 7, np.uint8)
    corner = flat.copy()
    corner[:4, :4] = 255
    found = without_border(np.stack([flat, corner]))
    assert not has_border(np.stack([flat, corner])).any()
    np.testing.assert_array_equal(found, [flat, corner])
