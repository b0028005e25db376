"""What a network's output says: probabilities, decisions, the table of predictions, and back.

A decision is made here and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipeline.contracts.metrics import Number, Threshold
from pipeline.contracts.operating import Operating
from pipeline.contracts.predictions import GROUP, SCORE, nine_digits
from pipeline.scoring import ask, marked
from pipeline.statistics.sample import PatientScore
from pipeline.statistics.vectors import Flags, Floats, Integers
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.classification.elsewhere import fits, read_table, require_table
from pipeline.tasks.classification.predictions import LOGIT, read
from pipeline.tasks.contract import Kind, Pictured

if TYPE_CHECKING:
    import pandas as pd


__all__ = [
    "Frozen",
    "Sets",
    "ask",
    "decide",
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
    "probabilities",
    "read",
    "read_table",
    "require_table",
    "scores",
    "table",
]

SET, SET_SIZE = "set", "set_size"
"""The columns of the classes that a scan may be of, and of how many they are."""
EITHER, NO_CLASS = " or ", "(none)"
WRONG: Final = 6
RIGHT: Final = 3
"""How many cases of a kind a gallery shows: errors teach more."""


@dataclass(frozen=True)
class Sets:
    """The classes that a scan may be of: those whose probability reaches `least`, in the classes' order.

    `level` of new patients of each class are to be held; `patients` of validation told so. Where they were
    too few, `least` is empty and there are no sets.
    """

    level: Number
    patients: tuple[int, ...]
    least: tuple[Number, ...] = ()

    def holds(self, probability: Floats) -> Flags:
        """Which classes each row's set holds, shape (rows, classes); nan rows hold none."""
        return np.asarray(probability >= np.array(self.least, dtype=np.float64))


@dataclass(frozen=True)
class Frozen:
    """What validation fixed: the temperature, the threshold of the positive class, and the sets.

    The threshold is None where the likeliest class is taken. `patient_score` says how the scores of a
    patient's cases become one.
    """

    temperature: float = 1.0
    threshold: float | None = None
    patient_score: PatientScore = "max"
    sets: Sets | None = None


@dataclass(frozen=True)
class _Chosen:
    """What validation fixed, as it is handed on; there is no threshold where the likeliest class is taken.

    A version that made no sets wrote none.
    """

    temperature: Number
    thresholds: tuple[Threshold, ...]
    sets: Sets | None = None


def frozen(operating: Operating | None) -> Frozen:
    """What the record holds; before the evaluation nothing is fixed. Raises DamageError."""
    if operating is None:
        return Frozen()
    chosen = operating.choices.opened(_Chosen)
    threshold = float(chosen.thresholds[0].threshold) if chosen.thresholds else None
    return Frozen(float(chosen.temperature), threshold, operating.patient_score, chosen.sets)


def decide(probability: Floats, threshold: float | None) -> Integers:
    """The class index of each row: the positive one at or above the threshold, else the largest score."""
    if threshold is None:
        return np.asarray(np.nan_to_num(probability).argmax(axis=1), dtype=np.int64)
    return (probability[:, 1] >= threshold).astype(np.int64)


def decided(scores: Floats, fixed: Frozen) -> Integers:
    """The class index of each row as validation fixed it to be decided."""
    return decide(scores, fixed.threshold)


def scores(logits: Floats, fixed: Frozen) -> Floats:
    """Shape (cases, classes), rows add up to 1: the softmax of `logits / temperature`; nan rows stay nan."""
    scaled = logits / fixed.temperature
    raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def probabilities(logits: Floats, fixed: Frozen) -> Floats:
    """The scores to the nine digits with which the table of predictions is written."""
    return nine_digits(scores(logits, fixed))


def followed(scores: Floats, question: Classes) -> Integers:
    """The class of each row whose score a reader follows: the finding, or the likeliest, shape (cases,)."""
    finding = question.finding
    return scores.argmax(axis=1) if finding is None else np.full(len(scores), finding)


