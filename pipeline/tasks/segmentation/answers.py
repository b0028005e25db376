"""What a network's marks say: the table of predictions, measured against masks on each scan's own grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.bits import Bits, of_bit
from pipeline.contracts import predicted_masks, targets
from pipeline.contracts.operating import Operating
from pipeline.contracts.predictions import GROUP, PREDICTED, TRUTH
from pipeline.progress import bar
from pipeline.statistics.masks import agreement, dice, volume_ml
from pipeline.statistics.vectors import Flags, Floats, Integers
from pipeline.tasks.contract import Kind, Pictured
from pipeline.tasks.segmentation.asking import Marked, ask, without_strays
from pipeline.tasks.segmentation.elsewhere import fits, read_table, require_table
from pipeline.tasks.segmentation.overlaying import overlays
from pipeline.tasks.segmentation.predictions import read
from pipeline.tasks.segmentation.structures import ABSENT, PRESENT, UNKNOWN, Structures, cells_of

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = [
    "Frozen",
    "ask",
    "decided",
    "fits",
    "followed",
    "frozen",
    "in_words",
    "kinds",
    "marked",
    "observed",
    "output_of",
    "outputs",
    "overlays",
    "pictured",
    "read",
    "read_table",
    "require_table",
    "scores",
    "table",
]

MEASURES: Final = (
    "dice",
    "hd95_mm",
    "hd_mm",
    "nsd",
    "volume_truth_ml",
    "volume_predicted_ml",
    "false_components",
)
"""The columns of a target, each with its name behind it."""

WORST, BEST = 6, 3
"""How many cases of a kind a gallery shows: errors teach more."""


@dataclass(frozen=True)
class Frozen:
    """What validation fixed: of which targets only the largest piece is kept, and the tolerance of NSD."""

    largest: tuple[str, ...] = ()
    tolerance_mm: float = 1.0


@dataclass(frozen=True)
class _Applied:
    """What is handed on of a target."""

    applied: bool


@dataclass(frozen=True)
class _Chosen:
    """What is handed on of all."""

    cleaning: Mapping[str, _Applied]
    tolerance_mm: float


def frozen(operating: Operating | None) -> Frozen:
    """What the record holds; before the evaluation nothing is fixed. Raises DamageError."""
    if operating is None:
        return Frozen()
    chosen = operating.choices.opened(_Chosen)
    applied = tuple(name for name, cleaning in chosen.cleaning.items() if cleaning.applied)
    return Frozen(applied, chosen.tolerance_mm)


def scores(logits: Floats, fixed: Frozen) -> Floats:
    """The logits as they are: of single voxels nothing was fixed."""
    return logits


def decided(scores: Floats, fixed: Frozen) -> None:
    """None: nothing is decided of a scan as a whole."""
    return


def followed(scores: Floats, question: Structures) -> Integers:
    """Which output of each row a reader follows: the first."""
    return np.zeros(len(scores), dtype=np.int64)


def table(
    cases: pd.DataFrame,
    marked: NDArray[np.object_],
    reasons: Sequence[str],
    *,
    question: Structures,
    fixed: Frozen,
) -> pd.DataFrame:
    """The table of predictions of `cases`, which have `case_id, patient_id, part, truth` and groups.

    `marked` has a `Marked` a case, `reasons` says why a case has none, empty where it has one.
    """
    import pandas as pd

    with bar("measure", len(cases), "cases") as progress:
        rows = []
        for truth, case in zip(cases[TRUTH], marked, strict=True):
            rows.append(_row(case, str(truth), question, fixed))
            progress.advance()
    frame = cases[["case_id", "patient_id", "part", TRUTH]].assign(
        **pd.DataFrame(rows, index=cases.index),
        status=np.where([not reason for reason in reasons], "ok", "failed"),
        reason=list(reasons),
    )
    return frame.join(cases[[name for name in cases.columns if name.startswith(GROUP)]])


def outputs(predictions: pd.DataFrame, question: Structures) -> Floats:
    """What was marked of each target, in millilitres, or as a share of the scan; shape (rows, targets)."""
    names = [f"volume_predicted_ml_{name}" for name in question.names]
    volumes = predictions[names].replace("", "nan").astype(np.float64).to_numpy()
    return np.asarray(np.nan_to_num(volumes))


def in_words(predicted: Sequence[str]) -> str:
    """The predictions of a table in a few words for the terminal: how many cases have anything marked."""
    having = sum(PRESENT in text.split("|") for text in predicted)
    return f"{having} with a structure, {len(predicted) - having} with none" if predicted else ""


def marked(kept: Path, case_id: str, *, question: Structures, fixed: Frozen) -> Bits:
    """What the model marks in a case on the scan's own grid, kept in a folder. Raises DamageError."""
    return without_strays(predicted_masks.read(kept, case_id), question, fixed.largest)


