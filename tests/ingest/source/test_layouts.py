from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.ingest import Formats
from pipeline.errors import DataError
from pipeline.ingest.source.described_sets import with_layout
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.layouts import (
    case_of_channel,
    is_derivative,
    is_mask_by_place,
    label_of_mask,
    subject_of,
)

IMAGES = ("imagesTr/a.nii.gz", "imagesTr/b.nii.gz")
MR = {"modality": {"0": "MRI"}}


def paths(folder: Path, data: Any, images: tuple[str, ...] = IMAGES, at: str = "") -> list[SourcePath]:
    """A `dataset.json` and images that needn't be there to be listed."""
    path = folder / "dataset.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    file = SourcePath("t", os.fsencode(path), f"{at}dataset.json", path.stat().st_size, 0)
    return [file, *(SourcePath(name, b"", f"{at}{name}", 1, 0) for name in images)]


@pytest.mark.parametrize(
    ("relative", "expected"),
    [
        ("labelsTr/a.nii.gz", True), ("x/labelsTs/a.nii.gz", True), ("all.zip/labelsTr/a.png", True),
        ("imagesTr/a.nii.gz", False), ("imagesTr/labelsTr.nii.gz", False), ("labels/a.png", False),
        ("sub-1/anat/sub-1_dseg.nii.gz", True), ("sub-1/anat/sub-1_label-L_mask.nii.gz", True),
        ("sub-1/anat/sub-1_T1w.nii.gz", False), ("patients/a_mask.nii.gz", False),
    ],
)  # fmt: skip
def test_masks_are_told_by_the_folders_of_a_layout_and_the_suffixes_of_bids(
    relative: str, expected: bool
) -> None:
    assert is_mask_by_place(relative) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sub-1_mask.nii", ""), ("sub-1_T1w_res-2_mask.nii", ""), ("sub-1_desc-brain_mask.nii.gz", "brain"),
        ("sub-1_desc-brain_T1w_mask.png", "brain"), ("sub-1_T1w_desc-brain_probseg.nii", "brain"),
        ("sub-1_desc-auto_label-L_mask.nii", "L"), ("sub-1_seg-tumour_mask.nii", "tumour"),
        ("sub-1_label-a+b_mask.nii", "a+b"), ("sub-1_acq-1.5_desc-brain_mask.nii", "brain"),
        ("sub-1_desc-brain_dseg.nii", ""),
    ],
)  # fmt: skip
def test_what_a_mask_of_one_structure_marks_is_told_by_its_label_else_by_its_description(
    name: str, expected: str
) -> None:
    assert label_of_mask(f"sub-1/anat/{name}") == expected
    assert label_of_mask(name) == ""


def test_a_channel_is_told_by_its_four_digits_in_a_folder_of_images() -> None:
    assert case_of_channel("x/imagesTr/a_12_0001.nii.gz") == "x/imagesTr/a_12.nii.gz"
    assert case_of_channel("imagesTs/a_0000.png") == "imagesTs/a.png"
    for other in (
        "a_0000.png",
        "labelsTr/a_0000.png",
        "imagesTr/a_000.png",
        "imagesTr/a_00000.x",
        "imagesTr/a",
    ):
        assert case_of_channel(other) == ""


def test_subjects_and_derivatives_of_bids_are_told_by_the_path() -> None:
    assert subject_of("raw/sub-A01/ses-2/anat/sub-A01_ses-2_T1w.nii.gz") == "sub-A01"
    assert subject_of("sub-A01.nii.gz") == subject_of("mysub-1/a.nii") == ""
    assert is_derivative("derivatives/fsl/sub-1/a.nii.gz")
    assert not is_derivative("sub-1/a.nii.gz") and not is_derivative("derivatives/a.nii.gz")


@pytest.mark.parametrize(
    ("said", "modality"),
    [
        ({"modality": {"0": "MRI"}}, "MR"), ({"channel_names": {"0": "T1", "1": "FLAIR"}}, "MR"),
        ({"channel_names": {"0": "CT"}}, "CT"), ({"modality": {"0": "PET"}}, "PT"),
        ({"channel_names": ["T2w"]}, "MR"), ({"channel_names": {"0": "mr"}}, "MR"),
    ],
)  # fmt: skip
def test_the_modality_of_a_data_set_is_that_of_all_its_channels(
    tmp_path: Path, said: dict[str, Any], modality: str
) -> None:
    formats, lines = with_layout(Formats(), paths(tmp_path, said))
    assert formats.nifti is not None
    assert formats.nifti.modality == modality
    assert lines == [f"dataset.json: nifti is {modality}"]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"modality": {"0": "CT", "1": "MRI"}},
        {"channel_names": {"0": "noNorm"}},
        {"modality": 7},
        {"modality": {}},
    ],
)
def test_a_modality_that_is_not_known_is_asked_for(tmp_path: Path, said: dict[str, Any]) -> None:
    formats, lines = with_layout(Formats(), paths(tmp_path, said))
    assert formats == Formats()
    assert lines == ["note: dataset.json tells no modality that is known; state it in `ingest.formats`"]


@pytest.mark.parametrize("text", ["", "{", "[1]", '"x"', "[" * 100_000])
def test_what_is_no_description_is_told_and_changes_nothing(tmp_path: Path, text: str) -> None:
    formats, lines = with_layout(Formats(), paths(tmp_path, text))
    assert formats == Formats()
    assert lines[0].startswith("note: dataset.json is no JSON of a data set")


def test_the_settings_go_before_a_file_that_says_otherwise(tmp_path: Path) -> None:
    stated = Formats.model_validate({"nifti": {"modality": "CT", "unit": "HU"}})
    formats, lines = with_layout(stated, paths(tmp_path, MR))
    assert formats == stated
    assert lines == ["dataset.json: nifti is CT by `ingest.formats`, where dataset.json says MR"]


