"""A refused mask that may be of several scans leaves unknown what it may have marked in each of them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

import pydicom
import pytest
from dicom_files import encoded
from ingesting import config, ingested
from marked_scans import ABSENT, UNKNOWN, put, read, rows
from nifti_files import nifti, packed, ramp
from refused_masks import KINDS, Files, segment

from pipeline.ingest import run
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")

FIRST, SECOND = "first", "second"


def of_one_study() -> dict[str, Files]:
    """Two series of a study, each with a mask of its lung, and a segmentation that names no series."""
    nodule = segment(1, "nodule")
    del nodule.ReferencedSeriesSequence
    files: dict[str, Files] = {FIRST: {}, SECOND: {}, "mask": {"nodule.dcm": encoded(nodule)}}
    for number, name in ((1, FIRST), (2, SECOND)):
        for path, data in KINDS["SEG"][0](number).others.items():
            ds = pydicom.dcmread(io.BytesIO(data))
            ds.StudyInstanceUID, ds.PatientID = "2.25.101", "PAT1"
            files[name][path] = encoded(ds)
    return files


def of_one_subject() -> dict[str, Files]:
    """Two images of a subject, each with a mask of its lung, and a mask that may be of both."""
    marked = KINDS["BIDS"][0](1)
    lung = marked.others["sub-1/sub-1_label-lung_mask.nii.gz"]
    contrasts = {
        name: {
            f"sub-1/sub-1_{name}.nii.gz": packed(nifti(ramp(start=number))),
            f"sub-1/sub-1_label-lung_{name}_mask.nii.gz": lung,
        }
        for number, name in enumerate(("T1w", "T2w"))
    }
    return {FIRST: contrasts["T1w"], SECOND: contrasts["T2w"], "mask": {marked.name: marked.nodule}}


DOUBTFUL = {"a study": (of_one_study, KINDS["SEG"][1]), "a subject": (of_one_subject, KINDS["BIDS"][1])}


def cells_of(workspace: Workspace, settings: Mapping[str, Any], files: Mapping[str, Files]) -> list[Any]:
    told = read(workspace, settings)
    return [told.get(next(iter(files[name]))) for name in (FIRST, SECOND)]


@pytest.mark.parametrize("what", DOUBTFUL)
def test_what_a_mask_may_have_marked_in_one_of_several_scans_is_unknown_in_each(
    workspace: Workspace, raw: Path, what: str
) -> None:
    make, settings = DOUBTFUL[what]
    files = make()
    put(raw, files[FIRST], files[SECOND])
    assert cells_of(workspace, settings, files) == [ABSENT, ABSENT]
    put(raw, files["mask"])
    assert cells_of(workspace, settings, files) == [UNKNOWN, UNKNOWN]
    put(raw, dict.fromkeys(files["mask"]))
    assert cells_of(workspace, settings, files) == [ABSENT, ABSENT]


@pytest.mark.parametrize("what", DOUBTFUL)
def test_a_scan_is_not_read_again_for_a_mask_that_stays_in_doubt(
    workspace: Workspace, raw: Path, what: str
) -> None:
    make, settings = DOUBTFUL[what]
    put(raw, *make().values())
    ingested(workspace, config(**settings))
    shards = {path.name: path.stat().st_mtime_ns for path in workspace.cases.glob("*")}
    assert not run(config(**settings), workspace).changed
    assert {path.name: path.stat().st_mtime_ns for path in workspace.cases.glob("*")} == shards


@pytest.mark.slow
@pytest.mark.parametrize("what", DOUBTFUL)
def test_doubtful_masks_end_as_in_a_fresh_run_in_every_order_of_arrival(tmp_path: Path, what: str) -> None:
    make, settings = DOUBTFUL[what]
    files, other = make(), KINDS["BIDS" if settings is KINDS["BIDS"][1] else "SEG"][0](5).whole
    fresh: dict[frozenset[str], Any] = {}
    for number, order in enumerate(permutations(files)):
        later = Workspace(tmp_path / f"later {number}", "study")
        put(later.root / "raw", other)  # a folder that becomes empty looks like a disk that isn't there
        here: list[str] = []
        for name in (*order, *order):  # each comes, then each goes
            gone = name in here
            here = [one for one in (*here, name) if one != name or not gone]
            put(later.root / "raw", dict.fromkeys(files[name]) if gone else files[name])
            ingested(later, config(**settings))
            if frozenset(here) not in fresh:
                at_once = Workspace(tmp_path / f"fresh {len(fresh)}", "study")
                put(at_once.root / "raw", other, *(files[one] for one in here))
                ingested(at_once, config(**settings))
                fresh[frozenset(here)] = rows(at_once)
            assert rows(later) == fresh[frozenset(here)], (order, here)
