"""A folder of scans as ingest finds it: small scans of their own patients, and what became of each file."""

from __future__ import annotations

import contextlib
import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
from dicom_files import image, write
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.config import Cohort, Config, Ingest, Report
from pipeline.errors import DataError
from pipeline.ingest import run
from pipeline.ingest.stage import list_files
from pipeline.records import Case
from pipeline.workspace import Workspace


def config(cohort: dict[str, Any] | None = None, **ingest: Any) -> Config:
    """The analysis `study` on the folder `raw`, with a table `labels.csv`; one worker, nothing too bad."""
    settings = {"raw": "raw", "workers": 1, "failed_share": 1.0, **ingest}
    return Config(
        name="study",
        ingest=Ingest(**settings),
        cohort=Cohort(**{"labels": "labels.csv", "target": "label", **(cohort or {})}),
        normalize=({"z_score": {}},),
        report=Report(title="A study"),
    )


def scan(number: int, modality: str = "DX", **elements: object) -> Dataset:
    """An image of its own patient, study and series, with pixels of its own."""
    pixels = (np.arange(192, dtype=np.uint16).reshape(16, 12) * 3 + number) % 4096
    identifiers = {
        "SOPInstanceUID": f"2.25.{number}",
        "PatientID": f"PAT{number}",
        "StudyInstanceUID": f"2.25.1{number}",
        "SeriesInstanceUID": f"2.25.2{number}",
    }
    return image(modality, pixels=pixels, **{**identifiers, **elements})


def ct_series(positions: list[float], *, first: int = 900, **elements: object) -> list[Dataset]:
    """Slices of one CT volume whose values are air and 10 times the slice's number."""
    slices = []
    for number, z in enumerate(positions):
        pixels = np.full((16, 12), 1024 + 10 * number, np.uint16)
        pixels[0] = 24
        shared = {
            "PatientID": "PAT9",
            "StudyInstanceUID": f"2.25.19{first}",
            "SeriesInstanceUID": f"2.25.29{first}",
            "PixelData": pixels.tobytes(),
            "ImagePositionPatient": ["0", "0", f"{z:g}"],
        }
        slices.append(scan(first + number, "CT", **{**shared, **elements}))
    return slices


def write_all(folder: Path, files: dict[str, bytes | Dataset]) -> None:
    """Writes files by their paths below the folder."""
    for name, data in files.items():
        write(folder / name, data)


def ingested(workspace: Workspace, settings: Config) -> dict[str, tuple[str, str, str]]:
    """State, reason with detail, and next step by path, after an ingest, also one that ends with a refusal."""
    with contextlib.suppress(DataError):
        run(settings, workspace)
    return {path: (state, reason, step) for path, state, reason, _, step in list_files(settings, workspace)}


def reasons(workspace: Workspace, settings: Config) -> dict[str, str]:
    """The reason of each path, without its detail."""
    return {row[0]: row[2].split(" ")[0] for row in list_files(settings, workspace)}


def cases(workspace: Workspace) -> list[Case]:
    """What was read."""
    with Catalogue(workspace.catalogue) as catalogue:
        return catalogue.cases()


def voxels(workspace: Workspace, case: Case) -> NDArray[Any]:
    """The stored voxels of a case."""
    return np.array(Shards(workspace.cases).read(case.stored))


def store(workspace: Workspace) -> dict[str, str]:
    """Digests of the shards, and of everything the catalogue says but times and numbers of runs."""
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in workspace.cases.glob("*")}
    with Catalogue(workspace.catalogue) as catalogue:
        rows = catalogue.query("SELECT * FROM cases ORDER BY 1")
        # The last two columns are digests of shards' and files' names.
        tables = {"cases": repr([row[:-2] for row in rows])}
        for table in ("case_files", "identifiers"):
            tables[table] = repr(catalogue.query(f"SELECT * FROM {table} ORDER BY 1, 2"))
        tables["files"] = repr(
            catalogue.query("SELECT token, digest, state, reason, detail, notes FROM files ORDER BY 1")
        )
    return digests | tables


def without_shards(rows: str) -> str:
    """Rows of cases without the names of shards and the places in them: deliveries have shards of their own."""
    return re.sub(r"'shard-\w+\.npy', \d+", "", rows)
