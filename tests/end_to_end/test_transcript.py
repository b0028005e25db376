"""What README shows of the demo, up to the training, is what the demo prints."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]


def shown() -> list[str]:
    """The lines of README's console between the phantom's and the first that is left out there."""
    lines = (PROJECT / "README.md").read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("data/raw/demo: "))
    return lines[first : lines.index("...", first)]


def test_the_lines_of_scans_and_parts_are_those_that_the_demo_prints(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    shutil.copy(PROJECT / "configs/demo.yaml", tmp_path / "configs")
    steps = [["phantom", "data/raw/demo"], *([step, "configs/demo.yaml"] for step in ("ingest", "cohort"))]
    printed: list[str] = []
    for step in steps:
        ended = subprocess.run(
            [sys.executable, "-m", "pipeline.cli", *step],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        printed += ended.stdout.splitlines()
    assert len(shown()) == 15
    assert [line for line in shown() if line not in printed] == []
