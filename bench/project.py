"""A fresh project folder to measure in, with the Makefile and this checkout's environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent.parent


def real_data() -> Path | None:
    """The folder of real scans, where SCANLOOM_DATA names one."""
    folder = os.environ.get("SCANLOOM_DATA")
    return Path(folder) if folder else None


def fresh(folder: Path) -> Path:
    """`folder` as an empty project that shares this checkout's code and environment."""
    folder.mkdir(parents=True)
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy2(SOURCE / name, folder / name)
    shutil.copytree(SOURCE / "configs", folder / "configs")
    (folder / ".venv").symlink_to(SOURCE / ".venv")
    return folder


def make(project: Path, *arguments: str, check: bool = True) -> tuple[float, str]:
    """Wall seconds of `make ARGUMENTS` in the project, and all that it printed.

    Raises RuntimeError with the output when make fails and `check` is set.
    """
    started = time.monotonic()
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    seconds = time.monotonic() - started
    if check and done.returncode:
        raise RuntimeError(f"make {' '.join(arguments)} failed:\n{done.stdout}")
    return seconds, done.stdout


def headline(project: Path, name: str, metric: str = "auroc") -> dict[str, Any]:
    """The test part's headline metric of an analysis, as metrics.json holds it."""
    candidate = project / "reports" / name / "candidate"
    metrics = json.loads((candidate / "metrics.json").read_text())
    operating = json.loads((candidate / "operating.json").read_text())
    found = [
        item
        for item in metrics["metrics"]
        if item["id"] == metric
        and item["part"] == "test"
        and item["unit"] == operating["unit"]
        and not item.get("group")
    ]
    return dict(found[0])


def row(what: str, measured: str, bar: str, holds: bool) -> None:
    """Prints one figure beside its bar."""
    print(f"{'ok  ' if holds else 'MISS'}  {what:<70} {measured:<26} bar: {bar}", flush=True)
