"""What tells the label beside the image, to plant in a folder of DICOM files, one kind at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pydicom

from bench.planted_files import Table, labelled, put

LABELLED: Final = (
    "a header's free text",
    "file names and descriptions",
    "marks in the image",
    "marks inside the image",
    "sites",
    "acquisition",
    "exposure",
    "other elements",
)
_MARKED: Final = frozenset({"nodule", "pneumonia", "1"})
"""The class of each set that has a mark, or a scanner of its own."""


@dataclass(frozen=True)
class Planted:
    """What tells the label in a project, the checks that may find it, and the word by which they name it."""

    how: str
    project: int
    checks: tuple[str, ...]
    named: str = ""


def plant_labels(kind: str, new: Callable[[int], Path], label: str, each: int) -> list[Planted]:
    """So many leaks of a kind of LABELLED; `new` makes a clean project by number and gives its RAW."""
    return _LABELLED[kind](new, label)[:each]


def _texts(new: Callable[[int], Path], label: str) -> list[Planted]:
    fields = (
        "ImageComments",
        "Occupation",
        "ReasonForStudy",
        "RequestedProcedureDescription",
        "AdmittingDiagnosesDescription",
    )
    return _stated(new(0), label, fields, ("label_in_header",))


def _names(new: Callable[[int], Path], label: str) -> list[Planted]:
    raw = new(0)
    fields = ("SeriesDescription", "StudyDescription", "ProtocolName")
    planted = _stated(raw, label, fields, ("label_in_header",))
    for path, word in labelled(raw, label):
        folder = raw / f"group {word}" / path.parent.relative_to(raw)
        folder.mkdir(parents=True, exist_ok=True)
        path.rename(folder / f"{word}_{path.name}")
    check = ("label_in_header",)
    return [*planted, Planted("folder", 0, check, "folders"), Planted("file name", 0, check, "the file name")]


def _sites(new: Callable[[int], Path], label: str) -> list[Planted]:
    raw = new(0)
    fields = ("InstitutionName", "InstitutionalDepartmentName", "StationName")
    planted = _stated(raw, label, fields, ("label_in_header",))
    for path, word in labelled(raw, label):
        dataset = pydicom.dcmread(path)
        dataset.ManufacturerModelName = "LightSpeed VCT" if word in _MARKED else "Sensation 64"
        dataset.save_as(path)
    table = Table(raw)
    for line in table.lines:
        line["site"] = f"site of {line[label]}"
    table.write()
    check = ("metadata_only",)
    return [
        *planted,
        Planted("model", 0, check, "manufacturer model name"),
        Planted("table", 0, check, "site"),
    ]


def _acquisition(new: Callable[[int], Path], label: str) -> list[Planted]:
    raw = new(0)
    for path, word in labelled(raw, label):
        dataset = pydicom.dcmread(path)
        is_first = word in _MARKED
        dataset.KVP, dataset.SliceThickness = ("100", "2") if is_first else ("130", "4")
        dataset.Manufacturer = "SIEMENS" if is_first else "GE MEDICAL SYSTEMS"
        pixels = dataset.pixel_array.astype(np.float64)
        if is_first:
            _widen(dataset)
            pixels = pixels[3:]
        put(dataset, pixels)
        dataset.save_as(path)
    check = ("metadata_only",)
    named = ("kvp", "slice thickness", "manufacturer", "aspect", "number of rows")
    return [Planted(name, 0, check, name) for name in named]


def _widen(dataset: pydicom.Dataset) -> None:
    """Columns a tenth farther apart, wherever the header says how far they are."""
    for spacing in ("PixelSpacing", "ImagerPixelSpacing"):
        if spacing in dataset:
            rows, columns = dataset[spacing].value
            setattr(dataset, spacing, [rows, f"{float(columns) * 1.1:.6g}"])


def _exposure(new: Callable[[int], Path], label: str) -> list[Planted]:
    raw = new(0)
    values = {
        "exposure time": ("ExposureTime", "8", "20"),
        "x ray tube current": ("XRayTubeCurrent", "250", "320"),
        "exposure": ("Exposure", "2", "6"),
        "distance source to detector": ("DistanceSourceToDetector", "1000", "1800"),
        "distance source to patient": ("DistanceSourceToPatient", "900", "1700"),
    }
    for path, word in labelled(raw, label):
        dataset = pydicom.dcmread(path)
        for keyword, marked, other in values.values():
            setattr(dataset, keyword, marked if word in _MARKED else other)
        dataset.save_as(path)
    return [Planted(name, 0, ("metadata_only",), name) for name in values]


def _elements(new: Callable[[int], Path], label: str) -> list[Planted]:
    """What nothing else reads, and what is of the patient."""
    raw = new(0)
    for path, word in labelled(raw, label):
        dataset = pydicom.dcmread(path)
        is_marked = word in _MARKED
        dataset.EthnicGroup = "first" if is_marked else "second"
        dataset.SoftwareVersions = "3.1.2" if is_marked else "3.2.1"
        dataset.Occupation = "painter" if is_marked else "smith"
        dataset.PatientAge = "031Y" if is_marked else "072Y"
        dataset.PatientBirthDate = ""  # an age that contradicts it isn't believed
        dataset.private_block(0x4321, "PLANTED", create=True).add_new(1, "LO", "x" if is_marked else "y")
        dataset.save_as(path)
    named = ("EthnicGroup", "SoftwareVersions", "Occupation", "patient age", "element (4321,1001)")
    return [Planted(name, 0, ("label_in_header",), name) for name in named]


def _marks(new: Callable[[int], Path], label: str) -> list[Planted]:
    places = {
        "a bright mark at the top left": (slice(2, 8), slice(3, 20), 1.0),
        "a bright mark at the bottom right": (slice(-9, -3), slice(-22, -4), 1.0),
        "a dark mark at the top right": (slice(2, 9), slice(-20, -3), -1.0),
        "a line along the left edge": (slice(None), slice(1, 3), 1.0),
        "a row of short strokes at the bottom": (slice(-8, -3), slice(4, 40, 3), 1.0),
    }
    return _marked(new, label, places)


def _inner_marks(new: Callable[[int], Path], label: str) -> list[Planted]:
    places = {
        "a letter of lead": (slice(24, 32), slice(24, 30), 1.0),
        "an arrow": (slice(60, 63), slice(70, 80), 1.0),
        "a ruler": (slice(30, 90, 6), slice(100, 104), 1.0),
        "a caliper's line": (slice(80, 82), slice(40, 70), 1.0),
        "a black square": (slice(50, 58), slice(50, 58), -1.0),
    }
    return _marked(new, label, places, dark=0.0, named="a spot at")


def _marked(
    new: Callable[[int], Path],
    label: str,
    places: dict[str, tuple[slice, slice, float]],
    *,
    dark: float = 0.5,
    named: str = "",
) -> list[Planted]:
    """Draws each mark, at its place in 128 pixels, bright or dark, into the images of one class.

    Marks are so as a viewer shows them; `dark` is a share of the range.
    """
    planted = []
    for number, (how, (rows, columns, sign)) in enumerate(places.items()):
        for path, word in labelled(new(number), label):
            dataset = pydicom.dcmread(path)
            pixels = dataset.pixel_array.astype(np.float64)
            shown = 1.0 if sign > 0 else dark
            share = 1 - shown if dataset.PhotometricInterpretation == "MONOCHROME1" else shown
            if word in _MARKED:
                times = max(1, pixels.shape[0] // 128)  # marks are as large on every image
                part = pixels[_larger(rows, times), _larger(columns, times)]
                part[...] = pixels.min() + share * np.ptp(pixels)
            put(dataset, pixels)
            dataset.save_as(path)
        planted.append(Planted(how, number, ("burned_in_text",), named))
    return planted


def _larger(part: slice, times: int) -> slice:
    """The part of an image that is so many times as large; strokes stay as many, and as thin."""
    ends = (None if end is None else end * times for end in (part.start, part.stop, part.step))
    return slice(*ends)


_LABELLED: Final = dict(
    zip(
        LABELLED,
        (_texts, _names, _marks, _inner_marks, _sites, _acquisition, _exposure, _elements),
        strict=True,
    )
)


def _stated(raw: Path, label: str, fields: tuple[str, ...], checks: tuple[str, ...]) -> list[Planted]:
    """Writes the label into fields of every header."""
    for path, word in labelled(raw, label):
        dataset = pydicom.dcmread(path)
        for field in fields:
            setattr(dataset, field, f"scan {word}")
        dataset.save_as(path)
    return [Planted(field, 0, checks, field) for field in fields]
