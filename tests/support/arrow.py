"""Runs commands of `scanloom` one after the other in one process, as a user would in one project folder.

Called as `python arrow.py STEPS.json CODES.json` in the project: a step is a list of arguments, or
`["+", FROM, TO]`, which copies a folder into another. The exit codes are written to CODES.json.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parent.parent.parent
STAGES = ("configure", "ingest", "cohort", "normalize", "drift", "train", "evaluate", "compare", "report")
CONFIG = "configs/study.yaml"
STUDY = """\
# {comment}
ingest:
  raw: data/raw/study
  modalities: [CT, DX]
  failed_share: 0.9
  key: {key}
cohort:
  labels: data/raw/study/labels.csv
  target: label
  positive: "yes"
  groups: [site]
  shares: {{train: 0.5, validation: 0.25, test: 0.25}}
normalize:
  - resize: {{shape: [48, 48]}}
  - z_score: {{}}
train:
  model: plain_cnn
  width: 4
  epochs: 1
  batch_size: 8
  learning_rate: 0.01
evaluate:
  resamples: 200
compare: {{margin: 0.9, objective: maintain}}
report:
  title: A study
"""


@dataclass(frozen=True)
class Run:
    """What a run of steps said, and the exit code of each."""

    stdout: bytes
    stderr: bytes
    codes: list[int]


def new_study(project: Path, *, key: bytes, comment: str = "A study") -> Path:
    """A project folder with a configuration; its key lies beside it."""
    (project / "configs").mkdir(parents=True)
    path = project.with_name(f"{project.name}.key")
    path.write_bytes(key)
    path.chmod(0o600)
    (project / CONFIG).write_text(STUDY.format(comment=comment, key=path))
    return project


def arrow() -> list[list[str]]:
    """The steps of the arrow, one a stage."""
    return [[stage, CONFIG] for stage in STAGES]


def run(project: Path, steps: Sequence[Sequence[str]], **environment: str) -> Run:
    """Runs the steps in a process of their own, with a temporary folder `PROJECT.tmp`."""
    temporary = project.with_name(f"{project.name}.tmp")
    temporary.mkdir(exist_ok=True)
    told, codes = project.with_name("steps.json"), project.with_name("codes.json")
    told.write_text(json.dumps(steps))
    codes.unlink(missing_ok=True)
    outside = {"PYTHONPATH": str(PROJECT), "TMPDIR": str(temporary), "XDG_CONFIG_HOME": str(temporary)}
    done = subprocess.run(
        [sys.executable, __file__, str(told), str(codes)],
        cwd=project,
        env={**os.environ, **outside, **environment},
        capture_output=True,
        timeout=1800,
    )
    found = json.loads(codes.read_text()) if codes.exists() else [done.returncode]
    return Run(done.stdout, done.stderr, found)


def _main() -> None:
    from pipeline.cli import main

    codes = []
    for step in json.loads(Path(sys.argv[1]).read_text()):
        if step[0] == "+":
            shutil.copytree(step[1], step[2], dirs_exist_ok=True, symlinks=True)
        else:
            codes.append(main(step))
    Path(sys.argv[2]).write_text(json.dumps(codes))


if __name__ == "__main__":
    _main()
