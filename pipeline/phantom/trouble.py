"""What is wrong with the first delivery on purpose, and what the ledger must say of each.

Nothing in RAW tells of it: the list below is for tests, and for whoever wonders why the demo's
report speaks of a few files that were left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final, Literal

from pydicom.uid import ExplicitVRLittleEndian

from pipeline.phantom.plan import Study
from pipeline.pseudonyms import PHANTOM_LINE, PHANTOM_NOTE

Kind = Literal["duplicate_file", "truncated_file", "localizer", "monochrome1", "unlabelled", "two_patients"]
File = tuple[PurePosixPath, bytes]


@dataclass(frozen=True)
class Trouble:
    """One planted fault: the number of the person it befalls, and the reason code or note it must get."""

    kind: Kind
    patient: int
    reason: str


TROUBLE: Final = (
    Trouble("localizer", 1, "localizer"),
    Trouble("localizer", 9, "localizer"),
    Trouble("duplicate_file", 2, "duplicate_identical"),
    Trouble("truncated_file", 3, "truncated_pixel_data"),
    Trouble("monochrome1", 4, "monochrome1"),
    Trouble("unlabelled", 5, "not_in_table"),
    Trouble("two_patients", 6, "patient_conflict"),
)
NOTE: Final = (
    PurePosixPath(PHANTOM_NOTE),
    f"{PHANTOM_LINE}\r\nChest CT, exported for the nodule audit.\r\n".encode(),
)
"""The text file, which must end `not_dicom`; without it the phantom's public key is refused."""
FEWEST_PATIENTS: Final = 1 + max(trouble.patient for trouble in TROUBLE)


def befalls(study: Study, kind: Kind) -> bool:
    """Whether a fault of this kind is planted in the study."""
    return study.visit == 0 and any(t.kind == kind and t.patient == study.entropy[-1] for t in TROUBLE)


def plant_in_plan(studies: Sequence[Study]) -> list[Study]:
    """The studies with the faults that lie in headers and in the table of labels, and with the twin's."""
    planted = [_changed(study) for study in studies]
    twins = [_twin(study) for study in planted if befalls(study, "two_patients")]
    return planted + twins


def plant_in_files(study: Study, files: Sequence[File]) -> list[File]:
    """The files of a study with the faults that lie in their bytes: one cut off, one copied."""
    planted = list(files)
    path, data = planted[len(planted) // 2]
    if befalls(study, "truncated_file"):
        planted[len(planted) // 2] = (path, data[: -len(data) // 3])
    if befalls(study, "duplicate_file"):
        planted.append((path.with_name(f"{path.stem} (copy){path.suffix}"), data))
    return planted


def _twin(study: Study) -> Study:
    """The same image under a second registration of the person."""
    return replace(study, person=replace(study.person, patient_id="90006-115", name="Nørgaard^Kim"))


def _changed(study: Study) -> Study:
    if befalls(study, "monochrome1"):
        return replace(study, photometric="MONOCHROME1")
    if befalls(study, "unlabelled"):
        return replace(study, labelled=False)
    if befalls(study, "truncated_file"):
        return replace(study, syntax=ExplicitVRLittleEndian)
    return study
