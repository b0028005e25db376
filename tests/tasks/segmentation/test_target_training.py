"""What a segmentation refuses of the section `train`, before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checks import load_checked
from pipeline.errors import ConfigError
from pipeline.tasks.segmentation.sides import one_sided

TEXT = """
task: segmentation
ingest: {{raw: raw, masks: {{structures: {{{names}}}}}}}
cohort: {{target: [{first}]}}
normalize:
  - z_score: {{}}
train: {{{train}}}
report: {{title: A study}}
"""


def load(folder: Path, train: str, first: str = "kidney_left") -> None:
    path = folder / "study.yaml"
    path.write_text(TEXT.format(names="kidney_left: 1, spleen: 2", first=first, train=train))
    load_checked(path)


@pytest.mark.parametrize(
    "name", ["kidney_left", "KidneyLeft", "L-kidney", "kidney_R", "niere_rechts", "V1_LH"]
)
def test_a_name_that_says_a_side_is_found(name: str) -> None:
    assert one_sided(["spleen", name]) == name


@pytest.mark.parametrize("name", ["liver", "Leftover", "bright", "lr", "ventricle", "tumour2", "alright"])
def test_a_name_that_says_none_is_not(name: str) -> None:
    assert one_sided([name]) is None


def test_mirroring_is_refused_where_a_target_lies_on_one_side(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"study.yaml:\d+: 'kidney_left' lies on one side, and `flip`"):
        load(tmp_path, "model: unet, augment: {flip: true}")
    load(tmp_path, "model: unet, augment: {shift: 0.1}")
    load(tmp_path, "model: unet, augment: {flip: true}", first="spleen")


def test_a_network_of_one_answer_a_scan_is_refused_with_the_one_that_fits(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError,
        match="'resnet' gives one answer a scan, and `task: segmentation` asks for one answer a voxel",
    ):
        load(tmp_path, "model: resnet")


def test_keys_of_patches_are_taken(tmp_path: Path) -> None:
    load(
        tmp_path,
        "model: unet, patch: [8, 8, 8], patches: 2, foreground: 0.5, memory_gb: 4, batch_size: auto, dice: log",
    )
    load(tmp_path, "model: unet, patch: auto, refit: true")
    with pytest.raises(ConfigError, match="patch"):
        load(tmp_path, "model: unet, patch: [0, 8]")
