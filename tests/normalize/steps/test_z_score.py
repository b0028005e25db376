from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.normalize.image import Image, Refused
from pipeline.normalize.steps.z_score import Parameters, apply

EXAMPLE = {}

contrasts = arrays(np.float32, (4, 5, 1), elements=st.floats(-2000, 4000, width=32)).filter(
    lambda values: np.ptp(values) > 1
)


def test_z_scores_by_hand(make_image) -> None:
    # Mean 4, deviations -2 0 0 2, standard deviation sqrt(8 / 4).
    result = apply(make_image([[2, 4, 4, 6]]), Parameters())
    np.testing.assert_allclose(result.values[..., 0], [[-np.sqrt(2), 0, 0, np.sqrt(2)]], rtol=1e-6)


@settings(max_examples=30)
@given(contrasts)
def test_z_scores_have_mean_0_and_standard_deviation_1(values: np.ndarray) -> None:
    result = apply(Image(values, (1.0, 1.0), "pixels", "HU"), Parameters()).values
    assert result.mean(dtype=np.float64) == pytest.approx(0, abs=1e-5)
    assert result.std(dtype=np.float64) == pytest.approx(1, abs=1e-5)


@settings(max_examples=30)
@given(contrasts, st.floats(0.5, 20), st.floats(-500, 500))
def test_z_scores_forget_gain_and_offset(values: np.ndarray, gain: float, offset: float) -> None:
    parameters = Parameters()
    plain = apply(Image(values, (1.0, 1.0), "pixels", "HU"), parameters)
    other = (values.astype(np.float64) * gain + offset).astype(np.float32)
    changed = apply(Image(other, (1.0, 1.0), "pixels", "HU"), parameters)
    np.testing.assert_allclose(changed.values, plain.values, atol=2e-2)


def test_one_outlier_among_many_stays_within_the_storage_type() -> None:
    values = np.zeros((300, 300, 1), np.float32)
    values[0, 0] = 1
    scores = apply(Image(values, (1.0, 1.0), "pixels", "HU"), Parameters()).values
    assert scores.max() == pytest.approx(np.sqrt(300 * 300 - 1), rel=1e-5)
    assert np.isfinite(scores.astype(np.float16)).all()


def test_colours_are_scored_together() -> None:
    values = np.array([[[0, 2, 4]], [[0, 2, 4]]], np.float32)  # mean 2, variance 8 / 3
    result = apply(Image(values, (1.0, 1.0), "pixels", "arbitrary"), Parameters())
    np.testing.assert_allclose(result.values[0, 0], np.array([-2, 0, 2]) / np.sqrt(8 / 3), rtol=1e-6)


def test_an_image_without_contrast_is_refused(make_image) -> None:
    with pytest.raises(Refused) as refused:
        apply(make_image([[3, 3], [3, 3]]), Parameters())
    assert refused.value.reason == "constant_image"
    assert refused.value.detail.endswith("every value is 3")
