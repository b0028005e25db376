"""What is drawn of those whose outlines got worse: the slice, and what each of three marks in it."""

from __future__ import annotations

import zlib
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from outlined_volumes import QUESTION

from pipeline.arrays import ShardWriter
from pipeline.catalogue import Catalogue
from pipeline.compare.flip_outlines import outlined
from pipeline.compare.models import Model
from pipeline.contracts import predicted_masks
from pipeline.contracts.rule import Rule
from pipeline.contracts.scan_pictures import ScanPicture
from pipeline.errors import DamageError
from pipeline.records import Case, Geometry, Mask
from pipeline.tasks.contract import Table
from pipeline.tasks.registry import task_of
from pipeline.tasks.segmentation.answers import Frozen
from pipeline.workspace import Workspace

SHAPE = (6, 8, 5)
SCAN = np.arange(240, dtype=np.int16).reshape(SHAPE)
CASE = "case"


def box(*, slices: slice, rows: slice) -> NDArray[np.uint8]:
    mask = np.zeros(SHAPE, np.uint8)
    mask[slices, rows, 1:4] = 1
    return mask


FRONT, BACK = box(slices=slice(1, 5), rows=slice(0, 3)), box(slices=slice(1, 5), rows=slice(4, 7))
TRUTH = (FRONT | 2 * BACK).astype(np.uint8)


@pytest.fixture
def known(workspace: Workspace) -> Workspace:
    with ShardWriter(workspace.cases / "shard.npy") as shard:
        scan, *marks = (shard.append(array) for array in (SCAN, FRONT, BACK))
    case = Case(CASE, "patient", "study", "series", "CT", "HU", 1, Geometry((1.0, 3.0, 1.5)), scan, "pixels",
                {"window_center": 40.0, "window_width": 400.0})  # fmt: skip
    masks = [Mask(CASE, name, "token", each, ()) for name, each in zip(("front", "back"), marks, strict=True)]
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.put_cases([(case, [])])
        catalogue.put_masks(masks)
    return workspace


def model() -> Model:
    return Model(task_of("segmentation"), "", QUESTION, Table(pd.DataFrame(), Frozen()), Rule({}, {}))


def drawn(workspace: Workspace, picture: ScanPicture | None = None) -> ScanPicture:
    pictures = {CASE: picture or ScanPicture(CASE, "patient", sides=("R", "L"))}
    return outlined(pictures, (model(), model()), workspace)[CASE]


def keep(workspace: Workspace, champion: NDArray[np.uint8], candidate: NDArray[np.uint8]) -> None:
    for folder, bits in (("champion_masks", champion), ("masks", candidate)):
        predicted_masks.write(workspace.candidate / folder, CASE, bits)


def bits(picture: ScanPicture) -> dict[str, NDArray[np.uint32]]:
    return {
        one.who: np.frombuffer(zlib.decompress(b64decode(one.bits)), "<u4").reshape(picture.rows, -1)
        for one in picture.outlines
    }


def test_the_slice_is_shown_where_both_models_together_are_wrong_most(known: Workspace) -> None:
    champion, candidate = TRUTH.copy(), TRUTH.copy()
    champion[1, 0, 1:3] = 0  # two voxels missed in slice 1
    candidate[1, 0, 1] = 0  # and one more by the candidate: three
    candidate[4, 4, 1:4] = 1  # in slice 4 the wrong structure and not the right one: twice three
    candidate[5, 0, :] = 1  # five invented in slice 5
    keep(known, champion, candidate)
    shown = drawn(known)
    assert (shown.slice, shown.slices, shown.rows, shown.sides) == (5, 6, 8, ("R", "L"))
    found = bits(shown)
    assert np.array_equal(found["reference"], TRUTH[4])
    assert np.array_equal(found["champion"], champion[4])
    assert np.array_equal(found["candidate"], candidate[4])


def test_the_scan_is_shown_on_its_own_grid_in_its_own_window(known: Workspace) -> None:
    keep(known, TRUTH, np.zeros_like(TRUTH))
    shown = drawn(known)
    assert (shown.window, shown.unit, shown.tall) == ((-160.0, 240.0), "HU", 2.0)
    grey = np.frombuffer(b64decode(shown.grey), np.uint8).reshape(8, 5)
    assert np.array_equal(grey, np.rint((SCAN[shown.slice - 1] + 160.0) / 400 * 255))  # type: ignore[operator]


def test_a_scan_without_an_answer_has_nothing_marked(known: Workspace) -> None:
    predicted_masks.write(known.candidate / "champion_masks", CASE, TRUTH)
    assert not bits(drawn(known))["candidate"].any()


def test_what_is_hidden_stays_hidden_and_other_tasks_stay_as_they_are(known: Workspace) -> None:
    hidden = ScanPicture(CASE, "patient", hidden="text may be in its pixels")
    assert drawn(known, hidden) == hidden
    other = replace(model(), task=task_of("classification"))
    assert outlined({CASE: ScanPicture(CASE, "patient")}, (other, other), known)[CASE].outlines == ()


def test_marks_of_another_grid_are_damage(known: Workspace) -> None:
    keep(known, TRUTH[:-1], TRUTH)
    with pytest.raises(DamageError, match="Remove the folder champion_masks/"):
        drawn(known)
