"""A training of seconds on the project of `tests/train/conftest.py`, here or in a process that can be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.train import run
from pipeline.workspace import Workspace

PROJECT = Path(__file__).parents[2]
SCRIPT = """if True:
    import json, sys
    from pathlib import Path
    from pipeline.config import Config
    from pipeline.errors import ScanloomError
    from pipeline.train import run
    from pipeline.workspace import Workspace
    try:
        run(Config.model_validate(json.loads(sys.argv[2])), Workspace(Path(sys.argv[1]), "study"))
    except ScanloomError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
"""


def settings(**train: Any) -> dict[str, Any]:
    augment = {"flip": True, "shift": 0.1, "rotate_degrees": 10.0, "noise": 0.1}
    chosen = {
        "model": "plain_cnn",
        "width": 2,
        "epochs": 4,
        "batch_size": 4,
        "checkpoint_every_steps": 2,
        "augment": augment,
    }
    return {
        "name": "study",
        "ingest": {"raw": "data/raw/study"},
        "cohort": {"labels": "labels.csv", "target": "label"},
        "normalize": [{"z_score": {}}],
        "train": {**chosen, **train},
        "report": {"title": "A study"},
    }


def train_here(workspace: Workspace, **train: Any) -> tuple[str, ...]:
    return run(Config.model_validate(settings(**train)), workspace).lines


def start(workspace: Workspace, *, crash_at: str = "", **train: Any) -> subprocess.Popen[str]:
    return start_of(settings(**(train or {"epochs": 12})), workspace, crash_at=crash_at)


def start_of(chosen: dict[str, Any], workspace: Workspace, *, crash_at: str) -> subprocess.Popen[str]:
    """The training of these settings in a process that can be killed."""
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(workspace.root), json.dumps(chosen)],
        env={**os.environ, "PYTHONPATH": str(PROJECT), "SCANLOOM_CRASH_AT": crash_at},
        stderr=subprocess.PIPE,
        text=True,
    )
