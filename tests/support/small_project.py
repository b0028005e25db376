"""A small analysis on invented patients, and real make in its folder."""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from pipeline.pseudonyms import load_key

PROJECT = Path(__file__).parent.parent.parent
SMALL = """\
ingest:
  raw: data/raw/small
  key: phantom
  modalities: [CT]
cohort:
  labels: data/raw/small/labels.csv
  target: finding
  positive: nodule
normalize:
  - resize: {shape: [32, 32]}
  - hu_window: {low: -1000, high: 300}
train:
  model: plain_cnn
  width: 4
  epochs: 2
  batch_size: 16
  checkpoint_every_steps: 2
  augment: {flip: true, shift: 0.05}
evaluate:
  resamples: 200
report:
  title: Nodules, small
"""


def make_in(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Real make in a project folder, CONFIG=configs/small.yaml unless told otherwise."""
    config = () if any(a.startswith("CONFIG=") for a in arguments) else ("CONFIG=configs/small.yaml",)
    return subprocess.run(
        ["make", "--no-print-directory", *arguments, *config],
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=1800,
    )


def new_project(folder: Path) -> Path:
    """A project folder with the Makefile and this checkout's environment, and invented patients."""
    folder.mkdir(parents=True)
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy2(PROJECT / name, folder / name)
    (folder / ".venv").symlink_to(PROJECT / ".venv")
    (folder / "configs").mkdir()
    (folder / "configs/small.yaml").write_text(SMALL)
    phantom(folder)
    return folder


def phantom(project: Path, *arguments: str) -> None:
    """Writes invented patients into the project's RAW folder."""
    command = [
        sys.executable,
        "-m",
        "pipeline.cli",
        "phantom",
        "data/raw/small",
        "--patients",
        "60",
        *arguments,
    ]
    subprocess.run(command, cwd=project, check=True, env={**os.environ, "PYTHONPATH": str(PROJECT)})


def contents(folder: Path) -> dict[str, str]:
    """The digest of every file below `folder` by its relative path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def a_patient(project: Path) -> str:
    """The ID of the first patient in the table of labels who is in the project's cohort."""
    key, _ = load_key("phantom", "small", project)
    cohort = (project / "reports/small/candidate/cohort.csv").read_text()
    with (project / "data/raw/small/labels.csv").open(newline="") as stream:
        known = [row["patient_id"] for row in csv.DictReader(stream)]
    return next(patient for patient in known if key.pseudonym("patient", "", patient) in cohort)
