from __future__ import annotations

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.normalize.image import Image, Refused
from pipeline.normalize.steps.resample import Parameters, apply

EXAMPLE = {"spacing_mm": [0.5, 0.8]}

spacings = st.floats(0.4, 3.0)


def ramp(spacing: tuple[float, float], shape: tuple[int, int] = (40, 50)) -> Image:
    """An image whose value is a linear function of the position in mm from its centre."""
    rows, columns = (
        (np.arange(size) - (size - 1) / 2) * pitch for size, pitch in zip(shape, spacing, strict=True)
    )
    values = 3.0 * rows[:, None] - 2.0 * columns[None, :]
    return Image(values[..., None].astype(np.float32), spacing, "patient", "HU")


@settings(max_examples=25)
@given(spacings, spacings, spacings, spacings)
def test_a_ramp_in_millimetres_is_the_same_ramp_on_any_grid(
    rows: float, columns: float, new_rows: float, new_columns: float
) -> None:
    result = apply(ramp((rows, columns)), Parameters(spacing_mm=(new_rows, new_columns)))
    expected = ramp(result.spacing, result.shape)
    # Near the border the smoothing sees the padding, hence only the inner half is compared.
    inner = tuple(slice(size // 4, size - size // 4) for size in result.shape)
    np.testing.assert_allclose(result.values[inner], expected.values[inner], atol=0.05)


@settings(max_examples=25)
@given(st.tuples(spacings, spacings, spacings), st.floats(-1000, 3000))
def test_a_constant_volume_stays_constant(new: tuple[float, float, float], value: float) -> None:
    volume = Image(np.full((5, 6, 7, 1), value, np.float32), (1.0, 1.0, 1.0), "patient", "HU")
    result = apply(volume, Parameters(spacing_mm=new))
    np.testing.assert_allclose(result.values, np.float32(value), rtol=1e-5)


def test_a_finer_grid_agrees_with_simpleitk() -> None:
    values = np.random.default_rng(1).normal(size=(9, 10, 11)).astype(np.float32)
    spacing, new = (3.0, 1.0, 1.5), (1.0, 0.5, 1.0)
    ours = apply(Image(values[..., None], spacing, "patient", "HU"), Parameters(spacing_mm=new))
    picture = SimpleITK.GetImageFromArray(values)
    picture.SetSpacing(spacing[::-1])
    centre = picture.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in picture.GetSize()])
    shape = ours.shape[::-1]
    origin = [c - (n - 1) / 2 * s for c, n, s in zip(centre, shape, new[::-1], strict=True)]
    theirs = SimpleITK.GetArrayFromImage(
        SimpleITK.Resample(
            picture,
            shape,
            SimpleITK.Transform(),
            SimpleITK.sitkLinear,
            origin,
            new[::-1],
            [1, 0, 0, 0, 1, 0, 0, 0, 1],
        )
    )
    inner = (slice(3, -3), slice(2, -2), slice(2, -2))  # SimpleITK gives 0 beyond the outermost centres
    np.testing.assert_allclose(ours.values[..., 0][inner], theirs[inner], atol=1e-5)


def test_the_shape_keeps_the_field_of_view_to_half_a_voxel(make_image) -> None:
    result = apply(make_image(np.zeros((10, 10)), (0.7, 0.7)), Parameters(spacing_mm=(1.0, 2.0)))
    assert result.shape == (7, 4)  # 7.0 mm / 1 mm; 7.0 mm / 2 mm = 3.5, rounded up
    assert result.spacing == (1.0, 2.0)


def test_an_axis_never_vanishes(make_image) -> None:
    assert apply(make_image(np.zeros((3, 3))), Parameters(spacing_mm=(100.0, 1.0))).shape == (1, 3)


def test_detail_that_the_coarser_grid_cannot_carry_is_smoothed_away(make_image) -> None:
    stripes = np.tile([0.0, 1.0], (8, 16))  # alternates with every voxel: plain subsampling would keep it
    result = apply(make_image(stripes), Parameters(spacing_mm=(4.0, 4.0)))
    assert result.values[:, 1:-1].std() < 0.01


def test_channels_are_resampled_one_by_one(make_image) -> None:
    generator = np.random.default_rng(2)
    planes = [generator.normal(size=(6, 7)) for _ in range(3)]
    colour = Image(np.stack(planes, axis=-1).astype(np.float32), (1.0, 1.0), "patient", "arbitrary")
    parameters = Parameters(spacing_mm=(0.5, 1.7))
    alone = [apply(make_image(plane), parameters).values[..., 0] for plane in planes]
    np.testing.assert_array_equal(apply(colour, parameters).values, np.stack(alone, axis=-1))


def test_the_wanted_spacing_changes_nothing(make_image) -> None:
    image = make_image([[1, 2], [3, 4]], (2.0, 2.0))
    assert apply(image, Parameters(spacing_mm=(2.0, 2.0))) is image


def test_a_scan_without_millimetres_is_refused(make_image) -> None:
    image = make_image([[1, 2]], spacing_kind="pixels")
    with pytest.raises(Refused) as refused:
        apply(image, Parameters(spacing_mm=(2.0, 2.0)))
    assert refused.value.reason == "spacing_unknown"


@pytest.mark.parametrize("spacing", [(0.0, 1.0), (-1.0, 1.0), (float("nan"), 1.0), (float("inf"), 1.0)])
def test_an_impossible_spacing_is_refused(make_image, spacing: tuple[float, float]) -> None:
    with pytest.raises(Refused) as refused:
        apply(make_image([[1, 2]], spacing), Parameters(spacing_mm=(2.0, 2.0)))
    assert refused.value.reason == "spacing_invalid"


def test_a_volume_is_refused_by_a_recipe_for_images(make_image) -> None:
    with pytest.raises(Refused) as refused:
        apply(make_image(np.zeros((2, 2, 2))), Parameters(spacing_mm=(2.0, 2.0)))
    assert refused.value.reason == "axes_mismatch"
