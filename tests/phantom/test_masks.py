"""Masks of invented patients: what is planted comes back voxel for voxel, and every fault gets its reason."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread

from pipeline import config, ingest
from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.catalogue import masks as stored_masks
from pipeline.errors import UsageError
from pipeline.phantom import write
from pipeline.phantom.mask_trouble import FEWEST_MARKED, MASK_TROUBLE
from pipeline.phantom.masks import is_structure_set, mask_files
from pipeline.phantom.plan import FIRST, Study, plan, with_more_nodules
from pipeline.phantom.scans import MARKED_CHEST, chest_in, scan_of
from pipeline.phantom.structures import STRUCTURES, marks_in
from pipeline.workspace import Workspace

PATIENTS = 20
NAMES = ("right_lung", "left_lung", "nodule")
YAML = """\
ingest:
  raw: raw
  key: phantom
  unit: series
  modalities: [CT]
  masks:
    structures: {right_lung: [Right lung, Lung_R], left_lung: [Left lung, Lung_L], nodule: [Nodule, GTV]}
    may_be_absent: [nodule]
cohort: {labels: raw/labels.csv, target: finding, positive: nodule}
normalize: [hu_window: {low: -1000, high: 300}]
report: {title: Planted masks}
"""


@pytest.fixture(scope="module")
def studies() -> list[Study]:
    return with_more_nodules(plan(1, patients=PATIENTS, delivery=FIRST, volumes=True))


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small delivery, ingested."""
    root = tmp_path_factory.mktemp("marked")
    workspace = Workspace(root, "study")
    write(root / "raw", seed=1, patients=PATIENTS, later=False, volumes=False, planted="masks")
    (root / "study.yaml").write_text(YAML)
    ingest.run(config.load(root / "study.yaml"), workspace)
    return workspace


def test_the_structures_overlap_nowhere_and_lie_on_their_sides(studies: list[Study]) -> None:
    for study in studies[:4]:
        chest, grid = chest_in(study, MARKED_CHEST)
        marks = marks_in(chest, grid)
        assert marks.shape == (len(STRUCTURES), *scan_of(study, MARKED_CHEST).hu.shape)
        assert marks.sum(axis=0).max() == 1
        assert marks[2].any() == (study.finding == "nodule")
        # Columns run to the left of the patient.
        right, left = (np.argwhere(mark)[:, 2].mean() for mark in marks[:2])
        assert right < 36 < 44 < left


def test_nodules_are_of_a_nodules_size_and_some_pixels_across(studies: list[Study]) -> None:
    ill = [study for study in studies if study.finding == "nodule" and not study.visit]
    for study in ill:
        chest, grid = chest_in(study, MARKED_CHEST)
        assert 1 <= len(chest.nodules) <= 3
        for nodule in chest.nodules:
            assert 18 <= 2 * nodule.radius_mm <= 30
            assert 2 * nodule.radius_mm / grid.spacing_mm > 3.8
    assert len(ill) > PATIENTS / 2


def test_lungs_are_dark_and_nodules_are_not(studies: list[Study]) -> None:
    study = next(study for study in studies if study.finding == "nodule")
    chest, grid = chest_in(study, MARKED_CHEST)
    right, left, nodule = marks_in(chest, grid)
    hu = scan_of(study, MARKED_CHEST).hu
    assert np.median(hu[right]) < -600 > np.median(hu[left])
    assert np.median(hu[nodule]) > np.median(hu[right]) + 300


def test_most_masks_are_segmentations_and_some_are_structure_sets(studies: list[Study]) -> None:
    many = plan(1, patients=200, delivery=FIRST, volumes=True)
    assert np.mean([is_structure_set(study) for study in many]) == pytest.approx(0.25, abs=0.07)
    study = next(study for study in studies if not is_structure_set(study))
    ((name, data),) = mask_files(study, MARKED_CHEST, scan_of(study, MARKED_CHEST), faulty=False)
    mask = dcmread(BytesIO(data))
    assert name == "SG0001.dcm"
    assert (mask.Modality, mask.SegmentationType, len(mask.SegmentSequence)) == ("SEG", "BINARY", 3)


def test_every_mask_is_what_was_planted_voxel_for_voxel(read: Workspace, studies: list[Study]) -> None:
    planted = {}
    for study in studies:
        chest, grid = chest_in(study, MARKED_CHEST)
        planted[scan_of(study, MARKED_CHEST).hu.tobytes()] = (study, marks_in(chest, grid))
    shards = Shards(read.cases)
    with Catalogue(read.catalogue) as catalogue:
        masks, cases = stored_masks.all_of(catalogue), {case.case_id: case for case in catalogue.cases()}
    found: dict[str, dict[str, NDArray]] = {}
    for mask in masks:
        found.setdefault(mask.case_id, {})[mask.structure] = shards.read(mask.stored)
    kinds = Counter()
    for case_id, marks in found.items():
        hu = np.asarray(shards.read(cases[case_id].stored)).astype(np.int16)
        study, expected = planted[hu.tobytes()]
        kinds[is_structure_set(study)] += 1
        for name, mark in zip(NAMES, expected, strict=True):
            assert np.array_equal(marks[name], mark), name
    assert kinds[True] > 0 < kinds[False]
    # One study more is the twin's; one scan lacks a slice, and seven patients' masks are faulty or missing.
    assert len(found) == len(studies) + 1 - 1 - len(MASK_TROUBLE)


def test_every_planted_fault_of_a_mask_is_found_and_named(read: Workspace) -> None:
    with Catalogue(read.catalogue) as catalogue:
        left_out = Counter(
            reason for (reason,) in catalogue.query("SELECT reason FROM files WHERE state = 'quarantined'")
        )
    planted: Counter[str] = Counter()
    for trouble in MASK_TROUBLE:
        planted[trouble.reason] += trouble.files
    planted["mask_reference_missing"] += 1  # the mask of the scan that lacks a slice
    assert {reason: left_out[reason] for reason in planted if reason} == +planted


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy of dicom3tools is not installed")
@pytest.mark.parametrize("begin", ["SG", "RS"], ids=["segmentations", "structure sets"])
def test_a_validator_finds_no_error_in_what_is_written(read: Workspace, begin: str) -> None:
    paths = sorted((read.root / "raw").rglob(f"{begin}*.dcm"))
    assert paths
    for path in paths:
        said = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
        assert "Error" not in said.stdout + said.stderr, path.name


def test_too_few_patients_for_the_faulty_masks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"at least {FEWEST_MARKED}"):
        write(tmp_path, seed=1, patients=10, later=False, volumes=False, planted="masks")
