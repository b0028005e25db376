"""Many mutated files and bombs through the real ingest: every one accounted for, the parent unharmed.

Run as `python -m bench.torture [SEED [COUNT]]`; the same seed gives the same files. Files that are known
to break readers are mutated, too, where SCANLOOM_DATA holds them. Exits with 1 when a file is without a
state and a reason, when a reason is a fault of ours, or when the parent died, hung or grew too large.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.mutations import WHEEL, bombs, mutated, renamed
from bench.project import real_data, row
from pipeline.catalogue import Catalogue
from pipeline.workspace import Workspace

COUNT = 10_000
_SOURCE_BYTES = 300_000
_SECONDS, _PARENT_MB = 5, 1536
_YAML = f"""\
task: classification
ingest:
  raw: raw
  modalities: [CT, MR, CR, DX, US, OT, XA, PT, NM, MG, RF, SC]
  key: ../torture.key
  pixel_text: reviewed
  failed_share: 1.0
  limits: {{seconds: {_SECONDS}, memory_mb: 2048}}
cohort: {{labels: labels.csv, target: label, positive: x}}
normalize: [z_score: {{}}]
report: {{title: Torture, intended_use: none}}
"""


@dataclass(frozen=True)
class Ended:
    """How a run of ingest ended: exit code, seconds, what it printed, megabytes that the parent had at most."""

    code: int
    seconds: float
    output: str
    parent_mb: int


def torture(folder: Path, *, seed: int, count: int) -> bool:
    """Whether ingest stood `count` mutated files and all bombs; prints the figures and the table of reasons."""
    project = folder / "project"
    (project / "raw").mkdir(parents=True)
    (project / "torture.yaml").write_text(_YAML)
    (folder / "torture.key").touch(mode=0o600)
    (folder / "torture.key").write_bytes(b"torture " * 4)
    write_files(project / "raw", seed=seed, count=count)
    written = sum(1 for _ in (project / "raw").iterdir())
    ended = ingest(project, timeout_seconds=300 + written)
    print(ended.output)
    told, faults = accounted(Workspace(project, "torture"))
    row("files accounted for", f"{told} of {written}", "all", told == written)
    row("files with a fault of ours as their reason", f"{faults}", "0", faults == 0)
    row("exit code of the parent", f"{ended.code}", "0", ended.code == 0)
    row("peak memory of the parent, MB", f"{ended.parent_mb}", "< 1536", ended.parent_mb < _PARENT_MB)
    row("seconds, and files a second", f"{ended.seconds:.0f}, {written / ended.seconds:.0f}", "none", True)
    return told == written and not faults and not ended.code and ended.parent_mb < _PARENT_MB


def write_files(raw: Path, *, seed: int, count: int) -> None:
    """The mutated files of a seed, and the bombs as they are."""
    rng = np.random.default_rng(seed)
    data = real_data()
    folders = [WHEEL] + ([data / "dicom-reference/decoder-crashers"] if data else [])
    paths = [path for folder in folders for path in sorted(folder.rglob("*.dcm"))]
    sources = [path.read_bytes() for path in paths if 0 < path.stat().st_size < _SOURCE_BYTES]
    for number in range(count):
        source, other = (sources[int(index)] for index in rng.integers(len(sources), size=2))
        (raw / f"{number:06}.dcm").write_bytes(mutated(renamed(source, number), other, rng))
    for name, bomb in bombs().items():
        (raw / f"bomb-{name}.dcm").write_bytes(bomb)


def ingest(project: Path, *, timeout_seconds: float) -> Ended:
    """Runs the stage as a user does, watching the parent's memory; a run past the time is ended."""
    command = [sys.executable, "-m", "pipeline.cli", "ingest", "torture.yaml"]
    started, peak_mb = time.monotonic(), 0
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=project, stdout=output, stderr=subprocess.STDOUT)
        while process.poll() is None:
            peak_mb = max(peak_mb, _peak_mb(process.pid))
            if time.monotonic() - started > timeout_seconds:
                process.kill()
            time.sleep(0.2)
        output.seek(0)
        return Ended(process.returncode, time.monotonic() - started, output.read(), peak_mb)


def accounted(workspace: Workspace) -> tuple[int, int]:
    """How many files have a state and a reason, and how many of them a fault of ours."""
    with Catalogue(workspace.catalogue) as catalogue:
        sql = "SELECT count(*), coalesce(sum(reason = 'internal_error'), 0) FROM files WHERE state <> ''"
        told, faults = catalogue.query(sql)[0]
    return told, faults


def _peak_mb(process: int) -> int:
    """The most memory that the process has had so far; 0 where the system doesn't tell."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM")), 0)


def main(arguments: list[str]) -> int:
    """0 when ingest stood it, else 1."""
    seed = int(arguments[0]) if arguments else secrets.randbelow(1 << 32)
    count = int(arguments[1]) if len(arguments) > 1 else COUNT
    print(f"seed {seed}: {count} mutated files (again: make torture SEED={seed} COUNT={count})", flush=True)
    with tempfile.TemporaryDirectory(prefix="scanloom torture ") as folder:
        return 0 if torture(Path(folder), seed=seed, count=count) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
