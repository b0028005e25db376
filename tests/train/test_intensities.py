"""Statistics of the training part."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.errors import DataError
from pipeline.train.intensities import measured


@settings(max_examples=25)
@given(arrays(np.int16, (3, 4, 2, 2), elements=st.integers(-3000, 3000), unique=True))
def test_they_are_numpys_over_all_cases_and_positions(scans: np.ndarray) -> None:
    result = measured(3, lambda index: scans[index])
    whole = scans.astype(np.float64)
    np.testing.assert_allclose(result.mean, whole.mean(axis=(0, 1, 2)), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(result.std, whole.std(axis=(0, 1, 2)), rtol=1e-12)


def test_half_precision_scans_are_summed_in_double_precision() -> None:
    # In float16 the sum of 4096 values of 100 would be infinite.
    scan = np.full((64, 64, 1), 100, np.float16)
    scan[::2] = 102
    result = measured(2, lambda _: scan)
    assert result.mean == (101.0,)
    assert result.std == (1.0,)


def test_a_channel_without_contrast_is_refused_by_its_number() -> None:
    scan = np.stack([np.arange(4.0).reshape(2, 2), np.ones((2, 2))], axis=-1)
    with pytest.raises(DataError, match="Channel 1 of all 2 training scans has no contrast"):
        measured(2, lambda _: scan)
