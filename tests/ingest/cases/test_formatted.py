from __future__ import annotations

import numpy as np
import pytest
from nifti_files import nifti, ramp
from picture_files import colours, picture, png

from pipeline.ingest.cases.formatted import open_formatted
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.pixels.plausibility import Tally, check_ct
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.frames import Frame

LIMITS = FileLimits()


def planes(data: bytes, name: str = "nifti") -> list[np.ndarray]:
    source = open_formatted(name, data, LIMITS)
    return [source.plane(index, source.transform(index)).array for index in range(source.frames)]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_slices_are_the_numbers_of_the_file_in_their_smallest_dtype(order: str, dtype: str) -> None:
    numbers = ramp(dtype=np.dtype(dtype)) - (30 if dtype[0] in "if" else 0)
    found = planes(nifti(numbers.astype(dtype), order=order))
    assert len(found) == 3
    for k, plane in enumerate(found):
        assert np.array_equal(plane, numbers[:, :, k].T)
        assert plane.dtype == (np.uint8 if numbers[:, :, k].min() >= 0 else np.int16)


def test_a_scale_is_applied() -> None:
    found = planes(nifti(ramp(), scaling=(0.5, -3.0)))
    assert found[2][1, 4] == ramp()[4, 1, 2] * 0.5 - 3
    assert found[0].dtype == np.float32


def test_whole_numbers_that_32_bits_cannot_hold_are_refused() -> None:
    with pytest.raises(Refusal, match="implausible_values"):
        planes(nifti(ramp(dtype=np.int64) + (1 << 40) + 1))


def test_colours_of_16_bits_become_8_where_they_hold_no_more() -> None:
    deep = colours().astype(np.uint16)
    assert np.array_equal(planes(png(deep * 257, depth=16, colour=2), "png")[0], colours())
    assert planes(png(deep * 200, depth=16, colour=2), "png")[0].dtype == np.uint16
    assert np.array_equal(planes(picture(colours()), "png")[0], colours())


def test_the_settings_vouch_for_hounsfield_units_without_air(plane: Frame) -> None:
    source = open_formatted("nifti", nifti(ramp()), LIMITS)
    for attested in (True, False):
        frame = Frame(**{**plane.__dict__, "names_unit": attested})
        transform = source.transform(0, frame)
        tally = Tally()
        tally.add(source.plane(0, transform), transform)
        if attested:
            check_ct(tally, transform, bits_stored=16)
        else:
            with pytest.raises(Refusal, match="no intercept; no unit is told"):
                check_ct(tally, transform, bits_stored=16)
