"""Random changes in training: reproducible, and no stronger than configured."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import backend
from pipeline.config import Augment
from pipeline.models import Intensities

backend.prepare()
pytest.importorskip("keras")

from pipeline.train.augment import Augmentation  # noqa: E402 - needs Keras's environment

SCANS = np.random.default_rng(0).normal(100.0, 20.0, size=(4, 12, 10, 1)).astype(np.float32)
ALL = Augment(
    flip=True, shift=0.1, zoom=0.2, stretch=0.2, rotate_degrees=20.0, contrast=0.3, gamma=0.5, noise=0.1
)


def augmented(
    strengths: Augment,
    scans: np.ndarray = SCANS,
    *,
    seed: int = 1,
    step: int = 0,
    cases: tuple[int, ...] | None = None,
) -> np.ndarray:
    case = np.array(range(len(scans)) if cases is None else cases, dtype=np.uint32)
    change = Augmentation(strengths, Intensities(mean=(100.0,), std=(20.0,)), seed)
    return np.asarray(change(scans, step=np.full_like(case, step), case=case))


def test_with_all_strengths_at_zero_nothing_changes() -> None:
    np.testing.assert_array_equal(augmented(Augment()), SCANS)


def test_the_same_seed_step_and_case_give_the_same_scan_in_any_batch() -> None:
    whole = augmented(ALL, step=3)
    np.testing.assert_array_equal(augmented(ALL, step=3), whole)
    np.testing.assert_allclose(augmented(ALL, SCANS[2:3], step=3, cases=(2,)), whole[2:3], atol=1e-4)


def test_another_seed_step_or_case_gives_another_scan() -> None:
    scan = SCANS[:1]
    first = augmented(ALL, scan, cases=(0,))
    others = [
        augmented(ALL, scan, seed=2, cases=(0,)),
        augmented(ALL, scan, step=1, cases=(0,)),
        augmented(ALL, scan, cases=(1,)),
    ]
    for other in others:
        assert np.abs(other - first).max() > 1.0


def test_volumes_change_as_images_do() -> None:
    volumes = np.random.default_rng(1).normal(100.0, 20.0, size=(2, 5, 8, 8, 1)).astype(np.float32)
    result = augmented(ALL, volumes)
    assert result.shape == volumes.shape
    assert np.isfinite(result).all()
    assert np.abs(result - volumes).max() > 1.0


def test_a_flip_happens_to_about_half_of_the_cases() -> None:
    scans = np.repeat(SCANS[:1], 200, axis=0)
    result = augmented(Augment(flip=True), scans)
    mirrored = (result == scans[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (mirrored | (result == scans).all(axis=(1, 2, 3))).all()
    assert 70 <= mirrored.sum() <= 130  # 100 expected, standard deviation 7


def test_a_shift_moves_by_no_more_than_its_share_of_each_axis() -> None:
    ramp = np.tile(np.arange(100, dtype=np.float32)[None, None, :, None], (64, 4, 1, 1))
    moved = augmented(Augment(shift=0.1), ramp)[:, 0, 50, 0] - 50
    assert np.abs(moved).max() <= 10.0 + 1e-3
    assert np.abs(moved).max() > 8.0
    assert moved.min() < 0.0 < moved.max()


def test_a_stretch_scales_each_axis_by_its_own_number_within_its_share() -> None:
    rows, columns = np.meshgrid(np.arange(41.0), np.arange(41.0), indexing="ij")
    ramps = np.stack([rows, columns], axis=-1)[None].repeat(64, axis=0).astype(np.float32)
    moved = augmented(Augment(stretch=0.3), ramps)
    # Half way to the border a place shows what lay at (its distance / scale) from the centre.
    scales = 10 / (np.stack([moved[:, 30, 20, 0], moved[:, 20, 30, 1]], axis=1) - 20)
    assert 0.7 - 1e-3 <= scales.min() < 0.75
    assert 1.25 < scales.max() <= 1.3 + 1e-3
    aspects = scales[:, 0] / scales[:, 1]
    assert aspects.min() < 0.75
    assert aspects.max() > 1.3
    assert abs(np.corrcoef(scales.T)[0, 1]) < 0.3  # of 64 independent pairs: standard deviation 0.126


def test_zoom_scales_both_axes_alike() -> None:
    rows, columns = np.meshgrid(np.arange(41.0), np.arange(41.0), indexing="ij")
    ramps = np.stack([rows, columns], axis=-1)[None].repeat(16, axis=0).astype(np.float32)
    moved = augmented(Augment(zoom=0.3), ramps)
    np.testing.assert_allclose(moved[:, 30, 20, 0], moved[:, 20, 30, 1], atol=1e-4)


def test_contrast_stretches_about_the_training_mean() -> None:
    factor = (augmented(Augment(contrast=0.3)) - 100.0) / (SCANS - 100.0)
    per_case = np.median(factor, axis=(1, 2, 3))
    np.testing.assert_allclose(
        factor, np.broadcast_to(per_case[:, None, None, None], factor.shape), rtol=1e-2
    )
    assert np.unique(per_case).size == 4
    assert (np.abs(per_case - 1) <= 0.3).all()


def test_gamma_keeps_the_darkest_and_the_brightest_value_and_the_order() -> None:
    result = augmented(Augment(gamma=1.0))
    for before, after in zip(SCANS.reshape(4, -1), result.reshape(4, -1), strict=True):
        np.testing.assert_allclose([after.min(), after.max()], [before.min(), before.max()], rtol=1e-5)
        assert (np.diff(after[np.argsort(before)]) >= -1e-4).all()
    assert np.abs(result - SCANS).max() > 1.0


def test_gamma_leaves_an_empty_scan_as_it_is() -> None:
    np.testing.assert_array_equal(
        augmented(Augment(gamma=1.0), np.full_like(SCANS, 7.0)), np.full_like(SCANS, 7.0)
    )


def test_gamma_of_a_value_below_the_darkest_by_its_last_bits_is_the_darkest() -> None:
    # Where a whole step is compiled, the darkest value is worked out twice, and may differ in the last bit.
    change = Augmentation(Augment(gamma=1.0), Intensities(mean=(100.0,), std=(20.0,)), 1)
    key = np.arange(4, dtype=np.uint32)
    low, high = SCANS.min(axis=(1, 2, 3), keepdims=True), SCANS.max(axis=(1, 2, 3), keepdims=True)
    darkest = low == SCANS
    result = np.asarray(change._gamma(SCANS - 1e-5 * darkest, key, low, high))
    np.testing.assert_allclose(result[darkest], low.ravel(), rtol=1e-6)


@pytest.mark.skipif(backend.device().backend != "tensorflow", reason="elsewhere all steps are compiled")
def test_in_a_step_that_is_compiled_as_a_whole_scans_become_the_same() -> None:
    change = Augmentation(ALL, Intensities(mean=(100.0,), std=(20.0,)), 1)
    whole = backend.compiled(lambda scans, step, case: change(scans, step=step, case=case))
    case = np.arange(4, dtype=np.uint32)
    # Coordinates differ in their last bits, and neighbouring values here by 100.
    np.testing.assert_allclose(whole(SCANS, 0 * case, case), augmented(ALL), atol=2e-3)


def test_noise_has_its_share_of_the_training_standard_deviation() -> None:
    scans = np.zeros((8, 64, 64, 1), np.float32)
    noise = augmented(Augment(noise=0.5), scans)
    assert abs(noise.std() - 10.0) < 0.2
    assert abs(noise.mean()) < 0.2
