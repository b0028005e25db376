"""Data sets of nnU-Net and BIDS through the real stage, read as they lie."""

from __future__ import annotations

import pytest
from ingesting import cases, config, ingested, reasons, write_all
from nifti_files import nifti, packed, ramp
from picture_files import grey, picture

from pipeline.errors import DataError
from pipeline.ingest import run
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")
FORMATS = {"nifti": {"modality": "MR"}, "png": {"modality": "DX"}}


def test_a_folder_of_formats_that_nothing_states_is_refused_with_what_to_state(workspace: Workspace) -> None:
    write_all(workspace.root / "raw", {"a/v.nii": nifti(ramp()), "a/p.png": picture(grey())})
    with pytest.raises(
        DataError, match=r"Of 2 files of other formats \(`.*formats.*`\), state in `ingest.formats`"
    ):
        run(config(), workspace)
    ingested(workspace, config(unit="series", patient_from="folder", formats=FORMATS))
    assert len(cases(workspace)) == 2


def test_a_data_set_of_nnunet_is_read_as_it_lies(workspace: Workspace) -> None:
    raw = workspace.root / "raw"
    files = {f"imagesTr/c_{n}_0000.nii.gz": packed(nifti(ramp(start=n))) for n in range(3)}
    files |= {f"labelsTr/c_{n}.nii.gz": packed(nifti(ramp(start=9 + n))) for n in range(3)}
    write_all(raw, {**files, "dataset.json": b'{"channel_names": {"0": "T1"}, "file_ending": ".nii.gz"}'})
    by_case = config(unit="series", patient_from={"pattern": r"/c_(\d)"})
    lines = run(by_case, workspace).lines
    assert "dataset.json: nifti is MR" in lines
    found = reasons(workspace, by_case)
    assert {found[name] for name in files if name.startswith("imagesTr")} == {"ok"}
    assert {found[name] for name in files if name.startswith("labelsTr")} == {"mask_not_image"}
    write_all(raw, {"dataset.json": b'{"channel_names": {"0": "CT"}, "file_ending": ".nii.gz"}'})
    ingested(workspace, by_case)  # what it says decides what the images are: all are read again
    assert {outcome[1].split(" ")[0] for outcome in ingested(workspace, by_case).values()} == {
        "implausible_values", "mask_not_image", "not_dicom",
    }  # fmt: skip


def test_a_bids_data_set_is_read_by_subject_and_without_its_masks_and_derivatives(
    workspace: Workspace,
) -> None:
    images = [f"sub-{who}/ses-{day}/anat/sub-{who}_ses-{day}_T1w.nii.gz" for who in "AB" for day in "12"]
    others = ["sub-A/anat/sub-A_dseg.nii.gz", "derivatives/seg/sub-A/anat/sub-A_T1w.nii.gz"]
    files = {name: packed(nifti(ramp(start=number))) for number, name in enumerate([*images, *others])}
    write_all(workspace.root / "raw", {**files, "participants.tsv": b"participant_id\nsub-A\n"})
    analysis = config(unit="series", formats=FORMATS)
    lines = run(analysis, workspace).lines
    assert any("4 images of 2 patients, by the subjects of BIDS" in line for line in lines)
    found = reasons(workspace, analysis)
    assert {found[name] for name in images} == {"ok"}
    assert [found[name] for name in others] == ["mask_not_image", "derived_not_selected"]
    assert len(cases(workspace)) == 4
    assert len({case.patient_id for case in cases(workspace)}) == 2
