"""Masks that are stored: crashes, deletion, verification, export, and the settings that declare them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from ingesting import cases, config, ingested
from marked_series import OBLIQUE, SETTINGS, marks, put, series, stored, told
from mask_files import segmentation, slices, structure_set
from pydantic import ValidationError
from pydicom.dataset import Dataset

from pipeline import export
from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue, masks
from pipeline.commands import forget, verify
from pipeline.errors import DamageError
from pipeline.ingest import run
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")


def test_a_child_that_ends_over_a_mask_takes_no_scan_with_it(workspace: Workspace, raw: Path) -> None:
    sources = series()
    endless = structure_set(sources, {"rear": []})
    contour = Dataset()
    contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", 3_000_000
    contour.add_new(0x30060050, "UN", b"1\\" * 8_999_999 + b"1")  # takes longer than the second allowed
    endless.ROIContourSequence[0].ContourSequence = [contour]
    put(raw, *sources, endless)
    state, reason, step = told(workspace, limits={"seconds": 1})
    assert (state, reason) == ("failed", "decode_error (the decoder did not end in time)")
    assert "ingest.limits.seconds" in step
    assert len(cases(workspace)) == 1


def test_forgotten_masks_leave_no_bit_and_no_row(workspace: Workspace, raw: Path) -> None:
    sources = series()
    waiting = segmentation(slices(), marks(), SOPInstanceUID="2.25.9001", FrameOfReferenceUID="2.25.99")
    put(raw, *sources, segmentation(sources, marks()), waiting)
    run(config(**SETTINGS), workspace)
    with Catalogue(workspace.catalogue) as catalogue:
        places = [one.stored for one in masks.all_of(catalogue)]
    assert len(places) == 2
    forget.run(config(**SETTINGS), workspace, "PAT1")
    assert stored(workspace) == {}
    assert not any(Shards(workspace.cases).read(place).any() for place in places)
    outcomes = {path: row[1] for path, row in ingested(workspace, config(**SETTINGS)).items()}
    assert set(outcomes.values()) == {"consent_withdrawn"}
    assert len(outcomes) == 7


def test_verify_sees_a_changed_bit_of_a_mask_and_of_its_row(workspace: Workspace, raw: Path) -> None:
    sources = series()
    put(raw, *sources, segmentation(sources, marks()))
    run(config(**SETTINGS), workspace)
    assert "match" in verify.run(workspace).lines[0]
    with Catalogue(workspace.catalogue) as catalogue:
        place = masks.all_of(catalogue)[0].stored
    path = workspace.cases / place.shard
    data = bytearray(path.read_bytes())
    data[128 + place.offset] ^= 1  # behind the header of the shard
    path.write_bytes(data)
    with pytest.raises(DamageError, match="1 masks are damaged"):
        verify.run(workspace)
    data[128 + place.offset] ^= 1
    path.write_bytes(data)
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.query("UPDATE masks SET structure = 'other' WHERE structure = 'anterior'")
    with pytest.raises(DamageError, match="are damaged"):
        verify.run(workspace)


def test_masks_are_exported_beside_their_scan_on_its_grid(workspace: Workspace, raw: Path) -> None:
    sources = series(OBLIQUE)
    put(raw, *sources, segmentation(sources, marks()))
    run(config(**SETTINGS), workspace)
    (case,) = cases(workspace)
    lines = export.run(config(**SETTINGS), workspace, workspace.root / "out").lines
    assert lines[-1] == "Masks beside them: 2, of them 2 new or changed."
    image = nib.load(workspace.root / f"out/{case.case_id}.nii.gz")
    mask = nib.load(workspace.root / f"out/{case.case_id}_anterior.nii.gz")
    assert np.array_equal(mask.affine, image.affine)
    assert mask.get_data_dtype() == np.uint8
    # (columns, rows, slices)
    expected = stored(workspace)[case.case_id, "anterior"].T
    assert np.array_equal(np.asarray(mask.dataobj), expected)


@pytest.mark.parametrize(
    ("wrong", "told_so"),
    [
        ({"structures": {}}, "at least 1"),
        ({"structures": {"a b": 1}}, "a structure has a name of letters.* found 'a b'"),
        ({"structures": {"a": 1}, "may_be_absent": ["b"]}, "`may_be_absent` names 'b'"),
        ({"structures": {"a": "Liver", "b": [2, "liver "]}}, "'a' and 'b' are both called liver"),
        ({"structures": {"a": 0}}, "whole numbers of 1 to 65535 .* found 0"),
        ({"structures": {"a": 1}, "threshold": 0}, "greater than 0"),
    ],
    ids=["no structure", "a name with a blank", "absent", "twice", "background", "threshold"],
)
def test_settings_that_name_no_structure_or_two_at_once_are_refused(
    wrong: dict[str, Any], told_so: str
) -> None:
    with pytest.raises(ValidationError, match=told_so):
        config(masks=wrong)
