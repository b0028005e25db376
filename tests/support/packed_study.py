"""Three patients with a volume each, as files that tests pack; and what ingest made of them."""

from __future__ import annotations

from pathlib import Path

import ingesting
import numpy as np
from dicom_files import encoded, image

from pipeline.catalogue import Catalogue
from pipeline.config import Config
from pipeline.ingest.stage import list_files
from pipeline.workspace import Workspace

Files = dict[str, bytes]


def config(**ingest: object) -> Config:
    """The analysis `study` on the folder `raw`, in volumes and by two workers."""
    return ingesting.config(**{"workers": 2, "unit": "series", **ingest})


def volume(patient: int, slices: int = 5) -> Files:
    """The slices of a CT volume of its own patient, by path."""
    files = {}
    for number in range(slices):
        pixels = np.full((16, 12), 1024 + 10 * number + patient, np.uint16)
        pixels[0] = 24
        identifiers = {
            "PatientID": f"PAT{patient}",
            "StudyInstanceUID": f"2.25.1{patient}",
            "SeriesInstanceUID": f"2.25.2{patient}",
            "SOPInstanceUID": f"2.25.3{patient}{number}",
            "ImagePositionPatient": ["0", "0", f"{5 * number}"],
        }
        files[f"p{patient}/deep/er/{number}.dcm"] = encoded(image("CT", pixels=pixels, **identifiers))
    return files


PATIENTS = [volume(patient) for patient in range(1, 4)]
EVERYTHING = {path: data for files in PATIENTS for path, data in files.items()} | {"notes.txt": b"nothing"}


def new_workspace(folder: Path) -> Workspace:
    """An empty project with an empty folder of scans."""
    (folder / "raw").mkdir(parents=True)
    return Workspace(folder, "study")


def store(workspace: Workspace) -> tuple[Files, list[tuple[object, ...]]]:
    """The shards, and the cases without the digests of the names that their files have."""
    with Catalogue(workspace.catalogue) as catalogue:
        rows = catalogue.query("SELECT * FROM cases ORDER BY case_id")
    return {path.name: path.read_bytes() for path in workspace.cases.iterdir()}, [row[:-1] for row in rows]


def outcomes(workspace: Workspace) -> dict[str, str]:
    """The reason, with its detail, of each path."""
    return {row[0]: row[2] for row in list_files(config(), workspace)}
