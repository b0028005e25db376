"""Each change of a scan by hand: what moves, what stays, in which unit."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.evaluate import changes
from pipeline.evaluate.changes import CHANGES, Image, Setting


def how(level: float, *, turn: int = 0, stretch: float = 1.0) -> Setting:
    return Setting(level, turn, (0.0, 100.0), stretch, (1, 2, turn))


def column(*values: float) -> Image:
    """An image of one row and one channel."""
    return np.array(values, np.float32).reshape(1, -1, 1)


def test_noise_has_the_standard_deviation_asked_for_and_is_the_same_twice() -> None:
    image = np.full((200, 200, 1), 50, np.float32)
    noisy = changes.noise(image, how(5))
    assert noisy.std() == pytest.approx(5, rel=0.02)
    assert noisy.mean() == pytest.approx(50, abs=0.1)
    np.testing.assert_array_equal(noisy, changes.noise(image, how(5)))
    assert (noisy != changes.noise(image, how(5, turn=1))).any()


def test_contrast_and_brightness_go_one_way_and_the_other_and_are_cut_at_the_window() -> None:
    image = column(0, 50, 90)
    assert changes.gain(image, how(20, turn=1)).ravel().tolist() == pytest.approx([0, 60, 100])
    assert changes.gain(image, how(20)).ravel().tolist() == pytest.approx([0, 40, 72])
    assert changes.offset(image, how(20, turn=1)).ravel().tolist() == pytest.approx([20, 70, 100])
    assert changes.offset(image, how(20)).ravel().tolist() == pytest.approx([0, 30, 70])


def test_a_shift_goes_right_down_left_and_up_and_repeats_the_edge() -> None:
    image = np.arange(9, dtype=np.float32).reshape(3, 3, 1)
    moved = [changes.shift(image, how(1, turn=turn))[..., 0].tolist() for turn in range(4)]
    assert moved == [
        [[0, 0, 1], [3, 3, 4], [6, 6, 7]],
        [[0, 1, 2], [0, 1, 2], [3, 4, 5]],
        [[1, 2, 2], [4, 5, 5], [7, 8, 8]],
        [[3, 4, 5], [6, 7, 8], [6, 7, 8]],
    ]


def test_a_quarter_turn_is_that_of_numpy_and_a_half_turn_is_one_whatever_the_pixels() -> None:
    image = np.random.default_rng(1).normal(size=(2, 5, 5, 3)).astype(np.float32)
    quarters = [changes.rotation(image, how(90, turn=turn)) for turn in range(2)]
    expected = [np.rot90(image, k, axes=(1, 2)) for k in (1, -1)]
    assert any(np.allclose(quarters[0], each, atol=1e-5) for each in expected)
    assert any(np.allclose(quarters[1], each, atol=1e-5) for each in expected)
    assert not np.allclose(quarters[0], quarters[1])
    half = changes.rotation(image, how(180, stretch=2.0))
    np.testing.assert_allclose(half, image[:, ::-1, ::-1], atol=1e-5)


def test_a_turn_of_high_pixels_is_a_turn_in_millimetres() -> None:
    # Pixels twice as high as wide: what lies 4 columns from the middle comes to lie 2 rows from it.
    image = np.zeros((13, 13, 1), np.float32)
    image[6, 10] = 1
    turned = changes.rotation(image, how(90, stretch=2.0))[..., 0]
    assert np.argwhere(turned > 0.9).tolist() in ([[4, 6]], [[8, 6]])


def test_larger_pixels_are_means_with_straight_lines_between_their_middles() -> None:
    found = changes.resolution(column(0, 2, 4, 6, 8), how(2)).ravel().tolist()
    # Means 1 at 0.5, 5 at 2.5, 8 at 4 (the last pixel is a single one).
    assert found == pytest.approx([1, 2, 4, 6, 8])
    assert changes.resolution(column(0, 3, 9), how(6)).ravel().tolist() == pytest.approx([4, 4, 4])


def test_lost_slices_are_linear_between_their_neighbours() -> None:
    volume = (np.arange(7, dtype=np.float32) ** 2).reshape(7, 1, 1, 1)
    # Four of the seven are lost, 1, 2, 4 and 5, then two, 2 and 4, each on the line between those that stay.
    assert changes.lost_slices(volume, how(50)).ravel().tolist() == pytest.approx([0, 3, 6, 9, 18, 27, 36])
    assert changes.lost_slices(volume, how(33)).ravel().tolist() == pytest.approx([0, 1, 5, 9, 17, 25, 36])


@pytest.mark.parametrize("slices", [3, 5, 9, 10, 24, 48])
def test_so_many_slices_are_lost_as_the_level_says_and_one_at_least(slices: int) -> None:
    volume = (np.arange(slices, dtype=np.float32) ** 2).reshape(slices, 1, 1, 1)
    for level in (10, 20, 33, 50):
        lost = np.flatnonzero((changes.lost_slices(volume, how(level)) != volume).ravel())
        assert len(lost) == min(max(round(slices * level / 100), 1), slices - 2)
        assert lost[0] > 0
        assert lost[-1] < slices - 1


def test_a_volume_without_an_inner_slice_loses_none() -> None:
    volume = np.arange(2, dtype=np.float32).reshape(2, 1, 1, 1)
    np.testing.assert_array_equal(changes.lost_slices(volume, how(50)), volume)


def test_jpeg_of_high_quality_keeps_values_and_of_low_quality_loses_some() -> None:
    row, column_ = np.mgrid[:64, :64]
    image = (50 + 40 * np.sin(row / 3) * np.cos(column_ / 5)).astype(np.float32)[..., np.newaxis]
    fine, coarse = (np.abs(changes.jpeg(image, how(quality)) - image).mean() for quality in (95, 10))
    assert fine < 1
    assert coarse > 2 * fine


def test_a_blur_keeps_slices_apart() -> None:
    volume = np.zeros((3, 9, 9, 1), np.float32)
    volume[1, 4, 4] = 1
    blurred = changes.blur(volume, how(1))
    assert blurred[0].sum() == blurred[2].sum() == 0
    assert blurred.sum() == pytest.approx(1, abs=1e-5)
    assert blurred[1, 4, 4, 0] == pytest.approx(1 / (2 * np.pi), rel=0.02)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.key)
def test_every_change_has_four_levels_and_keeps_shape_and_type(change: changes.Change) -> None:
    volume = np.random.default_rng(1).uniform(0, 100, (5, 12, 10, 2)).astype(np.float32)
    assert len(change.levels) >= 4
    away = []
    for level in change.levels:
        for image in (volume, volume[2]) if not change.volumes else (volume,):
            worse = change.apply(image, how(level, turn=1))
            assert (worse.shape, worse.dtype) == (image.shape, np.float32)
            assert np.isfinite(worse).all()
        away.append(float(np.abs(change.apply(volume, how(level, turn=1)) - volume).mean()))
    assert away[0] < away[-1]
