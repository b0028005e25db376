"""A scan that was replaced under the same identifiers, in an analysis with a real champion."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import DataElement
from pydicom.uid import ExplicitVRLittleEndian
from small_project import make_in

from pipeline.catalogue import Catalogue
from pipeline.pseudonyms import load_key

pytestmark = pytest.mark.slow

REPORTS = "reports/small"


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="") as stream:
        return {row["case_id"]: row for row in csv.DictReader(stream)}


def a_test_scan(project: Path) -> tuple[str, Path]:
    """A test case of one image, and its file, of which there is no copy."""
    key, _ = load_key("phantom", "small", project)
    cohort = rows(project / REPORTS / "candidate/cohort.csv")
    with Catalogue(project / "data/small/catalogue.sqlite") as catalogue:
        images = catalogue.query(
            "SELECT f.sop_id, c.case_id FROM case_files c JOIN files f ON f.token = c.token "
            "WHERE (SELECT count(*) FROM files twin WHERE twin.sop_id = f.sop_id) = 1"
        )
    tested = {sop: case_id for sop, case_id in images if cohort.get(case_id, {}).get("part") == "test"}
    for path in sorted((project / "data/raw/small").rglob("*")):
        if path.is_file() and b"DICM" in path.read_bytes()[:132]:
            header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            sop = key.pseudonym("sop", str(header.get("SOPInstanceUID", "")))
            if sop in tested:
                return tested[sop], path
    raise AssertionError("no file of a test case found")


def test_a_replaced_test_scan_is_told_and_predicted_anew(with_champion: Path) -> None:
    case_id, path = a_test_scan(with_champion)
    data = pydicom.dcmread(path)
    upside_down = np.ascontiguousarray(data.pixel_array[::-1])
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data["PixelData"] = DataElement("PixelData", "OW", upside_down.tobytes())
    data.save_as(path)
    before = rows(with_champion / REPORTS / "candidate/predictions.csv")
    done = make_in(with_champion, "retrain", "ACCEPT_DRIFT=one scan was exported anew")
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((with_champion / REPORTS / "candidate/cohort.json").read_text())
    (finding,) = (found for found in record["notices"] if found["kind"] == "pixels_changed")
    assert (finding["count"], finding["case_ids"]) == (1, [case_id])
    assert "scans whose pixels changed since the champion" in done.stdout
    after = rows(with_champion / REPORTS / "candidate/predictions.csv")
    assert {name for name in after if after[name] != before[name]} == {case_id}
    assert json.loads((with_champion / REPORTS / "candidate/drift.json").read_text())["replaced_cases"] == 1
    assert (
        "pixels changed since the champion" in (with_champion / REPORTS / "candidate/report.html").read_text()
    )
