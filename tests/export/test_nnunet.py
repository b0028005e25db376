"""The cohort in nnU-Net's layout: images, label maps, parts; asked of a small analysis that was ingested."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import handed_on
import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from pipeline.arrays import ShardWriter
from pipeline.catalogue import Catalogue
from pipeline.config import Config, load
from pipeline.contracts import cohort
from pipeline.contracts.unopened import Unopened
from pipeline.errors import DataError, UsageError
from pipeline.export import run_nnunet
from pipeline.records import Case, Geometry, Mask
from pipeline.tasks.segmentation.structures import Structures
from pipeline.workspace import Workspace

AFFINE = ((0.0, 0.0, -0.8, 10.0), (0.0, -0.5, 0.0, 20.0), (3.0, 0.0, 0.0, 30.0), (0.0, 0.0, 0.0, 1.0))
VOLUME = Geometry((3.0, 0.5, 0.8), "patient", AFFINE)
SHAPE = (2, 3, 4)
PARTS = {"ca": "train", "cb": "validation", "cc": "test", "cd": "train"}
"""The last one has no mask of the second structure."""
YAML = """\
task: {task}
ingest: {{raw: data/raw/study, masks: {{structures: {{rear: 4, front: 7}}}}}}
cohort: {cohort}
normalize: [{{crop_or_pad: {{shape: [8, 8, 8]}}}}]
report: {{title: study}}
"""


def settings(workspace: Workspace, task: str = "segmentation", cohort: str = "{}") -> Config:
    path = workspace.root / "study.yaml"
    path.write_text(YAML.format(task=task, cohort=cohort))
    return load(path)


def fronts(number: int) -> np.ndarray:
    mark = np.zeros(SHAPE, np.uint8)
    mark[0, :, : number + 1] = 1
    return mark


def store(workspace: Workspace, *, shared: bool = False) -> None:
    rears = np.zeros(SHAPE, np.uint8)
    rears[0 if shared else 1] = 1
    with ShardWriter(workspace.cases / "shard-00000.npy") as writer:
        images = {name: writer.append(np.full(SHAPE, at, np.int16)) for at, name in enumerate(PARTS)}
        masks = [Mask(name, "front", "t", writer.append(fronts(at))) for at, name in enumerate(PARTS)]
        masks += [Mask(name, "rear", "t", writer.append(rears)) for name in list(PARTS)[:-1]]
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.put_cases(
            (Case(name, name, "t", "r", "MR", "arbitrary", 1, VOLUME, images[name], "d"), [])
            for name in PARTS
        )
        catalogue.put_masks(masks)


def asked(workspace: Workspace, question: Structures | None = None) -> None:
    """A cohort of the question which voxels are rear and front."""
    question = question or Structures(("rear", "front"))
    cohort.FILE.write(workspace.candidate, replace(handed_on.COHORT, question=Unopened(question.to_json())))
    rows = [{"case_id": name, "person_id": name, "part": part} for name, part in PARTS.items()]
    cohort.TABLE.write(workspace.candidate, pd.DataFrame(rows).assign(era="1", target="1|1"))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_images_and_label_maps_lie_in_the_folders_of_their_parts(
    workspace: Workspace, tmp_path: Path
) -> None:
    store(workspace)
    asked(workspace)
    lines = run_nnunet(settings(workspace), workspace, tmp_path / "out").lines
    assert names(tmp_path / "out/imagesTr") == ["ca_0000.nii.gz", "cb_0000.nii.gz"]
    assert names(tmp_path / "out/labelsTr") == ["ca.nii.gz", "cb.nii.gz"]
    assert names(tmp_path / "out/imagesTs") == ["cc_0000.nii.gz"]
    assert names(tmp_path / "out/labelsTs") == ["cc.nii.gz"]
    assert "1 train, 1 validation, 1 test" in lines[0]
    assert lines[1].endswith("place in space: 1.")
    image, labels = (
        nib.load(tmp_path / "out" / name) for name in ("imagesTs/cc_0000.nii.gz", "labelsTs/cc.nii.gz")
    )
    assert np.array_equal(image.affine, labels.affine)
    assert set(np.unique(np.asarray(image.dataobj))) == {2}
    expected = np.ones((4, 3, 2))  # (columns, rows, slices)
    expected[:, :, 0] = [[2] * 3] * 3 + [[0] * 3]  # of this case the front has three columns of four
    assert np.array_equal(np.asarray(labels.dataobj), expected)


def test_the_description_and_the_split_say_what_lies_there(workspace: Workspace, tmp_path: Path) -> None:
    store(workspace)
    asked(workspace)
    assert run_nnunet(settings(workspace), workspace, tmp_path).changed
    told = json.loads((tmp_path / "dataset.json").read_text())
    assert told["labels"] == {"background": 0, "rear": 1, "front": 2}
    assert (told["channel_names"], told["numTraining"]) == ({"0": "MR"}, 2)
    split = json.loads((tmp_path / "splits_final.json").read_text())
    assert split == [{"train": ["ca"], "val": ["cb"]}]
    assert not run_nnunet(settings(workspace), workspace, tmp_path).changed


def test_regions_are_told_by_the_numbers_that_they_hold_the_largest_first(
    workspace: Workspace, tmp_path: Path
) -> None:
    store(workspace)
    regions = {"all": ("rear", "front")}
    asked(workspace, Structures(("rear", "front", "all"), regions=regions, exclusive=False))
    run_nnunet(settings(workspace), workspace, tmp_path)
    told = json.loads((tmp_path / "dataset.json").read_text())
    assert list(told["labels"].items()) == [("background", 0), ("all", [1, 2]), ("rear", 1), ("front", 2)]
    assert told["regions_class_order"] == [1, 1, 2]


def test_structures_that_share_voxels_are_refused_with_their_number(
    workspace: Workspace, tmp_path: Path
) -> None:
    store(workspace, shared=True)
    asked(workspace)
    with pytest.raises(DataError, match="In case ca, 3 voxels of 'front' are another structure's"):
        run_nnunet(settings(workspace), workspace, tmp_path)


def test_what_is_not_a_question_of_voxels_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    store(workspace)
    with pytest.raises(UsageError, match="There is no cohort of 'study' yet"):
        run_nnunet(settings(workspace), workspace, tmp_path)
    cohort.FILE.write(workspace.candidate, handed_on.COHORT)
    other = settings(workspace, "classification", "{labels: labels.csv, target: label}")
    with pytest.raises(UsageError, match="Leave LAYOUT out"):
        run_nnunet(other, workspace, tmp_path)