def observed(predictions: pd.DataFrame, question: Structures) -> dict[str, Floats]:
    """What is compared of each row when new scans come: the volume that was marked of each target."""
    volumes = outputs(predictions, question)
    return {f"volume {name}": volumes[:, at] for at, name in enumerate(question.names)}


def output_of(predicted: str, question: Structures) -> int:
    """Which output of the network says so: that of the target."""
    return question.names.index(predicted) if predicted in question.names else 0


def kinds(question: Structures) -> tuple[Kind, ...]:
    """The kinds of cases that a gallery shows, and how many of each."""
    return Kind("worst", WORST), Kind("best", BEST)


def pictured(row: Mapping[str, object], question: Structures) -> Iterator[Pictured]:
    """What a row can be shown for: its mean Dice over the targets that are there."""
    found = [str(row[f"dice_{name}"]) for name in question.names]
    numbers = [float(text) for text in found if text]
    if numbers:
        mean = float(np.mean(numbers))
        said = " and ".join(name for name, text in zip(question.names, found, strict=True) if text)
        yield Pictured("worst", said, said, 1 - mean)
        yield Pictured("best", said, said, mean)


def _row(case: Marked | None, value: str, question: Structures, fixed: Frozen) -> dict[str, str]:
    """The cells of a case: what is predicted, and the measures of each target."""
    names = question.names
    if case is None:
        return {PREDICTED: ""} | {f"{measure}_{name}": "" for name in names for measure in MEASURES}
    bits = without_strays(case.predicted(), question, fixed.largest)
    truth = cells_of(value, names)
    predicted: list[str] = []
    cells: dict[str, str] = {}
    for bit, name in enumerate(names):
        mask = of_bit(bits, bit)
        predicted.append(PRESENT if mask.any() else ABSENT)
        measured = _measured(case, name, truth[name], mask, fixed)
        cells |= {f"{key}_{name}": cell for key, cell in measured.items()}
    return {PREDICTED: targets.joined(predicted)} | cells


def _measured(case: Marked, name: str, cell: str, mask: Flags, fixed: Frozen) -> dict[str, str]:
    """The measures of a target; without a spacing in millimetres there are neither distances nor volumes."""
    spacing: tuple[float, ...] | None = case.spacing_mm
    values: dict[str, Any] = dict.fromkeys(MEASURES)
    if cell == UNKNOWN:
        values["volume_predicted_ml"] = volume_ml(mask, spacing) if spacing else None
        return _texts(values)
    truth = case.truth(name)
    if spacing is None:
        values["dice"] = dice(truth, mask) if truth.any() else None
        return _texts(values)
    found = agreement(truth, mask, spacing_mm=spacing, tolerance_mm=fixed.tolerance_mm)
    return _texts({measure: getattr(found, measure) for measure in MEASURES})


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """The numbers with nine digits, empty where there is none."""
    return {name: "" if value is None else f"{value:.9g}" for name, value in values.items()}
