"""A fresh project folder to measure in, with the Makefile and this checkout's environment."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent.parent
_YAML = """\
task: classification
ingest: {{raw: raw, key: ../bench.key, failed_share: 1.0, {ingest}}}
cohort: {{labels: labels.csv, target: label, positive: x}}
normalize: [z_score: {{}}]
report: {{title: Ingest, intended_use: none}}
"""


@dataclass(frozen=True)
class Ended:
    """How a program ended: exit code, seconds, output, and the most megabytes that it had itself."""

    code: int
    seconds: float
    output: str
    peak_mb: int


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


def study(folder: Path, ingest: str = "") -> Path:
    """`folder` as a project with an empty `raw` and these settings of ingest, to be read by `read`."""
    (folder / "raw").mkdir(parents=True)
    (folder / "study.yaml").write_text(_YAML.format(ingest=ingest))
    key = folder.parent / "bench.key"
    key.touch(mode=0o600)
    key.write_bytes(b"benchmark" * 4)
    return folder


def read(project: Path, *, timeout_seconds: float = 3600) -> Ended:
    """`scanloom ingest` on a study, as a program of its own."""
    command = [sys.executable, "-m", "pipeline.cli", "ingest", "study.yaml"]
    return watched(command, folder=project, timeout_seconds=timeout_seconds)


def watched(command: list[str], *, folder: Path, timeout_seconds: float = 3600) -> Ended:
    """Runs a program to its end and looks at its memory meanwhile; past the time it is killed."""
    started, peak_mb = time.monotonic(), 0
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        while process.poll() is None:
            peak_mb = max(peak_mb, _peak_mb(process.pid))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.2)
            if time.monotonic() - started > timeout_seconds:
                process.kill()
        seconds = time.monotonic() - started
        output.seek(0)
        return Ended(process.returncode, seconds, output.read(), peak_mb)


def _peak_mb(process: int) -> int:
    """The most memory that a process has had so far; 0 where the system doesn't tell."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM")), 0)


def headline(project: Path, name: str, metric: str = "auroc", *, of: str | None = None) -> dict[str, Any]:
    """The test part's headline metric of an analysis, as metrics.json holds it; `of` names one structure."""
    candidate = project / "reports" / name / "candidate"
    metrics = json.loads((candidate / "metrics.json").read_text())
    operating = json.loads((candidate / "operating.json").read_text())
    values = [
        item
        for item in metrics["metrics"]
        if item["id"] == metric
        and item["part"] == "test"
        and item["unit"] == operating["unit"]
        and not item.get("group")
        and (of is None or item["class"] == of)
    ]
    return dict(values[0])


def row(what: str, measured: str, bar: str, holds: bool) -> None:
    """Prints one figure beside its bar."""
    print(f"{'ok  ' if holds else 'MISS'}  {what:<70} {measured:<26} bar: {bar}", flush=True)
