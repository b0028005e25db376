"""Numbers of masks that mean something else than the settings say: never read in silence."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from dicom_files import write
from ingesting import cases, config, ingested
from marked_series import stored
from nifti_files import nifti, ramp
from numpy.typing import NDArray
from picture_files import grey, picture
from PIL import Image

from pipeline.ingest import run
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")

MAY_LACK = {"structures": {"lesion": 1}, "may_be_absent": ["lesion"], "undeclared": "ignore"}
SETTINGS = {
    "unit": "series",
    "modalities": ("MR", "DX"),
    "formats": {"nifti": {"modality": "MR"}, "png": {"modality": "DX"}},
    "patient_from": {"pattern": r"/(\w+?)[.]"},
    "masks": MAY_LACK,
}
SHAPE = (5, 4, 3)
MARKED = ramp(SHAPE) > 30


def outcome(workspace: Workspace, image: bytes, mask: bytes, name: str, **masks: Any) -> str:
    write(workspace.root / f"raw/imagesTr/{name}", image)
    write(workspace.root / f"raw/labelsTr/{name}", mask)
    settings = {**SETTINGS, "masks": {**MAY_LACK, **masks}}
    return ingested(workspace, config(**settings))[f"labelsTr/{name}"][1]


def in_volume(workspace: Workspace, mask: NDArray[Any], **masks: Any) -> str:
    return outcome(workspace, nifti(ramp()), nifti(mask), "a.nii", **masks)


def in_picture(workspace: Workspace, mask: bytes, **masks: Any) -> str:
    return outcome(workspace, picture(grey()), mask, "a.png", **masks)


@pytest.mark.parametrize(
    "mask",
    [
        MARKED * np.uint8(255),
        MARKED * np.uint8(128),
        MARKED * np.float32(255),
        MARKED * np.uint16(65535),
        np.where(MARKED, 3, 2).astype(np.uint8),
        (MARKED * 2).astype(np.int16),
    ],
    ids=["0 and 255", "0 and 128", "fractions", "16 bits", "no background", "one too high"],
)
def test_a_mask_of_undeclared_numbers_alone_is_no_word_that_the_structure_is_absent(
    workspace: Workspace, mask: NDArray[Any]
) -> None:
    told = in_volume(workspace, mask)
    lowest = int(mask[mask > 0].min())
    assert told == f"mask_values_invalid (nothing but undeclared values, {lowest} the lowest of them)"
    assert stored(workspace) == {}
    assert len(cases(workspace)) == 1


def palette(mask: NDArray[np.bool_]) -> bytes:
    """A picture of the indices 0 and 1, shown black and white."""
    image = Image.fromarray(mask.astype(np.uint8), mode="P")
    image.putpalette([0, 0, 0, 255, 255, 255])
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def test_pictures_of_white_on_black_say_255_whatever_their_form(workspace: Workspace) -> None:
    marked = grey() > 100
    white = (marked * 255).astype(np.uint8)
    for mask in (picture(white), picture(white, mode="RGBA")):
        told = in_picture(workspace, mask)
        assert told == "mask_values_invalid (nothing but undeclared values, 255 the lowest of them)"
        assert stored(workspace) == {}
        assert in_picture(workspace, mask, structures={"lesion": [1, 255]}) == "ok"
        np.testing.assert_array_equal(next(iter(stored(workspace).values())), marked)


def test_a_palette_of_black_and_white_is_read_by_what_the_settings_declare(workspace: Workspace) -> None:
    marked = grey() > 100
    for numbers in (1, 255):
        assert in_picture(workspace, palette(marked), structures={"lesion": numbers}) == "ok"
        np.testing.assert_array_equal(next(iter(stored(workspace).values())), marked)


def test_whole_numbers_written_as_fractions_are_those_numbers(workspace: Workspace) -> None:
    assert in_volume(workspace, MARKED.astype(np.float64)) == "ok"
    (mask,) = stored(workspace).values()
    assert mask.sum() == MARKED.sum()


def scaled(workspace: Workspace, mask: NDArray[Any], slope: float, intercept: float = 0.0) -> str:
    return outcome(workspace, nifti(ramp()), nifti(mask, scaling=(slope, intercept)), "a.nii")


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize(("slope", "intercept"), [(1 / 255, 0), (-1 / 255, 1)], ids=["255 is 1", "0 is 1"])
def test_a_slope_that_no_fraction_of_32_bits_meets_leaves_whole_numbers(
    workspace: Workspace, slope: float, intercept: float, dtype: Any
) -> None:
    stored_as = np.where((intercept == 0) == MARKED, 255, 0).astype(dtype)
    assert float(np.float64(255) * np.float32(slope)) + intercept not in (0.0, 1.0)
    assert scaled(workspace, stored_as, slope, intercept) == "ok"
    (mask,) = stored(workspace).values()
    assert mask.sum() == MARKED.sum()
    assert notes(workspace) == []


@pytest.mark.parametrize("slope", [0.99999, 1.00001, 1 / 254])
def test_what_no_rounding_explains_is_no_whole_number(workspace: Workspace, slope: float) -> None:
    mask = MARKED.astype(np.uint8) * (255 if slope < 0.5 else 1)
    told = scaled(workspace, mask, slope)
    assert told == "mask_values_invalid (numbers that are not whole, where a label map has whole ones)"


def notes(workspace: Workspace, **masks: Any) -> list[str]:
    settings = {**SETTINGS, "masks": {**MAY_LACK, **masks}}
    lines = run(config(**settings), workspace).lines
    return [line.split()[1] for line in lines if line.split()[0] == "noted"]


def test_what_was_ignored_beside_a_structure_is_told(workspace: Workspace) -> None:
    both = np.where(MARKED, 1, 0).astype(np.uint8)
    both[0, 0, 0] = 255
    assert in_volume(workspace, both) == "ok"
    assert notes(workspace) == ["undeclared_ignored"]
    assert in_volume(workspace, MARKED.astype(np.uint8)) == "ok"
    assert notes(workspace) == []


def test_numbers_that_begin_with_one_for_nothing_are_told(workspace: Workspace) -> None:
    shifted = np.where(MARKED, 2, 1).astype(np.uint8)
    names = {"lesion": 1, "organ": 2}
    assert in_volume(workspace, shifted, structures=names, undeclared="refuse") == "ok"
    assert notes(workspace, structures=names, undeclared="refuse") == ["mask_without_zero"]
