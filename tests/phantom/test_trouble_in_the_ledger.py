"""The stages that read the phantom find every planted fault, and name it as the phantom says they must."""

import csv
from collections import Counter

import pytest

from pipeline import cohort, config, ingest
from pipeline.catalogue import Catalogue
from pipeline.phantom import write
from pipeline.phantom.trouble import TROUBLE
from pipeline.workspace import Workspace

YAML = """\
ingest: {{raw: raw, key: phantom, unit: {unit}, modalities: [CT], workers: 1}}
cohort: {{labels: raw/labels.csv, target: finding, positive: nodule}}
normalize: [hu_window: {{low: -1000, high: 300}}]
report: {{title: Planted faults}}
"""
COPIES = 2
"""Both owners of one image are left out, since it isn't known whose it is."""


def _read(workspace: Workspace, *, unit: str) -> tuple[Counter[str], Counter[str]]:
    """How often each reason is given by the ingest (all files) and by the cohort (scans left out)."""
    path = workspace.root / "study.yaml"
    path.write_text(YAML.format(unit=unit))
    settings = config.load(path)
    ingest.run(settings, workspace)
    cohort.run(settings, workspace)
    with Catalogue(workspace.catalogue) as catalogue:
        reasons = Counter(reason for (reason,) in catalogue.query("SELECT reason FROM files"))
        notes = [note for case in catalogue.cases() for note in case.notes]
    with (workspace.candidate / "excluded.csv").open(newline="") as stream:
        left_out = Counter(row["reason"] for row in csv.DictReader(stream) if row["stage"] == "cohort")
    return reasons + Counter(notes), left_out


@pytest.mark.parametrize(("unit", "patients"), [("image", 40), ("series", 20)])
def test_every_planted_fault_is_found_and_named(workspace: Workspace, unit: str, patients: int) -> None:
    write(workspace.root / "raw", seed=1, patients=patients, later=False, volumes=unit == "series")
    files, left_out = _read(workspace, unit=unit)
    planted = Counter(trouble.reason for trouble in TROUBLE)
    in_cohort = {"not_in_table": planted["not_in_table"], "patient_conflict": COPIES}
    in_files = Counter({reason: n for reason, n in planted.items() if reason not in in_cohort})
    assert left_out == in_cohort
    assert {reason: files[reason] for reason in in_files} == in_files
    assert set(files) - set(in_files) == {"ok", "not_dicom", "own_table"} | (
        {"missing_slices"} if unit == "series" else set()
    )
    assert (files["not_dicom"], files["own_table"]) == (1, 1)  # the note and the table
