"""Disks that are nearly full or read-only, in a mount namespace of their own, for one command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_project import PROJECT, contents

NEARLY_FULL = r"""
mount -t tmpfs -o size=200m tmpfs "$1" && cp -a "$2/." "$1" || exit 99
used=$(df -k --output=used "$1" | tail -1)
mount -o remount,size=$((used + $4))k tmpfs "$1"
"$5" -m pipeline.cli "$6" configs/small.yaml; echo "exit $?"
cp -a "$1/." "$3/full"
mount -o remount,size=200m tmpfs "$1"
"$5" -m pipeline.cli "$6" configs/small.yaml; echo "exit $?"
cp -a "$1/." "$3/roomy"
"""


def in_namespace(project: Path, script: str, *arguments: object) -> str:
    """What a shell script prints that may mount what it likes, unseen by all others."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("mounting a small or read-only disk needs `unshare -rm`, which is not allowed here")
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", *map(str, arguments)],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
    )
    return done.stdout


def fill_up(project: Path, stage: str, *, folder: str, free_kb: int) -> tuple[str, dict[str, str]]:
    """What a stage says with so little room in `folder`, and then with room; and the folder in between."""
    place, before, kept = project / folder, project / "before", project / "kept"
    place.mkdir(parents=True, exist_ok=True)
    shutil.copytree(place, before)
    for name in ("full", "roomy"):
        (kept / name).mkdir(parents=True)
    said = in_namespace(project, NEARLY_FULL, place, before, kept, free_kb, sys.executable, stage)
    shutil.rmtree(place)
    shutil.move(kept / "roomy", place)
    return said, contents(kept / "full")