def table(
    cases: pd.DataFrame, logits: Floats, reasons: Sequence[str], *, question: Classes, fixed: Frozen
) -> pd.DataFrame:
    """The table of predictions of `cases`, which have `case_id, patient_id, part, truth` and groups.

    `logits` has shape (cases, classes), `reasons` says why a case has no answer, empty where it has one.
    """
    answered = np.array([not reason for reason in reasons], dtype=np.bool_)
    known = np.where(answered[:, None], logits, np.nan)
    probability = probabilities(known, fixed)
    said = decided(probability, fixed)
    names = question.names
    frame = cases[["case_id", "patient_id", "part", "truth"]].assign(
        predicted=[
            names[index] if good else "" for index, good in zip(said.tolist(), answered.tolist(), strict=True)
        ],
        **{SCORE + name: probability[:, index] for index, name in enumerate(names)},
        **{LOGIT + name: known[:, index] for index, name in enumerate(names)},
        **_sets_of(probability, names, fixed.sets),
        status=np.where(answered, "ok", "failed"),
        reason=list(reasons),
    )
    return frame.join(cases[[name for name in cases.columns if name.startswith(GROUP)]])


def _sets_of(probability: Floats, names: Sequence[str], sets: Sets | None) -> dict[str, list[str | int]]:
    """The columns of each row's set and its size, empty without an answer; none where there are no sets."""
    if sets is None or not sets.least:
        return {}
    answered = np.asarray(np.isfinite(probability).all(axis=1))
    held = [
        [names[of] for of in np.flatnonzero(row).tolist()] if good else None
        for row, good in zip(sets.holds(probability), answered, strict=True)
    ]
    return {
        SET: ["" if inside is None else EITHER.join(inside) or NO_CLASS for inside in held],
        SET_SIZE: ["" if inside is None else len(inside) for inside in held],
    }


def outputs(predictions: pd.DataFrame, question: Classes) -> Floats:
    """The network's own outputs as a table of predictions holds them, shape (rows, classes)."""
    return np.asarray(predictions[[LOGIT + name for name in question.names]].to_numpy(dtype=np.float64))


def in_words(predicted: Sequence[str]) -> str:
    """The predictions of a table in a few words for the terminal: how many cases of each class."""
    return ", ".join(f"{name} {count}" for name, count in sorted(Counter(predicted).items()))


def observed(predictions: pd.DataFrame, question: Classes) -> dict[str, Floats]:
    """The scores of each row by name, as far as one doesn't follow from the others."""
    names = [question.names[index] for index in question.scored]
    return {f"score {name}": predictions[SCORE + name].astype(np.float64).to_numpy() for name in names}


def output_of(predicted: str, question: Classes) -> int:
    """Which output of the network says so."""
    return question.names.index(predicted)


def kinds(question: Classes) -> tuple[Kind, ...]:
    """The kinds of cases that a gallery shows, and how many of each: errors before hits."""
    if question.finding is None:
        return Kind("error", WRONG), Kind("hit", RIGHT)
    return (
        Kind("false_negative", WRONG),
        Kind("false_positive", WRONG),
        Kind("true_positive", RIGHT),
        Kind("true_negative", RIGHT),
    )


def overlays(
    predictions: pd.DataFrame, outputs: Mapping[str, Any], *, question: Classes, fixed: Frozen
) -> None:
    """None: an answer is no mask."""
    return


def pictured(row: Mapping[str, object], question: Classes) -> tuple[Pictured, ...]:
    """What a row of the table can be shown for, with the score of what was predicted."""
    truth, predicted = str(row["truth"]), str(row["predicted"])
    sureness = float(str(row[SCORE + predicted]))
    return (Pictured(_kind_of(truth, predicted, question), truth, predicted, sureness),)


def _kind_of(truth: str, predicted: str, question: Classes) -> str:
    finding, right = question.finding, truth == predicted
    if finding is None:
        return "hit" if right else "error"
    return ("true_" if right else "false_") + (
        "positive" if predicted == question.names[finding] else "negative"
    )
