from __future__ import annotations

import pytest

from pipeline.ingest.source.paired_folders import images_called_as, is_in_masks

FOLDERS = {
    "images": ["a.jpg", "b_mask.png", "b.png", "c.png", "c.tif", "e.nii.gz", "f_image.png", "g.json"],
    "train/images": ["a.png"],
    "Images/val": ["a.png"],
    "img": ["a.png"],
}


@pytest.mark.parametrize(
    ("mask", "images"),
    [
        ("masks/a.png", ["images/a.jpg", "img/a.png"]),
        ("train/masks/a.png", ["train/images/a.png"]),
        ("train/mask/a_SEG.tif", ["train/images/a.png"]),
        ("train/Masks/a-label.png", ["train/images/a.png"]),
        ("masks/val/a_segmentation.png", ["Images/val/a.png"]),
        ("masks/b_mask.png", ["images/b.png", "images/b_mask.png"]),
        ("masks/c_gt.png", ["images/c.png", "images/c.tif"]),
        ("masks/e_masks.nii", ["images/e.nii.gz"]),
        ("masks/e.png", []),
        ("masks/f.png", ["images/f_image.png"]),
        ("masks/g.json", []),
        ("masks/ab.png", []),
        ("test/masks/a.png", []),
        ("labels/a.png", []),
    ],
)
def test_a_mask_is_of_every_image_of_its_name_in_the_folder_of_images(mask: str, images: list[str]) -> None:
    assert sorted(images_called_as(mask, FOLDERS)) == images


def test_masks_are_told_by_a_whole_folders_name() -> None:
    assert is_in_masks("x/Segmentations/part/a.png")
    assert not any(map(is_in_masks, ("unmasked/a.png", "masks.png", "images/masks.png", "labels/a.png")))
