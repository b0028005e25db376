"""Which files a file needs beside it, by paths alone."""

from __future__ import annotations

import pytest

from pipeline.ingest.source.companions import with_companions
from pipeline.ingest.source.discover import SourcePath


def path(relative: str, reason: str = "") -> SourcePath:
    return SourcePath(relative, b"", relative, 1, 0, reason)


def companions(relative: str, *others: str) -> list[str]:
    (file,) = with_companions([path(relative)], [path(relative), *map(path, others)])
    return [one.relative for one in file.companions]


@pytest.mark.parametrize(
    ("mask", "others", "expected"),
    [
        ("labelsTr/a.nii", ["imagesTr/a_0000.nii.gz", "imagesTr/b.nii"], ["imagesTr/a_0000.nii.gz"]),
        ("labelsTr/a.nii", ["imagesTr/a.nii", "imagesTr/a_0000.nii"], ["imagesTr/a.nii"]),
        ("x/labelsTs/a.PNG", ["x/imagesTs/a.jpg"], ["x/imagesTs/a.jpg"]),
        ("labelsTr/a.png", ["imagesTr/a.nii", "imagesTs/a.png", "a.png"], []),
        ("labelsTr/a.nii", ["imagesTr/a.png"], []),
        ("labelsTr/a.mha", ["imagesTr/a.mha"], []),
        ("sub-1/a/sub-1_dseg.nii", ["sub-1/a/sub-1_T1w.nii.gz", "sub-1/a/sub-1_T1w.json"],
         ["sub-1/a/sub-1_T1w.nii.gz"]),
        ("sub-1/a/sub-1_dseg.nii", ["sub-1/a/sub-1_T1w.nii", "sub-1/a/sub-1_T2w.nii"],
         ["sub-1/a/sub-1_T1w.nii", "sub-1/a/sub-1_T2w.nii"]),
        ("sub-1/a/sub-1_dseg.nii", ["sub-1/a/sub-1_run-1_T1w.nii", "sub-1/b/sub-1_T1w.nii",
                                    "sub-1/a/sub-1_label-x_mask.nii", "sub-2/a/sub-1_T1w.nii"], []),
        ("z/derivatives/p/q/sub-1/ses-2/sub-1_ses-2_res-low_mask.nii",
         ["z/sub-1/ses-2/sub-1_ses-2_T1w.nii", "sub-1/ses-2/sub-1_ses-2_T1w.nii"],
         ["z/sub-1/ses-2/sub-1_ses-2_T1w.nii"]),
        ("labelsTr/c1/seg.nii", ["labelsTr/c1/other.nii", "imagesTr/seg.nii", "imagesTr/c1/seg.nii"], []),
        ("labelsTr/sub-1/sub-1_mask.nii", ["labelsTr/sub-1/sub-1_T1w.nii"], []),
        ("derivatives/f/sub-1/a/sub-1_space-MNI_T1w_mask.nii", ["sub-1/a/sub-1_T1w.nii"], []),
        ("derivatives/f/sub-1/a/sub-1_space-T2w_mask.nii", ["sub-1/a/sub-1_T1w.nii"], []),
        ("derivatives/f/sub-1/a/sub-1_space-T1w_mask.nii", ["sub-1/a/sub-1_T1w.nii", "sub-1/a/sub-1_T2w.nii"],
         ["sub-1/a/sub-1_T1w.nii"]),
        ("derivatives/f/sub-1/a/sub-1_space-orig_mask.nii",
         ["sub-1/a/sub-1_T1w.nii", "sub-1/a/sub-1_space-MNI_T1w.nii"], ["sub-1/a/sub-1_T1w.nii"]),
        ("sub-1/a/sub-1_mask.nii", ["sub-1/a/sub-1_space-MNI_T1w.nii"], []),
        ("derivatives/f/sub-1/a/sub-1_space-MNI_desc-brain_mask.nii",
         ["sub-1/a/sub-1_T1w.nii", "derivatives/f/sub-1/a/sub-1_desc-x_T1w.nii",
          "derivatives/f/sub-1/a/sub-1_space-MNI_desc-x_T1w.nii"],
         ["derivatives/f/sub-1/a/sub-1_space-MNI_desc-x_T1w.nii"]),
        ("derivatives/f/sub-1/a/sub-1_mask.nii", ["derivatives/f/sub-1/a/sub-1_T1w.nii"], []),
    ],
)  # fmt: skip
def test_the_image_of_a_mask_is_told_by_its_path(mask: str, others: list[str], expected: list[str]) -> None:
    assert companions(mask, *others) == expected


def test_a_channel_needs_the_first_of_its_case_and_others_need_nothing() -> None:
    assert companions("imagesTr/a_0002.nii", "imagesTr/a_0000.nii") == ["imagesTr/a_0000.nii"]
    assert companions("imagesTr/a_0000.nii", "imagesTr/a_0001.nii", "labelsTr/a.nii") == []
    assert companions("p/a.nii", "labelsTr/a.nii") == []


@pytest.mark.parametrize("name", ["a_0000", "a_0001", "a_0007"])
def test_four_digits_that_masks_have_too_count_cases_and_no_channels(name: str) -> None:
    image, masks = f"imagesTr/{name}.nii", ("labelsTr/a_0001.nii", "labelsTr/a_0002.nii")
    assert companions(image, *masks, "imagesTr/a_0000.nii") == ["labelsTr/a_0001.nii"]
    others = ("labelsTr/b_0001.nii", "labelsTs/a_0001.nii", "labelsTr/a_0000.nii", "labelsTr/a_0001.txt")
    first = [] if name == "a_0000" else ["imagesTr/a_0000.nii"]
    assert companions(image, *others, "imagesTr/a_0000.nii") == first


def test_a_path_that_is_no_file_is_nobodys_image() -> None:
    mask, link = path("labelsTr/a.nii"), path("imagesTr/a.nii", "link_not_followed")
    assert with_companions([mask], [mask, link]) == [mask]
