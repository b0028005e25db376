"""Files that nnU-Net's layout names as channels of one case, through the real stage."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from ingesting import cases, config, ingested, reasons, store, voxels, write_all
from marked_series import stored
from nifti_files import OBLIQUE, nifti, packed, ramp
from picture_files import colours, grey, picture

from pipeline.config import Config
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")
TWO = b'{"channel_names": {"0": "T1", "1": "T2"}, "file_ending": ".nii.gz"}'


def settings(**changed: Any) -> Config:
    return config(**{"unit": "series", "patient_from": {"pattern": r"/(\w+)_\d{4}"}, **changed})


def channel(start: int, *, mirrored: bool = False) -> bytes:
    """A volume of 5 x 4 x 3; the same one is stored along another direction if `mirrored`."""
    array, affine = ramp(start=start), OBLIQUE.copy()
    if mirrored:
        affine[:3, 3] += affine[:3, 0] * (len(array) - 1)
        affine[:3, 0] *= -1
        array = array[::-1]
    return packed(nifti(np.ascontiguousarray(array), affine))


def pair(name: str, start: int = 0, **changed: bool) -> dict[str, bytes]:
    return {
        f"imagesTr/{name}_0000.nii.gz": channel(start),
        f"imagesTr/{name}_0001.nii.gz": channel(start + 100, **changed),
    }


def test_channels_of_a_case_are_one_array_whatever_direction_each_is_stored_in(workspace: Workspace) -> None:
    write_all(workspace.root / "raw", {**pair("a"), **pair("b", 7, mirrored=True), "dataset.json": TWO})
    found = ingested(workspace, settings())
    assert {outcome[1] for path, outcome in found.items() if path != "dataset.json"} == {"ok"}
    read = sorted(cases(workspace), key=lambda case: voxels(workspace, case).min())
    assert [case.channels for case in read] == [2, 2]
    for case, start in zip(read, (0, 7), strict=True):
        array = voxels(workspace, case)
        assert array.shape == (3, 4, 5, 2)
        assert np.array_equal(array[..., 1], array[..., 0] + 100)
        assert array[..., 0].min() == start


def test_the_channels_of_a_case_are_one_study_of_one_patient(workspace: Workspace) -> None:
    write_all(workspace.root / "raw", {**pair("a"), **pair("b", 7), "dataset.json": TWO})
    ingested(workspace, settings(patient_from="study"))
    read = cases(workspace)
    assert [case.channels for case in read] == [2, 2]
    assert len({case.patient_id for case in read}) == len({case.study_id for case in read}) == 2


def test_a_case_that_lacks_a_channel_is_told_and_one_alone_is_no_channel(workspace: Workspace) -> None:
    files = {**pair("a"), "imagesTr/b_0000.nii.gz": channel(30), "imagesTr/c_0001.nii.gz": channel(60)}
    write_all(workspace.root / "raw", {**files, "dataset.json": TWO})
    found = ingested(workspace, settings())
    assert found["imagesTr/b_0000.nii.gz"][1] == "channels_incomplete (1 of 2 channels)"
    assert found["imagesTr/c_0001.nii.gz"][1] == "channels_incomplete (of its first channel: it is not here)"
    assert len(cases(workspace)) == 1
    write_all(workspace.root / "raw", {"dataset.json": TWO.replace(b', "1": "T2"', b"")})
    ingested(workspace, settings())
    assert sorted(case.channels for case in cases(workspace)) == [1, 2]


@pytest.mark.parametrize("start", [0, 1])
def test_cases_of_four_digits_are_no_channels_of_one_another(workspace: Workspace, start: int) -> None:
    raw = workspace.root / "raw"
    masks = {"structures": {"a": 1, "b": 2, "c": 3}, "may_be_absent": ["a", "b", "c"]}
    read = settings(patient_from={"pattern": r"/(\w)_"}, masks=masks)  # all of them are of one patient
    names = [f"p_{number:04}.nii.gz" for number in range(start, start + 3)]
    write_all(raw, {f"imagesTr/{name}": channel(10 * at) for at, name in enumerate(names)})
    ingested(workspace, read)  # as they are called, they are channels, if the first one is there
    marked = ramp() > 30
    marks = {f"labelsTr/{name}": packed(nifti(marked * np.uint8(at))) for at, name in enumerate(names, 1)}
    described = {"modality": {"0": "MRI"}, "numTraining": 3}
    write_all(raw, {**marks, "dataset.json": json.dumps(described).encode()})
    found = ingested(workspace, read)
    assert {outcome[1] for path, outcome in found.items() if path != "dataset.json"} == {"ok"}
    own = sorted(cases(workspace), key=lambda case: voxels(workspace, case).min())
    assert [voxels(workspace, case).min() for case in own] == [0, 10, 20]
    assert [case.channels for case in own] == [1, 1, 1]
    held = {(case_id, name) for (case_id, name), mask in stored(workspace).items() if mask.any()}
    assert held == {(case.case_id, name) for case, name in zip(own, "abc", strict=True)}


def test_a_channel_that_changes_or_goes_changes_its_case(workspace: Workspace) -> None:
    raw = workspace.root / "raw"
    write_all(raw, {**pair("a"), **pair("b", 7), "dataset.json": TWO})
    ingested(workspace, settings())
    before = {case.case_id for case in cases(workspace)}
    write_all(raw, {"imagesTr/b_0001.nii.gz": channel(300)})
    ingested(workspace, settings())
    after = cases(workspace)
    assert len({case.case_id for case in after} & before) == 1
    assert [case.channels for case in after] == [2, 2]
    write_all(raw, {"imagesTr/a_0000.nii.gz": channel(500)})  # the one that the others are told by
    ingested(workspace, settings())
    assert [case.channels for case in cases(workspace)] == [2, 2]
    assert max(voxels(workspace, case)[..., 0].max() for case in cases(workspace)) == 559
    stored = store(workspace)
    ingested(workspace, settings())
    assert store(workspace) == stored
    (raw / "imagesTr/a_0001.nii.gz").unlink()
    ingested(workspace, settings())
    assert reasons(workspace, settings())["imagesTr/a_0000.nii.gz"] == "channels_incomplete"
    assert len(cases(workspace)) == 1


def test_channels_of_other_grids_are_refused_or_resampled_as_the_settings_say(workspace: Workspace) -> None:
    other = OBLIQUE.copy()
    other[:3, 3] += other[:3, 2]
    files = {
        "imagesTr/a_0000.nii.gz": channel(0),
        "imagesTr/a_0001.nii.gz": packed(nifti(ramp(start=90), other)),
    }
    write_all(workspace.root / "raw", {**files, "dataset.json": TWO})
    found = ingested(workspace, settings())
    assert {found[name][1] for name in files} == {"channels_differ (channel 1 lies 1 voxels off the first)"}
    ingested(workspace, settings(channels={"resample": "linear"}))
    (case,) = cases(workspace)
    assert (case.channels, case.notes) == (2, ("channels_resampled",))
    assert np.allclose(
        voxels(workspace, case)[1:, ..., 1], voxels(workspace, case)[:-1, ..., 0] + 90, atol=1e-3
    )


def test_pictures_may_be_channels_and_colours_may_not(workspace: Workspace) -> None:
    files = {
        "imagesTr/a_0000.png": picture(grey()), "imagesTr/a_0001.png": picture(grey() // 2),
        "imagesTr/b_0000.png": picture(colours()), "imagesTr/b_0001.png": picture(colours() // 2),
    }  # fmt: skip
    write_all(workspace.root / "raw", files)
    found = ingested(workspace, settings(formats={"png": {"modality": "DX"}}))
    (case,) = cases(workspace)
    assert np.array_equal(voxels(workspace, case), np.stack([grey(), grey() // 2], axis=-1))
    assert found["imagesTr/b_0000.png"][1] == "channels_differ (a channel of colours)"
