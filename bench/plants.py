"""Leaks to plant in a folder of DICOM files and their table of labels, one kind at a time."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

PAIRS: Final = (
    "near copies",
    "turned copies",
    "IDs spelt otherwise",
    "other patient IDs",
    "names and birth dates",
)
LABELLED: Final = (
    "a header's free text",
    "file names and descriptions",
    "marks in the image",
    "sites",
    "acquisition",
)
Pixels = NDArray[Any]
_MARKED: Final = frozenset({"nodule", "pneumonia", "1"})
"""The class of each set that has a mark, or a scanner of its own."""


@dataclass(frozen=True)
class Pair:
    """Two scans of one person under two IDs, by SOP Instance UID."""

    kind: str
    how: str
    uids: tuple[str, str]


@dataclass(frozen=True)
class Planted:
    """What tells the label in a project, the checks that may find it, and the word by which they name it."""

    how: str
    project: int
    checks: tuple[str, ...]
    named: str = ""


def _noisy(image: Pixels) -> Pixels:
    span = float(np.ptp(image))
    noise = np.random.default_rng(5).normal(0, 0.05 * span, image.shape)
    return np.clip(image + noise, image.min(), image.max())


def _gamma(image: Pixels) -> Pixels:
    """Of all above the darkest quarter: air stays air and padding padding, or a CT would be refused."""
    low, high = float(np.quantile(image, 0.25)), float(image.max())
    above = np.clip((image - low) / max(high - low, 1.0), 0, 1)
    return np.where(image > low, low + (high - low) * above**1.25, image)


def _half(image: Pixels) -> Pixels:
    rows, columns = (size // 2 for size in image.shape)
    means: Pixels = image[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2).mean(axis=(1, 3))
    return means


def _cropped(image: Pixels) -> Pixels:
    rows, columns = (round(size * 0.1) for size in image.shape)
    return image[rows:-rows, columns:-columns]


def _coarse(image: Pixels) -> Pixels:
    """Rounded to 32 greys, as a strong compression does."""
    span = max(float(np.ptp(image)) / 32, 1.0)
    return np.round(image / span) * span


COPIES: Final[dict[str, Callable[[Pixels], Pixels]]] = {
    "coded anew": _coarse,
    "half the size": _half,
    "another contrast": _gamma,
    "a tenth cut off each side": _cropped,
    "noise of 5 %": _noisy,
}
TURNED: Final[dict[str, Callable[[Pixels], Pixels]]] = {
    "mirrored": lambda image: image[:, ::-1],
    "upside down": lambda image: image[::-1],
    "turned by 90 degrees": lambda image: np.rot90(image),
    "turned by 180 degrees": lambda image: np.rot90(image, 2),
    "mirrored and turned": lambda image: image.T,
}


def plant_pairs(raw: Path, each: int) -> list[Pair]:
    """Every kind of PAIRS, so many times, of different patients."""
    table = _Table(raw)
    files = _one_a_patient(raw, table)
    pairs = []
    for how, change in [*COPIES.items()][:each]:
        pairs.append(_copied(next(files), table, PAIRS[0], how, change))
    for how, change in [*TURNED.items()][:each]:
        pairs.append(_copied(next(files), table, PAIRS[1], how, change))
    spellings: tuple[Callable[[str], str], ...] = (
        lambda name: name.lower() if name.lower() != name else name.upper() + " ",
        lambda name: "-".join(f"00{piece}" if piece.isdigit() else piece for piece in name.split("-")),
        lambda name: f"  {name} ",
        lambda name: name.replace("-", "_") if "-" in name else f"{name[:3]}-{name[3:]}",
        lambda name: name.swapcase().replace("-", " "),
    )
    for number, spelling in enumerate(spellings[:each]):
        pairs.append(_same_id(next(files), next(files), PAIRS[2], f"spelling {number + 1}", spelling))
    for number in range(each):
        pairs.append(_other_id(next(files), next(files), number))
    for number in range(each):
        pairs.append(_born(next(files), next(files), number))
    table.write()
    return pairs


def plant_labels(kind: str, new: Callable[[int], Path], label: str, each: int) -> list[Planted]:
    """So many leaks of a kind of LABELLED; `new` makes a clean project by number and gives its RAW."""
    return _LABELLED[kind](new, label)[:each]


def _copied(path: Path, table: _Table, kind: str, how: str, change: Callable[[Pixels], Pixels]) -> Pair:
    """A changed copy of an image under another patient, another study and UIDs of its own."""
    dataset = pydicom.dcmread(path)
    first, study = str(dataset.SOPInstanceUID), str(dataset.StudyInstanceUID)
    pixels = np.ascontiguousarray(change(dataset.pixel_array.astype(np.float64)))
    _put(dataset, pixels)
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        setattr(dataset, keyword, generate_uid(entropy_srcs=[how, first, keyword]))
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.PatientID = dataset.PatientName = dataset.AccessionNumber = f"SECOND{len(table.lines)}"
    # On a day of its own: where few have one, a day that all copies share makes namesakes likely by chance.
    dataset.PatientBirthDate = f"{1930 + len(table.lines) % 60}0315"
    dataset.save_as(path.with_name(f"copy {path.name}"))
    new = {first: str(dataset.SOPInstanceUID), study: str(dataset.StudyInstanceUID)}
    table.add_like({first, study}, new, f"copy {path.name}")
    return Pair(kind, how, (first, str(dataset.SOPInstanceUID)))


def _same_id(first: Path, second: Path, kind: str, how: str, spelling: Callable[[str], str]) -> Pair:
    one, two = pydicom.dcmread(first), pydicom.dcmread(second)
    two.PatientID = spelling(str(one.PatientID))
    two.save_as(second)
    return Pair(kind, how, (str(one.SOPInstanceUID), str(two.SOPInstanceUID)))


def _other_id(first: Path, second: Path, number: int) -> Pair:
    """The other's ID among the other IDs, as a value, or as an item of the sequence."""
    one, two = pydicom.dcmread(first), pydicom.dcmread(second)
    if number % 2:
        item = pydicom.Dataset()
        item.PatientID, item.TypeOfPatientID = str(one.PatientID), "TEXT"
        two.OtherPatientIDsSequence = pydicom.Sequence([item])
    else:
        two.OtherPatientIDs = ["OLD1", str(one.PatientID)][number // 2 % 2 :]
    two.save_as(second)
    return Pair(PAIRS[3], f"number {number + 1}", (str(one.SOPInstanceUID), str(two.SOPInstanceUID)))


def _born(first: Path, second: Path, number: int) -> Pair:
    one, two = pydicom.dcmread(first), pydicom.dcmread(second)
    name = f"Planted{chr(65 + number)}^Same"
    for dataset, path, spelt in ((one, first, name), (two, second, name.upper() if number % 2 else name)):
        dataset.PatientName, dataset.PatientBirthDate = spelt, f"1951020{number + 1}"
        dataset.save_as(path)
    return Pair(PAIRS[4], f"number {number + 1}", (str(one.SOPInstanceUID), str(two.SOPInstanceUID)))


def _texts(new: Callable[[int], Path], label: str) -> list[Planted]:
    fields = (
        "ImageComments",
        "PatientComments",
        "ReasonForStudy",
        "RequestedProcedureDescription",
        "AdmittingDiagnosesDescription",
    )
    return _stated(new(0), label, fields, ("label_in_header",))


def _names(new: Callable[[int], Path], label: str) -> list[Planted]:
    raw = new(0)
    fields = ("SeriesDescription", "StudyDescription", "ProtocolName")
    planted = _stated(raw, label, fields, ("label_in_header",))
    for path, word in _labelled(raw, label):
        folder = raw / f"group {word}" / path.parent.relative_to(raw)
        folder.mkdir(parents=True, exist_ok=True)
        path.rename(folder / f"{word}_{path.name}")
    check = ("label_in_header",)
    return [*planted, Planted("folder", 0, check, "folders"), Planted("file name", 0, check, "the file name")]


def _sites(new: Callable[[int], Path], label: str) -> list[Planted]:
    raw = new(0)
    fields = ("InstitutionName", "InstitutionalDepartmentName", "StationName")
    planted = _stated(raw, label, fields, ("label_in_header",))
    for path, word in _labelled(raw, label):
        dataset = pydicom.dcmread(path)
        dataset.ManufacturerModelName = "LightSpeed VCT" if word in _MARKED else "Sensation 64"
        dataset.save_as(path)
    table = _Table(raw)
    for line in table.lines:
        line["site"] = f"site of {line[label]}"
    table.write()
    _ask_of_sites(raw)
    check = ("metadata_only",)
    return [
        *planted,
        Planted("model", 0, check, "manufacturer model name"),
        Planted("table", 0, check, "site"),
    ]


def _ask_of_sites(raw: Path) -> None:
    """Makes the sites of the table a group of the analysis, where its settings have no groups."""
    yaml = raw.parents[2] / "configs" / f"{raw.name}.yaml"
    text = yaml.read_text()
    if "groups:" not in text:
        yaml.write_text(text.replace("cohort:\n", "cohort:\n  groups: [site]\n"))


def _acquisition(new: Callable[[int], Path], label: str) -> list[Planted]:
    raw = new(0)
    for path, word in _labelled(raw, label):
        dataset = pydicom.dcmread(path)
        is_first = word in _MARKED
        dataset.KVP, dataset.SliceThickness = ("100", "2") if is_first else ("130", "4")
        dataset.Manufacturer = "SIEMENS" if is_first else "GE MEDICAL SYSTEMS"
        pixels = dataset.pixel_array.astype(np.float64)
        if is_first:
            _widen(dataset)
            pixels = pixels[3:]
        _put(dataset, pixels)
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


def _marks(new: Callable[[int], Path], label: str) -> list[Planted]:
    places = {
        "a bright mark at the top left": (slice(2, 8), slice(3, 20), 1.0),
        "a bright mark at the bottom right": (slice(-9, -3), slice(-22, -4), 1.0),
        "a dark mark at the top right": (slice(2, 9), slice(-20, -3), -1.0),
        "a line along the left edge": (slice(None), slice(1, 3), 1.0),
        "a row of short strokes at the bottom": (slice(-8, -3), slice(4, 40, 3), 1.0),
    }
    planted = []
    for number, (how, (rows, columns, sign)) in enumerate(places.items()):
        for path, word in _labelled(new(number), label):
            dataset = pydicom.dcmread(path)
            pixels = dataset.pixel_array.astype(np.float64)
            if word in _MARKED:
                times = max(1, pixels.shape[0] // 128)  # marks are as large on every image
                part = pixels[_larger(rows, times), _larger(columns, times)]
                part[...] = pixels.max() if sign > 0 else pixels.max() / 2
            _put(dataset, pixels)
            dataset.save_as(path)
        planted.append(Planted(how, number, ("burned_in_text",)))
    return planted


def _larger(part: slice, times: int) -> slice:
    """The part of an image that is so many times as large; strokes stay as many, and as thin."""
    ends = (None if end is None else end * times for end in (part.start, part.stop, part.step))
    return slice(*ends)


_LABELLED: Final = dict(zip(LABELLED, (_texts, _names, _marks, _sites, _acquisition), strict=True))


def _stated(raw: Path, label: str, fields: tuple[str, ...], checks: tuple[str, ...]) -> list[Planted]:
    """Writes the label into fields of every header."""
    for path, word in _labelled(raw, label):
        dataset = pydicom.dcmread(path)
        for field in fields:
            setattr(dataset, field, f"scan {word}")
        dataset.save_as(path)
    return [Planted(field, 0, checks, field) for field in fields]


def _labelled(raw: Path, label: str) -> list[tuple[Path, str]]:
    """Every image with the word that the table has for it, or for its study."""
    words = {
        line[column]: line[label].casefold()
        for line in _Table(raw).lines
        for column in ("study_instance_uid", "sop_instance_uid")
        if line.get(column)
    }
    found = []
    for path in sorted(raw.rglob("*")):
        uids = [_header(path, keyword) for keyword in ("SOPInstanceUID", "StudyInstanceUID")]
        word = next((words[uid] for uid in uids if uid in words), "")
        if word and _is_sound(path):
            found.append((path, word))
    return found


def _is_sound(path: Path) -> bool:
    """Whether the pixels can be read: the demo has files that are faulty on purpose."""
    try:
        return bool(pydicom.dcmread(path).pixel_array.size)
    except (ValueError, RuntimeError, AttributeError):
        return False


def _one_a_patient(raw: Path, table: _Table) -> Iterator[Path]:
    """An uncompressed image of each patient that stands in the table, first of those with one scan.

    Not one that lies there twice: of such the cohort keeps one or none, leak or not.
    """
    by_patient: dict[str, list[Path]] = {}
    copies: Counter[bytes] = Counter()
    for path in sorted(raw.rglob("*")):
        patient = _header(path, "PatientID")
        if patient and _is_sound(path):
            by_patient.setdefault(patient, []).append(path)
            copies[_pixels(path)] += 1
    for paths in sorted(by_patient.values(), key=len):
        dataset = pydicom.dcmread(paths[0], stop_before_pixels=True)
        is_plain = not dataset.file_meta.TransferSyntaxUID.is_compressed
        in_table = table.has({str(dataset.SOPInstanceUID), str(dataset.StudyInstanceUID)})
        if is_plain and in_table and copies[_pixels(paths[0])] == 1:
            yield paths[0]


def _pixels(path: Path) -> bytes:
    return hashlib.sha256(pydicom.dcmread(path).pixel_array.tobytes()).digest()


def _header(path: Path, keyword: str) -> str:
    """One element of a file, "" where it is no DICOM file."""
    if not path.is_file() or path.suffix == ".csv":
        return ""
    try:
        dataset = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=[keyword, "Rows"])
    except (pydicom.errors.InvalidDicomError, OSError):
        return ""
    return str(dataset.get(keyword, "")) if "Rows" in dataset else ""


def _put(dataset: pydicom.Dataset, pixels: Pixels) -> None:
    """These values as the pixels of the image, uncompressed."""
    old = dataset.pixel_array
    stored = np.ascontiguousarray(np.rint(pixels)).astype(old.dtype)
    dataset.Rows, dataset.Columns = stored.shape
    dataset.PixelData = stored.tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset["PixelData"].VR = "OW"
    dataset["PixelData"].is_undefined_length = False


class _Table:
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
