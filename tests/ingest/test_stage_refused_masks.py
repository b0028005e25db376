"""A mask that is refused before its pixels are read leaves unknown what it would have marked, not absent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import encoded
from ingesting import cases, config, ingested
from marked_scans import ABSENT, KNOWN, UNKNOWN, of_scan, put, read, rows
from nifti_files import nifti, packed
from refused_masks import ALONE, KINDS, READ_SO_FAR, WAYS, segment

from pipeline.catalogue import Catalogue, masks
from pipeline.ingest import run
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_mask_would_have_marked_is_unknown_however_it_is_refused(
    workspace: Workspace, raw: Path, kind: str
) -> None:
    scan, settings = KINDS[kind]
    put(raw, scan(9).whole, *(way(scan(number)) for number, way in enumerate(WAYS.values())))
    told = read(workspace, settings)
    is_dicom = scan(0).name.endswith(".dcm")  # what such a file is of, nothing but itself says
    assert {way: of_scan(told, scan(number)) for number, way in enumerate(WAYS)} == {
        way: ABSENT if is_dicom and way not in READ_SO_FAR else UNKNOWN for way in WAYS
    }
    # Two label maps that are both read contend for each structure: neither is used.
    assert of_scan(told, scan(9)) == (KNOWN if is_dicom or "label" in scan(9).name else ("", ""))


@pytest.mark.parametrize(
    "kind", ["SEG", "BIDS", *(pytest.param(one, marks=pytest.mark.slow) for one in KINDS)]
)
def test_refused_mended_and_removed_masks_end_as_in_a_fresh_run(tmp_path: Path, kind: str) -> None:
    scan, settings = KINDS[kind]
    ways = {way: make for way, make in WAYS.items() if ".zip" not in "".join(make(scan(0)))}
    whole = {name: data for number in range(len(ways)) for name, data in scan(number).whole.items()}
    broken = {
        name: data for number, way in enumerate(ways.values()) for name, data in way(scan(number)).items()
    }
    bare = {**whole, **{scan(number).name: None for number in range(len(ways))}}
    scans = {name: None if "seg" in name or "lung" in name else data for name, data in bare.items()}
    fresh: dict[str, Any] = {}
    later = Workspace(tmp_path / "later", "study")
    early = {**broken, **{name: None for name, data in scans.items() if data is not None}}
    for state in (early, broken, bare, broken, whole, broken, scans, broken, bare):
        put(later.root / "raw", state)
        ingested(later, config(**settings))
        if repr(state) not in fresh:
            at_once = Workspace(tmp_path / f"fresh {len(fresh)}", "study")
            put(at_once.root / "raw", state)
            ingested(at_once, config(**settings))
            fresh[repr(state)] = rows(at_once)
        assert rows(later) == fresh[repr(state)]


def test_a_scan_whose_only_mask_is_refused_is_none_without_the_structure(
    workspace: Workspace, raw: Path
) -> None:
    scan, settings = ALONE
    put(
        raw,
        scan(1).whole,
        WAYS["cut"](scan(2)),
        WAYS["empty"](scan(3)),
        {**scan(4).others, scan(4).name: None},
    )
    told = read(workspace, settings)
    assert [of_scan(told, scan(number)) for number in (1, 2, 3, 4)] == [("0", "1"), ("", ""), ("", ""), ()]
    lines = run(config(**settings), workspace).lines
    assert [line for line in lines if "refused" in line] == [
        "note: 2 scans with a mask that was refused: what no other mask marks is unknown there, not absent. "
        "`.venv/bin/scanloom files configs/NAME.yaml` shows which masks, and why."
    ]


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({"PatientID": "PAT2"}, "patient_conflict"),
        ({"PatientID": None}, "missing_attribute"),
        ({"SOPInstanceUID": None}, "missing_attribute"),
    ],
    ids=["another patient", "nobody", "without a name"],
)
def test_a_mask_in_whose_name_something_is_wrong_is_still_of_its_scan(
    workspace: Workspace, raw: Path, elements: dict[str, Any], reason: str
) -> None:
    scan, settings = KINDS["SEG"]
    put(raw, scan(1).with_nodule(encoded(segment(1, "nodule", **elements))), scan(2).whole)
    told = read(workspace, settings)
    assert (of_scan(told, scan(1)), of_scan(told, scan(2))) == (UNKNOWN, KNOWN)
    outcomes = ingested(workspace, config(**settings))
    assert outcomes["1/nodule.dcm"][1].startswith(reason)


def test_a_mask_of_another_patient_gives_its_scan_no_name(workspace: Workspace, raw: Path) -> None:
    from pipeline.catalogue import identifiers

    scan, settings = KINDS["SEG"]
    put(raw, scan(1).with_nodule(encoded(segment(1, "nodule", PatientID="PAT2"))), scan(2).whole)
    read(workspace, settings)
    with Catalogue(workspace.catalogue) as catalogue:
        named = {
            (kind, word, case) for kind, word, case in identifiers.of_cases(catalogue) if kind == "patient"
        }
        assert len({word for _, word, _ in named}) == len({case for _, _, case in named}) == len(named) == 2
        assert all(len(catalogue.patients_of(word)) == 1 for _, word, _ in named)
        assert catalogue.damaged_cases() == []
        owner = {case.case_id: case.patient_id for case in catalogue.cases()}
        word, first = next((word, case) for _, word, case in named if owner[case] == min(owner.values()))
        with catalogue.transaction():
            catalogue.forget([owner[first]], word)
        assert len(catalogue.cases()) == 1
        assert catalogue.damaged_cases() == []


def test_masks_of_one_name_and_another_content_leave_unknown_what_they_mark(
    workspace: Workspace, raw: Path
) -> None:
    scan, settings = KINDS["SEG"]
    other = encoded(segment(1, "nodule", SeriesDescription="another"))
    put(raw, scan(1).whole, {"1/other.dcm": other}, scan(2).whole, {"2/cut.dcm": scan(2).nodule[:-9]})
    told = read(workspace, settings)
    assert of_scan(told, scan(1)) == UNKNOWN
    assert of_scan(told, scan(2)) == KNOWN
    with Catalogue(workspace.catalogue) as catalogue:
        assert len(masks.refused(catalogue)) == 1  # a broken copy beside a sound one casts no doubt
    put(raw, {"1/other.dcm": None, "2/nodule.dcm": None})
    told = read(workspace, settings)
    assert (of_scan(told, scan(1)), of_scan(told, scan(2))) == (KNOWN, UNKNOWN)


def test_an_empty_mask_says_nothing_of_what_a_refused_one_may_mark(workspace: Workspace, raw: Path) -> None:
    scan, settings = KINDS["BIDS"]
    start = "sub-{0}/sub-{0}_label-lung_mask.nii.gz"
    empty = {start.format(number): packed(nifti(np.zeros((5, 4, 3), np.uint8))) for number in (1, 2)}
    label_map = {"sub-2/sub-2_dseg.nii.gz": scan(2).nodule[:-9]}
    put(raw, WAYS["cut"](scan(1)), scan(2).others, empty, label_map)
    told = read(workspace, settings)
    assert of_scan(told, scan(1)) == ("0", "")  # the refused one is of the nodule, by its name
    assert of_scan(told, scan(2)) == ("", "")  # it may mark anything
    assert len(cases(workspace)) == 2
