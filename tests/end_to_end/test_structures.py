"""Structures through the whole arrow, on small volumes with masks: learned, measured, promoted, forgotten."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import nibabel
import numpy as np
import pytest
from browser import WIDTHS, against
from small_project import a_patient, make_in, new_project, phantom

pytestmark = pytest.mark.slow

CANDIDATE = "reports/small/candidate"
STRUCTURES = """\
task: segmentation
ingest:
  raw: data/raw/small
  unit: series
  modalities: [CT]
  key: phantom
  masks:
    structures:
      right_lung: [Right lung, Lung_R]
      left_lung: [Left lung, Lung_L]
      nodule: [Nodule, GTV]
    may_be_absent: [nodule]
cohort:
  target: [right_lung, left_lung]
  shares: {train: 0.5, validation: 0.2, test: 0.3}
normalize:
  - resample: {spacing_mm: [12.0, 16.0, 16.0]}
  - crop_or_pad: {shape: [12, 24, 24]}
  - hu_window: {low: -1000, high: 300}
train:
  model: unet
  width: 8
  levels: 2
  epochs: 4
  batch_size: 2
  learning_rate: 0.01
  refit: true
evaluate:
  resamples: 200
report:
  title: Lungs, small
"""


@pytest.fixture(scope="module")
def outlined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of volumes with masks after `make report`."""
    project = new_project(tmp_path_factory.mktemp("outlined") / "a study")
    shutil.rmtree(project / "data/raw/small")
    phantom(project, "--masks", "--patients", "30")
    (project / "configs/small.yaml").write_text(STRUCTURES)
    done = make_in(project, "report")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_structures_are_learned_and_measured_on_the_scans_own_grids(outlined: Path) -> None:
    metrics = json.loads((outlined / CANDIDATE / "metrics.json").read_text())
    assert metrics["question"]["structures"] == ["right_lung", "left_lung"]
    table = [row for row in _rows(outlined / CANDIDATE / "predictions.csv") if row["part"] == "test"]
    dice = np.array([[float(row[f"dice_{name}"]) for name in ("right_lung", "left_lung")] for row in table])
    mean = next(
        metric
        for metric in metrics["metrics"]
        if (metric["id"], metric["part"], metric["class"], metric["group"]) == ("dice", "test", None, None)
    )
    assert mean["value"] == pytest.approx(dice.mean())  # a scan a patient, both lungs in each
    assert mean["value"] > 0.6
    page = (outlined / CANDIDATE / "report.html").read_text()
    for title in ("Structure by structure", "Missed and invented", "Worst, median and best"):
        assert title in page
    assert "None" not in re.sub(r"<[^>]*>", " ", page)
    audited = make_in(outlined, "audit")
    assert audited.returncode == 0, audited.stdout + audited.stderr


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_found_against_the_page_in_a_browser(width: int, outlined: Path, tmp_path: Path) -> None:
    page = (outlined / CANDIDATE / "report.html").read_text(encoding="utf-8")
    assert against(page, tmp_path, width=width) == []


def test_a_champion_marks_new_scans_and_loses_a_patient(outlined: Path) -> None:
    assert make_in(outlined, "promote", "APPROVER=Ada").returncode == 0
    known = {row["case_id"]: row for row in _rows(outlined / CANDIDATE / "predictions.csv")}
    done = make_in(outlined, "predict", "NEW=data/raw/small", "OUT=new.csv")
    assert done.returncode == 0, done.stderr
    again = {row["case_id"]: row for row in _rows(outlined / "new.csv")}
    case_id = next(name for name, row in known.items() if row["part"] == "test" and row["status"] == "ok")
    volume = "volume_predicted_ml_left_lung"
    assert float(again[case_id][volume]) == pytest.approx(float(known[case_id][volume]))
    (mask,) = (outlined / "new_masks").glob(f"{case_id}*.nii*")
    marked = nibabel.load(mask)
    millilitres = np.prod(marked.header.get_zooms()) / 1000
    left = float(np.count_nonzero(np.asarray(marked.dataobj) == 2) * millilitres)
    assert left == pytest.approx(float(known[case_id][volume]), rel=1e-4)

    assert make_in(outlined, "forget", f"ID={a_patient(outlined)}").returncode == 0
    verified = make_in(outlined, "verify")
    assert verified.returncode == 0, verified.stderr
    renewed = make_in(outlined, "retrain")
    assert renewed.returncode == 0, renewed.stdout + renewed.stderr
