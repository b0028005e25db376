"""Is behaviour kept? The whole arrow recorded by one version, and held against the record of another.

`python -m bench.kept record FOLDER` runs the demo, a promotion, a later delivery, a retrain, the 3-D demo
and the reference scans with this checkout; `python -m bench.kept compare BEFORE AFTER` prints every
difference in predictions, metrics, verdicts, voxels and rows of the catalogue, and ends with 1 if there
is one. What may differ is written here: RENAMED, and the times, versions and digests that hold them.
"""

from __future__ import annotations

import csv
import json
import math
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.project import fresh, make, real_data

ANALYSES: Final = ("demo", "demo-3d", "reference")
RENAMED: Final[dict[str, str]] = {
    "clopper_pearson": "Clopper-Pearson",
    "delong": "DeLong, logit interval",
    "equal_width_bins": "bins of equal width",
    "independent_delong": "DeLong, two groups",
    "independent_obuchowski": "Obuchowski, two groups",
    "log": "log interval",
    "logit": "logit interval",
    "mcnemar_exact": "McNemar, exact",
    "minimum_log_loss": "least log-loss",
    "obuchowski": "Obuchowski, logit interval",
    "paired_delong": "paired DeLong",
    "patient_bootstrap": "resampled patients",
    "simulation_1000": "1000 simulated sets",
    "wald": "Wald",
    "wald_patient_sandwich": "Wald, variance by patient",
    "wilson": "Wilson",
    "T2": "AUROC",
    "T3": "paired areas",
    "T4": "AUROC",
    "T5": "resampled patients",
    "T6": "proportion",
    "T7": "average precision",
    "T8": "four counts",
    "T10": "predictive value",
    "T11": "loss",
    "T12": "calibration error",
    "T13": "recalibration",
    "T14": "temperature",
    "T16": "McNemar",
    "T17": "mean over classes",
    "T23": "Holm",
    "findings": "notices",
    "no model-ready array": "no array under this model's recipe",
}
"""Keys and names of an older version, by what they are called now."""

IN_COHORT: Final = {"patient_id": "person_id"}
"""Columns of `cohort.csv` alone, which other tables still have."""

REWORDED: Final[dict[str, str]] = {
    " in auroc against ": " in AUROC against ",
    " in brier skill ": " in Brier skill ",
}
"""Words within the sentences of an older version, by what is said now."""

ADDED: Final = {
    "task", "headline", "models", "network", "notes", "new_cases", "new_patients", "replaced_cases",
}  # fmt: skip
"""Keys that an older version did not write."""

_ROUNDING: Final = 1e-12  # sums in another order end in another last digit

_VOLATILE: Final = {
    "created", "seconds", "when", "wall_seconds", "versions", "mtime_ns", "code", "run", "config_digest",
    "milliseconds", "images_per_second", "wait_share", "head", "created_utc",
    "training", "model.json",  # digests of what holds times, or of the code itself
    "digest", "cohort_digest", "cohort.csv", "cohort", "inputs",  # digests of rows
}  # fmt: skip
_REFERENCE: Final = """\
task: classification
ingest: {{raw: {raw}, key: ../reference.key, failed_share: 1.0}}
cohort: {{labels: labels.csv, target: label, positive: x}}
normalize: [z_score: {{}}]
report: {{title: Reference scans, intended_use: none}}
"""


def record(folder: Path) -> None:
    """Runs everything in a fresh project at `folder`, where the first candidate stays beside the second."""
    project = fresh(folder)
    make(project, "demo")
    reports = project / "reports"
    shutil.copytree(reports / "demo/candidate", project / "kept/first")
    make(project, "promote", "APPROVER=bench")
    delivery = [project / ".venv/bin/scanloom", "phantom", "data/raw/demo", "--later"]
    subprocess.run(delivery, cwd=project, check=True)
    make(project, "retrain", "ACCEPT_DRIFT=the second delivery is of another scanner")
    make(project, "demo-3d")
    if data := real_data():
        raw = json.dumps(str(data / "dicom-reference"))
        (project / "configs/reference.yaml").write_text(_REFERENCE.format(raw=raw))
        (project / "labels.csv").write_text("case,label\n1,x\n")
        key = folder.parent / "reference.key"  # the same in every record
        key.touch(mode=0o600)
        key.write_bytes(b"reference" * 4)
        make(project, "ingest", "CONFIG=configs/reference.yaml")