def test_the_ending_that_it_names_is_the_format_that_is_stated(tmp_path: Path) -> None:
    formats, _ = with_layout(
        Formats(), paths(tmp_path, {"channel_names": {"0": "CT"}, "file_ending": ".png"})
    )
    assert formats.nifti is None
    assert formats.png is not None


def test_images_that_it_lists_and_that_are_not_there_are_told_and_the_other_way_round(tmp_path: Path) -> None:
    listed = [{"image": f"./imagesTr/{name}.nii.gz", "label": ""} for name in "acd"]
    _, lines = with_layout(Formats(), paths(tmp_path, {**MR, "training": listed}, at="Task04/"))
    assert lines[1:] == [
        "note: dataset.json lists 3 images, 2 of which are not there",
        "note: 1 file lies in imagesTr that dataset.json doesn't list; read all the same",
    ]


def test_an_image_that_is_listed_by_its_case_is_there_by_its_channels(tmp_path: Path) -> None:
    listed = [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}]
    files = ("imagesTr/a_0000.nii.gz", "imagesTr/a_0001.nii.gz", "labelsTr/a.nii.gz")
    _, lines = with_layout(Formats(), paths(tmp_path, {**MR, "training": listed, "numTraining": 1}, files))
    assert lines[1:] == []


def test_masks_that_are_not_there_and_a_wrong_number_of_cases_are_told(tmp_path: Path) -> None:
    listed = [{"image": f"imagesTr/{name}.nii.gz", "label": f"labelsTr/{name}.nii.gz"} for name in "ab"]
    _, lines = with_layout(Formats(), paths(tmp_path, {**MR, "training": listed, "numTraining": 7}))
    assert lines[1:] == [
        "note: dataset.json lists 2 masks, 2 of which are not there",
        "note: dataset.json counts 7 cases for training, and 2 are there",
    ]


def test_cases_of_fewer_channels_than_it_names_are_told(tmp_path: Path) -> None:
    files = ("imagesTr/a_0000.nii.gz", "imagesTr/a_0001.nii.gz", "imagesTr/b_0000.nii.gz")
    said = {"channel_names": {"0": "T1", "1": "T2"}, "file_ending": ".nii.gz"}
    stated = Formats.model_validate({"nifti": {"modality": "MR"}})
    assert with_layout(stated, paths(tmp_path, said, files[:2]))[1][1:] == []
    assert with_layout(stated, paths(tmp_path, said, files))[1][1:] == [
        "note: dataset.json names 2 channels, and 1 case has fewer files; say in `ingest.formats` how many "
        "`channels` are read"
    ]
    # Of a decathlon: its channels lie in one file.
    assert with_layout(stated, paths(tmp_path, said))[1][1:] == []


def test_an_ending_that_no_image_has_is_told(tmp_path: Path) -> None:
    _, lines = with_layout(Formats(), paths(tmp_path, {**MR, "file_ending": ".nrrd"}))
    assert lines[1:] == [
        "note: dataset.json says that images end otherwise than all of those in imagesTr do (`file_ending`)"
    ]


FOUR = (*IMAGES, "labelsTr/a.nii.gz", "labelsTr/b.nii.gz")


def entry(image: str, mask: str) -> dict[str, str]:
    return {"image": f"./imagesTr/{image}.nii.gz", "label": f"./labelsTr/{mask}.nii.gz"}


@pytest.mark.parametrize("at", ["", "Task04/"])
@pytest.mark.parametrize(
    ("said", "entries"),
    [
        ({"training": [entry("a", "b"), entry("b", "a")]}, "entries 1 of `training`, 2 of `training`"),
        ({"training": [entry("a", "a"), entry("b", "a")]}, "entry 2 of `training`"),
        ({"validation": [entry("gone", "b")]}, "entry 1 of `validation`"),
        ({"training": 7 * [entry("a", "b")]}, r"entries (\d of `training`, ){4}5 of `training` and 2 more"),
    ],
    ids=["crossed", "one mask twice", "no such image", "many"],
)
def test_pairs_that_contradict_the_names_are_refused_by_the_numbers_of_their_entries(
    tmp_path: Path, said: dict[str, Any], entries: str, at: str
) -> None:
    files = paths(tmp_path, {**MR, **said}, FOUR, at)
    with pytest.raises(DataError, match=rf"other masks than those of their names \({entries}\)"):
        with_layout(Formats(), files, {"tumour": (1,)})
    assert with_layout(Formats(), files)[0].nifti is not None  # where no mask is read, none is of an image


@pytest.mark.parametrize(
    "said",
    [
        [entry("a", "a"), entry("b", "b")],
        [{"image": ["./imagesTr/a.nii.gz", "x"], "label": "labelsTr/a.nii.gz"}],
        [entry("a", "of_a"), "imagesTr/a.nii.gz", {"image": 7, "label": []}, None],
    ],
    ids=["as the names", "channels", "what is no pair of names"],
)
def test_pairs_that_are_those_of_the_names_are_none_to_ask_about(tmp_path: Path, said: list[Any]) -> None:
    for images in (FOUR, tuple(name.replace(".nii", "_0000.nii", "imagesTr" in name) for name in FOUR)):
        with_layout(Formats(), paths(tmp_path, {**MR, "training": said}, images), {"tumour": (1,)})


def test_a_file_of_that_name_without_the_layout_says_nothing(tmp_path: Path) -> None:
    assert with_layout(Formats(), paths(tmp_path, MR, ("a.nii.gz",))) == (Formats(), [])
