"""What is wrong with the masks of the first delivery on purpose, and what the ledger must say of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from pipeline.phantom.people import Person
from pipeline.phantom.plan import Study
from pipeline.phantom.structures import VERTEBRA, Marks, Structure

Kind = Literal["foreign", "shifted", "undeclared", "second", "empty", "stray", "none"]


@dataclass(frozen=True)
class MaskTrouble:
    """One planted fault: the number of the person it befalls, and the reason that its files must get."""

    kind: Kind
    patient: int
    reason: str
    files: int = 1


MASK_TROUBLE: Final = (
    MaskTrouble("foreign", 10, "patient_conflict"),
    MaskTrouble("shifted", 11, "mask_geometry_mismatch"),
    MaskTrouble("undeclared", 12, "mask_values_invalid"),
    MaskTrouble("second", 13, "mask_values_invalid", files=2),
    MaskTrouble("empty", 14, "mask_values_invalid"),
    MaskTrouble("stray", 15, "mask_reference_missing"),
    MaskTrouble("none", 16, "", files=0),
)
FEWEST_MARKED: Final = 1 + max(trouble.patient for trouble in MASK_TROUBLE)
_SHIFT_STEPS: Final = (
    0.4  # of the distance of slices: halfway to the next one nobody could say which is meant
)


@dataclass(frozen=True, eq=False)
class Drawn:
    """What one file is to mark, before it is a segmentation or a structure set.

    `marks` has shape (structures, slices, rows, columns); `person` is whose the file says that it is,
    `series` the UID of what it says that it was drawn on, `raised` how many steps towards the head its planes
    are put.
    """

    structures: tuple[Structure, ...]
    marks: Marks
    person: Person
    series: str
    raised: float = 0.0


def with_trouble(study: Study, drawn: Drawn, *, vertebra: Marks) -> Sequence[Drawn]:
    """The masks of a study with the fault that is planted in them."""
    befallen = [one.kind for one in MASK_TROUBLE if not study.visit and one.patient == study.entropy[-1]]
    match befallen:
        case ["foreign"]:
            person = replace(study.person, patient_id="90010-274", name="Thibault^Inês")
            return [replace(drawn, person=person)]
        case ["shifted"]:
            return [replace(drawn, raised=_SHIFT_STEPS)]
        case ["undeclared"]:
            marks = np.concatenate([drawn.marks, vertebra[np.newaxis]])
            return [replace(drawn, structures=(*drawn.structures, VERTEBRA), marks=marks)]
        case ["second"]:
            return [drawn, drawn]
        case ["empty"]:
            marks = drawn.marks.copy()
            marks[0] = False
            return [replace(drawn, marks=marks)]
        case ["stray"]:
            return [replace(drawn, series=study.uid("series", "elsewhere"))]
        case ["none"]:
            return []
    return [drawn]