def compare(before: Path, after: Path) -> Iterator[str]:
    """Every difference, as one line each."""
    for name in _files(before):
        yield from _differences(name, _plain(before / name), _plain(after / name))
    for name in ANALYSES:
        ours, theirs = (folder / "data" / name for folder in (before, after))
        if not ours.is_dir():
            continue
        yield from _same_bytes(name, ours, theirs)
        yield from _differences(f"{name}/catalogue", _rows(ours), _rows(theirs))


def _files(project: Path) -> list[str]:
    """Tables and objects of both demos and of the first candidate, by their places."""
    folders = [project / "kept/first", *project.glob("reports/demo*/candidate")]
    paths = [path for folder in folders for kind in ("*.csv", "*.json") for path in folder.glob(kind)]
    return sorted(str(path.relative_to(project)) for path in paths if path.name != "report.json")


def _plain(path: Path) -> Any:
    """A file's content in today's words; None where it isn't."""
    if not path.is_file():
        return None
    if path.suffix == ".json":
        return _today(json.loads(path.read_text()))
    with path.open(newline="") as lines:
        rows: list[dict[str, Any]] = list(csv.DictReader(lines))
    columns = IN_COHORT if path.name == "cohort.csv" else {}
    return _today([{columns.get(name, name): cell for name, cell in row.items()} for row in rows])


def _today(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {RENAMED.get(key, key): _today(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if key not in _VOLATILE}
    if isinstance(value, list):
        return [_today(item) for item in value]
    if not isinstance(value, str):
        return value
    for old, new in REWORDED.items():
        value = value.replace(old, new)
    return RENAMED.get(value, value)


def _alike(before: Any, after: Any) -> bool:
    if before is None and after == "":  # a text that was left out is written empty
        return True
    numbers = isinstance(before, float) and isinstance(after, float)
    return numbers and math.isclose(before, after, rel_tol=_ROUNDING, abs_tol=_ROUNDING)


def _differences(place: str, before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | (after.keys() - ADDED)):
            yield from _differences(f"{place}: {key}", before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, pair in enumerate(zip(before, after, strict=True)):
            yield from _differences(f"{place}[{index}]", *pair)
    elif before != after and not _alike(before, after):
        yield f"{place}: {_short(before)} -> {_short(after)}"


def _short(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _same_bytes(name: str, before: Path, after: Path) -> Iterator[str]:
    """Shards of voxels and of arrays, byte by byte."""
    shards = {path.relative_to(before) for path in before.glob("cases/*.npy")}
    shards |= {path.relative_to(after) for path in after.glob("cases/*.npy")}
    for shard in sorted(shards):
        ours, theirs = before / shard, after / shard
        if not (ours.is_file() and theirs.is_file() and ours.read_bytes() == theirs.read_bytes()):
            yield f"{name}/{shard}: other bytes"


def _rows(data: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of what was read and normalized, in the order of their own columns."""
    catalogue = sqlite3.connect(data / "catalogue.sqlite")
    catalogue.row_factory = sqlite3.Row
    tables = {}
    for table in ("files", "cases", "case_files", "identifiers", "arrays"):
        rows = [_today(dict(row)) for row in catalogue.execute(f"SELECT * FROM {table}")]
        tables[table] = sorted(rows, key=lambda row: json.dumps(row, sort_keys=True, default=str))
    return tables


def main(arguments: list[str]) -> int:
    """Records or compares, as the arguments say."""
    if arguments[:1] == ["record"] and len(arguments) == 2:
        record(Path(arguments[1]))
        return 0
    if arguments[:1] == ["compare"] and len(arguments) == 3:
        differences = list(compare(Path(arguments[1]), Path(arguments[2])))
        print("\n".join(differences) or "Everything is as it was.")
        return 1 if differences else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
