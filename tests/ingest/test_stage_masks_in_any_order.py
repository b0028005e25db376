"""Whatever comes first, a mask, its image or another image: each run ends as a fresh one on the same files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import encoded, write
from ingesting import config, ingested
from marked_series import marks, series, stored
from mask_files import segmentation
from nifti_files import nifti, ramp
from packed import zipped

from pipeline.ingest import run
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")

Files = Mapping[str, "bytes | None"]
"""Bytes to write by path below RAW, None to take away."""
LABELS = nifti((np.arange(60) % 3).reshape(5, 4, 3).astype(np.uint8))
OTHERS = nifti((np.arange(60) % 3)[::-1].reshape(5, 4, 3).astype(np.uint8))
IMAGE, SECOND = nifti(ramp()), nifti(ramp(start=9))
SETTINGS = {
    "unit": "series",
    "modalities": ("MR",),
    "formats": {"nifti": {"modality": "MR"}},
    "patient_from": {"pattern": r"(a|sub-1)"},
    "masks": {"structures": {"front": 1, "rear": 2}},
}


def echo(number: int) -> dict[str, bytes]:
    """The slices of one of two echoes of a series, in the same places."""
    slices = series()
    for at, one in enumerate(slices):
        one.SOPInstanceUID, one.EchoTime = f"2.25.8{number}{at}", 10 * number
        one.PixelData = (np.arange(35, dtype=np.uint16) + 1000 * number + at).tobytes()
        one.EchoNumbers = number
    return {f"{number}{at}.dcm": encoded(one) for at, one in enumerate(slices)}


def drawn(seed: int) -> bytes:
    """A segmentation that names the first echo's series, not its images."""
    sources = series()
    ds = segmentation(sources, marks(seed))
    del ds.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    for group in ds.PerFrameFunctionalGroupsSequence:
        if "DerivationImageSequence" in group:
            del group.DerivationImageSequence
    return encoded(ds)


def steps(image: Files, second: Files, mask: Files, other: Files) -> list[Files]:
    return [image, second, mask, other]


ARRIVALS = {
    "BIDS": steps(
        {"sub-1/anat/sub-1_T1w.nii": IMAGE},
        {"sub-1/anat/sub-1_T2w.nii": SECOND},
        {"sub-1/anat/sub-1_dseg.nii": LABELS},
        {"sub-1/anat/sub-1_dseg.nii": OTHERS},
    ),
    "derivatives": steps(
        {"sub-1/sub-1_echo-1_T1w.nii": IMAGE},
        {"sub-1/sub-1_echo-1_T2w.nii": SECOND},
        {"derivatives/x/sub-1/sub-1_echo-1_dseg.nii": LABELS},
        {"derivatives/x/sub-1/sub-1_echo-1_dseg.nii": OTHERS},
    ),
    "packed derivatives": steps(
        {"sub-1/sub-1_T1w.nii": IMAGE},
        {"sub-1/sub-1_T2w.nii": SECOND},
        {"derivatives/x.zip": zipped({"sub-1/sub-1_dseg.nii": LABELS})},
        {"derivatives/x.zip": zipped({"sub-1/sub-1_dseg.nii": OTHERS})},
    ),
    "a likelier image": steps(
        {"imagesTr/a_0000.nii": IMAGE},
        {"imagesTr/a.nii": SECOND},
        {"labelsTr/a.nii": LABELS},
        {"labelsTr/a.nii": OTHERS},
    ),
    "DICOM": steps(echo(1), echo(2), {"mask.dcm": drawn(3)}, {"mask.dcm": drawn(4)}),
}


def put(raw: Path, files: Files) -> None:
    for name, data in files.items():
        if data is None:
            (raw / name).unlink()
        else:
            write(raw / name, data)


def found(workspace: Workspace) -> Any:
    """What became of every file, and every mask."""
    outcomes = {path: row[:2] for path, row in ingested(workspace, config(**SETTINGS)).items()}
    return outcomes, {key: mask.tobytes() for key, mask in stored(workspace).items()}


def compared(folder: Path, orders: Iterable[Sequence[Files]]) -> None:
    """Holds each run of each order against a fresh one on the same files."""
    fresh: dict[str, Any] = {}
    for number, order in enumerate(orders):
        later = Workspace(folder / f"later {number}", "study")
        here: dict[str, bytes | None] = {}
        for files in order:
            put(later.root / "raw", files)
            here |= files
            whole = {name: data for name, data in sorted(here.items()) if data is not None}
            told = found(later)
            if repr(whole) not in fresh:
                at_once = Workspace(folder / f"fresh {len(fresh)}", "study")
                put(at_once.root / "raw", whole)
                fresh[repr(whole)] = found(at_once)
            assert told == fresh[repr(whole)], (number, list(files))
    assert any(masks for _, masks in fresh.values())


@pytest.mark.parametrize("kind", ["BIDS", "packed derivatives", "a likelier image"])
def test_a_second_image_that_comes_late_gives_the_masks_of_a_fresh_run(tmp_path: Path, kind: str) -> None:
    image, second, mask, _ = ARRIVALS[kind]
    compared(tmp_path, [[{**image, **mask}, second]])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ARRIVALS)
def test_masks_end_as_in_a_fresh_run_in_every_order_of_arrival(tmp_path: Path, kind: str) -> None:
    image, second, mask, other = ARRIVALS[kind]
    gone = [dict.fromkeys(one) for one in (mask, second, image)]
    orders = [[*first, other] for first in permutations([image, second, mask])]
    compared(tmp_path, [*orders, [image, mask, second, gone[1], second, gone[0], mask, gone[2], image]])


def test_channels_end_as_in_a_fresh_run_whichever_comes_first(tmp_path: Path) -> None:
    first, second = {"imagesTr/a_0000.nii": IMAGE}, {"imagesTr/a_0001.nii": SECOND}
    mask = {"labelsTr/a.nii": LABELS}
    compared(tmp_path, [[{**second, **mask}, first]])


def test_a_mask_that_gets_another_image_is_told_apart_from_files_tried_again(
    workspace: Workspace, raw: Path
) -> None:
    image, second, mask, _ = ARRIVALS["BIDS"]
    put(raw, {**image, **mask})
    run(config(**SETTINGS), workspace)
    put(raw, second)
    lines = run(config(**SETTINGS), workspace).lines
    assert "read again, since a file came that is paired with it by its name: 1 file" in lines
    assert not any(line.startswith("tried again") for line in lines)
