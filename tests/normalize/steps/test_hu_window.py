from __future__ import annotations

import numpy as np
import pytest

from pipeline.normalize.image import Refused
from pipeline.normalize.steps.hu_window import Parameters, apply

EXAMPLE = {"low": -200, "high": 400}


def test_a_window_maps_its_ends_to_0_and_1_and_clips_what_is_outside(make_image) -> None:
    image = make_image([[-1000, -200, 100, 400, 3000]], unit="HU")
    result = apply(image, Parameters(low=-200, high=400))
    np.testing.assert_allclose(result.values[..., 0], [[0, 0, 0.5, 1, 1]])
    assert result.unit != "HU"


def test_a_window_refuses_values_that_are_not_hounsfield_units(make_image) -> None:
    with pytest.raises(Refused) as refused:
        apply(make_image([[1, 2]], unit="arbitrary"), Parameters(low=0, high=1))
    assert refused.value.reason == "unit_not_hu"
    assert "received values in arbitrary" in refused.value.detail
    assert "`ingest.unit_of`" in refused.value.detail and "`ingest.select`" in refused.value.detail


def test_a_constant_image_stays_constant_under_a_window(make_image) -> None:
    result = apply(make_image([[0, 0]], unit="HU"), Parameters(low=-100, high=100))
    np.testing.assert_array_equal(result.values[..., 0], [[0.5, 0.5]])
