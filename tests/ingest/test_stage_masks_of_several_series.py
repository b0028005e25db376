"""Masks that name several series of a study: which of them they mark, and that it is said where nothing tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import image
from ingesting import cases, config
from marked_series import SETTINGS, marks, put, series, stored
from mask_files import COLUMNS, ROWS, segmentation, structure_set
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from pipeline.ingest import run
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")
SQUARE = np.array([(3.4, -3.8, 7.5), (5.4, -3.8, 7.5), (5.4, -2.2, 7.5), (3.4, -2.2, 7.5)])


def longer_series() -> list[Dataset]:
    """Seven slices of the same study and frame of reference, 2 mm apart."""
    return [
        image(
            "MR",
            pixels=np.full((ROWS, COLUMNS), 900 + number, np.uint16),
            SOPInstanceUID=f"2.25.6{number}",
            SeriesInstanceUID="2.25.699",
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
            ImagePositionPatient=[3, -4, 6 + 2 * number],
        )
        for number in range(7)
    ]


def naming_both(mask: Dataset, other: list[Dataset]) -> Dataset:
    """The mask, which names all images of another series, too, and names that first."""
    (own,) = named = series_named_by(mask)
    second = segmentation(other, {1: np.ones((7, ROWS, COLUMNS), bool)}).ReferencedSeriesSequence[0]
    if "ContourImageSequence" in own:
        second.ContourImageSequence = second.ReferencedInstanceSequence
        del second.ReferencedInstanceSequence
    named.insert(0, second)
    return mask


def series_named_by(mask: Dataset) -> Items:
    if "ReferencedSeriesSequence" in mask:
        return mask.ReferencedSeriesSequence
    (frame,) = mask.ReferencedFrameOfReferenceSequence
    return frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence


def drawn_on(mask: Dataset, source: Dataset) -> Dataset:
    """The structure set, whose first contour says which image it is of."""
    instance = Dataset()
    instance.ReferencedSOPClassUID = source.SOPClassUID
    instance.ReferencedSOPInstanceUID = source.SOPInstanceUID
    mask.ROIContourSequence[0].ContourSequence[0].ContourImageSequence = Items([instance])
    return mask


def slices_marked(workspace: Workspace) -> set[int]:
    """How many slices the scans have that are marked."""
    marked = {case_id for case_id, _ in stored(workspace)}
    return {case.stored.shape[0] for case in cases(workspace) if case.case_id in marked}


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP", "RTSTRUCT"])
def test_of_several_series_the_one_is_marked_that_the_drawing_names(
    workspace: Workspace, raw: Path, kind: str
) -> None:
    sources, other = series(), longer_series()
    if kind == "RTSTRUCT":
        mask = drawn_on(structure_set(sources, {"rear": [SQUARE]}), sources[1])
    else:
        mask = segmentation(sources, marks(), kind=kind)
    put(raw, *sources, *other, naming_both(mask, other))
    lines = run(config(**SETTINGS), workspace).lines
    assert slices_marked(workspace) == {5}
    assert not any("mask_of_several_series" in line for line in lines)


@pytest.mark.parametrize("kind", ["BINARY", "RTSTRUCT"])
def test_where_nothing_tells_the_series_of_most_images_is_marked_and_it_is_said(
    workspace: Workspace, raw: Path, kind: str
) -> None:
    sources, other = series(), longer_series()
    if kind == "RTSTRUCT":
        mask = structure_set(other, {"rear": [SQUARE + np.array([0, 0, 0.5])]})
    else:
        mask = segmentation(other, {2: np.ones((7, ROWS, COLUMNS), bool)})
        for group in mask.PerFrameFunctionalGroupsSequence:
            del group.DerivationImageSequence
    again = structure_set(sources, {}) if kind == "RTSTRUCT" else segmentation(sources, marks())
    series_named_by(mask).append(series_named_by(again)[0])
    put(raw, *sources, *other, mask)
    lines = run(config(**SETTINGS), workspace).lines
    assert slices_marked(workspace) == {7}
    (line,) = [line for line in lines if "mask_of_several_series" in line]
    assert "not which of them it was drawn on" in line
