"""A folder of DICOM files and their table of labels, as leaks are planted in them."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.uid import ExplicitVRLittleEndian

Pixels = NDArray[Any]


def labelled(raw: Path, label: str) -> list[tuple[Path, str]]:
    """Every image with the word that the table has for it, or for its study."""
    words = {
        line[column]: line[label].casefold()
        for line in Table(raw).lines
        for column in ("study_instance_uid", "sop_instance_uid")
        if line.get(column)
    }
    found = []
    for path in sorted(raw.rglob("*")):
        uids = [header_of(path, keyword) for keyword in ("SOPInstanceUID", "StudyInstanceUID")]
        word = next((words[uid] for uid in uids if uid in words), "")
        if word and is_sound(path):
            found.append((path, word))
    return found


def is_sound(path: Path) -> bool:
    """Whether the pixels can be read: the demo has files that are faulty on purpose."""
    try:
        return bool(pydicom.dcmread(path).pixel_array.size)
    except (ValueError, RuntimeError, AttributeError):
        return False


def pixels_of(path: Path) -> bytes:
    """A digest of the decoded pixels."""
    return hashlib.sha256(pydicom.dcmread(path).pixel_array.tobytes()).digest()


def header_of(path: Path, keyword: str) -> str:
    """One element of a file, "" where it is no DICOM file."""
    if not path.is_file() or path.suffix == ".csv":
        return ""
    try:
        dataset = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=[keyword, "Rows"])
    except (pydicom.errors.InvalidDicomError, OSError):
        return ""
    return str(dataset.get(keyword, "")) if "Rows" in dataset else ""


def put(dataset: pydicom.Dataset, pixels: Pixels) -> None:
    """These values as the pixels of the image, uncompressed."""
    old = dataset.pixel_array
    stored = np.ascontiguousarray(np.rint(pixels)).astype(old.dtype)
    dataset.Rows, dataset.Columns = stored.shape
    dataset.PixelData = stored.tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset["PixelData"].VR = "OW"
    dataset["PixelData"].is_undefined_length = False


class Table:
    """The table of labels beside the scans, changed in memory and written back."""

    def __init__(self, raw: Path) -> None:
        self._path = raw / "labels.csv"
        with self._path.open(newline="", encoding="utf-8") as stream:
            self.lines = list(csv.DictReader(stream))

    def has(self, uids: set[str]) -> bool:
        """Whether a row names one of them."""
        return any(uids & set(line.values()) for line in self.lines)

    def add_like(self, uids: set[str], new: dict[str, str], name: str) -> None:
        """A row like the one that names one of them, with the new UIDs."""
        line = next(line for line in self.lines if uids & set(line.values()))
        changed = {column: new.get(value, value) for column, value in line.items()}
        if "path" in changed:
            changed["path"] = str(Path(changed["path"]).with_name(name))
        if "patient_id" in changed:
            changed["patient_id"] = ""
        self.lines.append(changed)

    def write(self) -> None:
        """Puts the table back."""
        with self._path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, self.lines[0].keys())
            writer.writeheader()
            writer.writerows(self.lines)
