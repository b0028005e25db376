from __future__ import annotations

import numpy as np
import pytest

from pipeline.normalize.image import Refused
from pipeline.normalize.steps.min_max import Parameters, apply

EXAMPLE = {}


def test_the_range_is_mapped_to_0_and_1(make_image) -> None:
    result = apply(make_image([[-10, 0, 30]]), Parameters())
    np.testing.assert_allclose(result.values[..., 0], [[0, 0.25, 1]])


def test_an_image_without_contrast_is_refused(make_image) -> None:
    with pytest.raises(Refused) as refused:
        apply(make_image([[3, 3], [3, 3]]), Parameters())
    assert refused.value.reason == "constant_image"
    assert refused.value.detail.endswith("every value is 3")
