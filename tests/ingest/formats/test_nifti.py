from __future__ import annotations

import gzip
import struct
import zlib

import nibabel
import numpy as np
import pytest
from nifti_files import OBLIQUE, nifti, packed, patched, ramp

from pipeline.ingest.formats.nifti import is_nifti, read
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.reasons import Refusal

LIMITS = FileLimits()


def refusal(data: bytes, limits: FileLimits = LIMITS, **stated: str) -> str:
    with pytest.raises(Refusal) as caught:
        read(data, limits, **stated)
    return str(caught.value)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_every_kind_of_number_is_read_as_nibabel_reads_it(version: int, order: str, dtype: str) -> None:
    data = nifti(ramp(dtype=np.dtype(dtype)), version=version, order=order)
    kind = {1: nibabel.Nifti1Image, 2: nibabel.Nifti2Image}[version]
    oracle = kind.from_bytes(data)
    array, affine, facts = read(data, LIMITS)
    assert np.array_equal(array, np.asarray(oracle.dataobj))
    assert array.dtype == np.dtype(dtype)
    np.testing.assert_allclose(affine, oracle.affine, atol=1e-6)
    assert (facts.slope, facts.intercept) == (1.0, 0.0)


def test_a_slope_and_an_intercept_are_applied_as_nibabel_applies_them() -> None:
    data = nifti(ramp(), scaling=(0.37, -1024.0))
    array, _, _ = read(data, LIMITS)
    np.testing.assert_allclose(array, nibabel.Nifti1Image.from_bytes(data).get_fdata(), rtol=1e-12)


@pytest.mark.parametrize("slope", [0.0, float("nan")])
def test_a_slope_of_nothing_scales_nothing(slope: float) -> None:
    array, _, _ = read(nifti(ramp(), scaling=(slope, 7.0)), LIMITS)
    assert np.array_equal(array, ramp())


@pytest.mark.parametrize("scaling", [(float("inf"), 0.0), (2.0, float("nan"))])
def test_a_scaling_that_is_not_finite_is_refused(scaling: tuple[float, float]) -> None:
    assert "scl_slope or scl_inter" in refusal(nifti(ramp(), scaling=scaling))


def test_colours_are_three_samples_a_voxel() -> None:
    colours = np.zeros((3, 2, 2), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    for number, name in enumerate("RGB"):
        colours[name] = ramp((3, 2, 2), np.uint8, 100 * number // 2)
    array, _, facts = read(nifti(colours), LIMITS)
    assert (array.shape, facts.samples) == ((3, 2, 2, 3), 3)
    assert array[1, 0, 1].tolist() == [int(colours[name][1, 0, 1]) for name in "RGB"]


def test_bytes_in_gzip_of_one_or_several_members_are_the_same_volume() -> None:
    data = nifti(ramp())
    for whole in (packed(data), packed(data[:200]) + packed(data[200:]), packed(data) + bytes(512)):
        array, affine, _ = read(whole, LIMITS)
        assert np.array_equal(array, ramp())
        np.testing.assert_allclose(affine, OBLIQUE, atol=1e-6)


def test_bytes_behind_the_voxels_change_nothing() -> None:
    array, _, _ = read(nifti(ramp()) + b"more", LIMITS)
    assert np.array_equal(array, ramp())


def test_a_volume_that_breaks_off_says_how_much_is_missing() -> None:
    data = nifti(ramp())  # 60 voxels of 2 bytes
    assert refusal(data[:-7]) == "truncated_pixel_data: 7 of 120 bytes are missing"
    assert refusal(packed(data)[:-30]).startswith("truncated_pixel_data")
    assert refusal(data[:347]) == "corrupt_dataset: no NIfTI header"


def test_gzip_that_is_damaged_is_refused_also_at_its_checksum() -> None:
    whole = packed(nifti(ramp()))
    assert refusal(whole[:40] + bytes(20) + whole[60:]).startswith("archive_damaged")
    assert refusal(patched(whole, len(whole) - 8, b"\0\0\0\0")).startswith("archive_damaged")


def test_a_bomb_is_inflated_as_far_as_its_header_announces() -> None:
    squeezer = zlib.compressobj(9, wbits=31)
    bomb = squeezer.compress(nifti(ramp())) + b"".join(squeezer.compress(bytes(1 << 20)) for _ in range(256))
    array, _, _ = read(bomb + squeezer.flush(), FileLimits(file_bytes=1000))
    assert np.array_equal(array, ramp())


def test_what_a_header_announces_is_held_against_the_limits_before_anything_is_made() -> None:
    huge = patched(nifti(ramp()), 42, struct.pack("<3h", 32767, 32767, 32767))
    assert refusal(huge).startswith("limit_exceeded: 70")
    assert refusal(packed(huge)).startswith("limit_exceeded: 70")
    assert refusal(nifti(ramp()), FileLimits(decoded_bytes=119)) == (
        "limit_exceeded: 120 bytes of pixels, allowed 119"
    )
    flat = patched(nifti(ramp(dtype=np.int16), version=2), 24, struct.pack("<3q", 1, 1, 200_000))
    assert refusal(flat) == "limit_exceeded: more than 100000 slices"


@pytest.mark.parametrize(
    ("start", "new", "reason"),
    [
        (40, struct.pack("<h", 9), "corrupt_dataset: dim"),
        (42, struct.pack("<h", -3), "corrupt_dataset: dim"),
        (44, struct.pack("<h", 0), "corrupt_dataset: dim"),
        (70, struct.pack("<h", 77), "corrupt_dataset: datatype"),
        (72, struct.pack("<h", 8), "inconsistent_pixel_attributes: datatype 4, bitpix 8"),
        (108, struct.pack("<f", 100.0), "corrupt_dataset: vox_offset"),
        (108, struct.pack("<f", float("nan")), "corrupt_dataset: vox_offset"),
        (123, b"\x05", "corrupt_dataset: xyzt_units"),
        (344, b"ni1\0", "format_kind_unsupported: a header whose voxels are in another file"),
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_is_refused(start: int, new: bytes, reason: str) -> None:
    assert refusal(patched(nifti(ramp()), start, new)).startswith(reason)


@pytest.mark.parametrize(("code", "bits"), [(1, 1), (32, 64), (1792, 128), (1536, 128), (2304, 32)])
def test_kinds_of_numbers_that_are_no_measurement_are_told(code: int, bits: int) -> None:
    odd = patched(nifti(ramp()), 70, struct.pack("<2h", code, bits))
    assert refusal(odd).startswith("format_kind_unsupported")


def test_four_axes_are_refused_unless_the_fourth_has_one_place() -> None:
    assert refusal(nifti(ramp((5, 4, 3, 2)))).startswith("format_kind_unsupported: 2 volumes or values")
    array, _, _ = read(nifti(ramp((5, 4, 3, 1))), LIMITS)
    assert np.array_equal(array, ramp())


def test_a_label_map_says_so() -> None:
    data = patched(nifti(ramp()), 68, struct.pack("<h", 1002))
    assert read(data, LIMITS)[2].is_label_map
    assert not read(nifti(ramp()), LIMITS)[2].is_label_map


def test_only_what_begins_as_nifti_is_taken_for_it() -> None:
    data = nifti(ramp())
    assert is_nifti(data) and is_nifti(nifti(ramp(), version=2, order=">"))
    assert is_nifti(patched(data, 344, b"ni1\0"))  # the header of a pair
    assert not is_nifti(patched(data, 344, b"abcd"))
    assert not is_nifti(patched(data, 128, b"DICM"))  # a preamble may hold anything
    assert not is_nifti(b"") and not is_nifti(gzip.compress(data))
