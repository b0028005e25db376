"""Copies of an image and second IDs of a person to plant in a folder of DICOM files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pydicom
from pydicom.uid import generate_uid

from bench.planted_files import Pixels, Table, header_of, is_sound, pixels_of, put

PAIRS: Final = (
    "near copies",
    "turned copies",
    "IDs spelt otherwise",
    "other patient IDs",
    "names and birth dates",
    "IDs without issuer or letters",
    "one frame of reference",
)


@dataclass(frozen=True)
class Pair:
    """Two scans of one person under two IDs, by SOP Instance UID."""

    kind: str
    how: str
    uids: tuple[str, str]


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
    table = Table(raw)
    files = _one_a_patient(raw, table)
    pairs = []
    originals = [[next(files) for _ in range(each)] for _ in range(2)]
    for kind, changes, paths in zip(PAIRS, (COPIES, TURNED), originals, strict=False):
        for (how, change), path in zip(changes.items(), paths, strict=False):
            pairs.append(_copied(path, table, kind, how, change))
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
    for number in range(each):
        pairs.append(_other_form(next(files), next(files), number))
    for number, (first, second) in enumerate(
        zip(*originals, strict=True)
    ):  # smaller sets have no more patients
        pairs.append(_one_frame(first, second, number))
    table.write()
    return pairs


def _copied(path: Path, table: Table, kind: str, how: str, change: Callable[[Pixels], Pixels]) -> Pair:
    """A changed copy of an image under another patient, another study and UIDs of its own."""
    dataset = pydicom.dcmread(path)
    first, study = str(dataset.SOPInstanceUID), str(dataset.StudyInstanceUID)
    pixels = np.ascontiguousarray(change(dataset.pixel_array.astype(np.float64)))
    put(dataset, pixels)
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        setattr(dataset, keyword, generate_uid(entropy_srcs=[how, first, keyword]))
    if "FrameOfReferenceUID" in dataset:  # it would tell by itself whose the copy is
        dataset.FrameOfReferenceUID = generate_uid(entropy_srcs=[how, first, "frame"])
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


def _other_form(first: Path, second: Path, number: int) -> Pair:
    """The other's ID with an issuer, or with letters before or after it, and its birth date."""
    one, two = pydicom.dcmread(first), pydicom.dcmread(second)
    patient = str(one.PatientID)
    number_in_it = re.fullmatch(r"\D*(\d{4,})\D*", patient)
    if number % 2 and number_in_it:
        digits = number_in_it[1]
        two.PatientID = digits if digits != patient else (f"HUP-{digits}", f"{digits}X")[number // 2 % 2]
    else:
        two.PatientID, two.IssuerOfPatientID = patient, f"HOSPITAL {number}"
    for dataset, path, name in ((one, first, "Form^One"), (two, second, "Form^Other")):
        dataset.PatientName, dataset.PatientBirthDate = f"{name}{chr(65 + number)}", f"1948070{number + 1}"
        if two.get("PatientSex") and one.get("PatientSex"):
            dataset.PatientSex = one.PatientSex
        dataset.save_as(path)
    return Pair(PAIRS[5], f"number {number + 1}", (str(one.SOPInstanceUID), str(two.SOPInstanceUID)))


def _one_frame(first: Path, second: Path, number: int) -> Pair:
    one, two = pydicom.dcmread(first), pydicom.dcmread(second)
    for dataset, path in ((one, first), (two, second)):
        dataset.FrameOfReferenceUID = generate_uid(entropy_srcs=["frame", str(number)])
        dataset.save_as(path)
    return Pair(PAIRS[6], f"number {number + 1}", (str(one.SOPInstanceUID), str(two.SOPInstanceUID)))


def _one_a_patient(raw: Path, table: Table) -> Iterator[Path]:
    """An uncompressed image of each patient that stands in the table, first of those with one scan.

    Not one that lies there twice: of such the cohort keeps one or none, leak or not.
    """
    by_patient: dict[str, list[Path]] = {}
    copies: Counter[bytes] = Counter()
    for path in sorted(raw.rglob("*")):
        patient = header_of(path, "PatientID")
        if patient and is_sound(path):
            by_patient.setdefault(patient, []).append(path)
            copies[pixels_of(path)] += 1
    for paths in sorted(by_patient.values(), key=len):
        dataset = pydicom.dcmread(paths[0], stop_before_pixels=True)
        is_plain = not dataset.file_meta.TransferSyntaxUID.is_compressed
        in_table = table.has({str(dataset.SOPInstanceUID), str(dataset.StudyInstanceUID)})
        if is_plain and in_table and copies[pixels_of(paths[0])] == 1:
            yield paths[0]
