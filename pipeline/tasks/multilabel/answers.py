"""What a network's output says of several findings: probabilities, decisions, the table, and back."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipeline.contracts.metrics import Number, Threshold
from pipeline.contracts.operating import Operating
from pipeline.contracts.predictions import GROUP, PREDICTED, SCORE, TRUTH, nine_digits
from pipeline.scoring import ask, marked
from pipeline.statistics.sample import PatientScore
from pipeline.statistics.vectors import Flags, Floats, Integers
from pipeline.tasks.classification.answers import Frozen as FrozenOfOne
from pipeline.tasks.classification.answers import scores as scores_of_classes
from pipeline.tasks.classification.predictions import LOGIT
from pipeline.tasks.contract import Kind, Pictured
from pipeline.tasks.multilabel import labels
from pipeline.tasks.multilabel.elsewhere import fits, read_table, require_table
from pipeline.tasks.multilabel.labels import NO, YES, Labels, cells_of, value_of
from pipeline.tasks.multilabel.predictions import read

if TYPE_CHECKING:
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

EVEN: Final = 0.5
"""The threshold of a finding of which validation says nothing."""
WRONG: Final = 6
RIGHT: Final = 3
"""How many cases of a kind a gallery shows: errors teach more."""
_NOT: Final = "no "


@dataclass(frozen=True)
class Frozen:
    """What validation fixed: a temperature and a threshold for each finding; empty before the evaluation.

    `patient_score` says how the scores of a patient's cases become one.
    """

    temperatures: tuple[float, ...] = ()
    thresholds: tuple[float, ...] = ()
    patient_score: PatientScore = "max"


@dataclass(frozen=True)
class _OfFinding:
    """What is handed on of a finding."""

    temperature: Number
    thresholds: tuple[Threshold, ...]


@dataclass(frozen=True)
class _Chosen:
    """What is handed on of all."""

    labels: Mapping[str, _OfFinding]


def frozen(operating: Operating | None) -> Frozen:
    """What the record holds; before the evaluation nothing is fixed. Raises DamageError."""
    if operating is None:
        return Frozen()
    chosen = operating.choices.opened(_Chosen)
    names = labels.read(operating).names
    lacking = [name for name in names if name not in chosen.labels or not chosen.labels[name].thresholds]
    if lacking:
        raise operating.choices.place.damaged(f"it has no threshold of '{lacking[0]}'")
    return Frozen(
        tuple(float(chosen.labels[name].temperature) for name in names),
        tuple(float(chosen.labels[name].thresholds[0].threshold) for name in names),
        operating.patient_score,
    )


def of_two(logit: Floats) -> Floats:
    """The logits of a finding's absence and presence, shape (cases, 2), of what the network gives."""
    return np.column_stack([np.zeros_like(logit), logit])


def scores(logits: Floats, fixed: Frozen) -> Floats:
    """The probability of each finding, shape (cases, findings); nan rows stay nan."""
    temperatures = fixed.temperatures or (1.0,) * logits.shape[1]
    columns = [
        scores_of_classes(of_two(logit), FrozenOfOne(temperature))[:, 1]
        for logit, temperature in zip(logits.T, temperatures, strict=True)
    ]
    return np.column_stack(columns)


def probabilities(logits: Floats, fixed: Frozen) -> Floats:
    """The same to the nine digits with which the table of predictions is written."""
    return nine_digits(scores(logits, fixed))


def flagged(scores: Floats, fixed: Frozen) -> Flags:
    """Which findings are said to be there, shape (cases, findings): at the threshold or above it."""
    return np.asarray(scores >= np.array(fixed.thresholds or (EVEN,) * scores.shape[1]))


def decided(scores: Floats, fixed: Frozen) -> Integers:
    """A number for the decisions on all findings of a row, shape (cases,): others have another."""
    return np.array([zlib.crc32(row.tobytes()) for row in flagged(scores, fixed)], dtype=np.int64)


def followed(scores: Floats, question: Labels) -> Integers:
    """Which output of each row a reader follows: the likeliest finding, shape (cases,)."""
    return np.asarray(np.nan_to_num(scores).argmax(axis=1), dtype=np.int64)


def table(
    cases: pd.DataFrame, logits: Floats, reasons: Sequence[str], *, question: Labels, fixed: Frozen
) -> pd.DataFrame:
    """The table of predictions of `cases`, which have `case_id, patient_id, part, truth` and groups.

    `logits` has shape (cases, findings), `reasons` says why a case has no answer, empty where it has one.
    """
    answered = np.array([not reason for reason in reasons], dtype=np.bool_)
    known = np.where(answered[:, None], logits, np.nan)
    probability = probabilities(known, fixed)
    said = flagged(probability, fixed)
    frame = cases[["case_id", "patient_id", "part", TRUTH]].assign(
        **{
            PREDICTED: [
                value_of([YES if flag else NO for flag in row]) if good else ""
                for row, good in zip(said.tolist(), answered.tolist(), strict=True)
            ]
        },
        **{SCORE + name: probability[:, index] for index, name in enumerate(question.names)},
        **{LOGIT + name: known[:, index] for index, name in enumerate(question.names)},
        status=np.where(answered, "ok", "failed"),
        reason=list(reasons),
    )
    return frame.join(cases[[name for name in cases.columns if name.startswith(GROUP)]])


def outputs(predictions: pd.DataFrame, question: Labels) -> Floats:
    """The network's own outputs as a table of predictions holds them, shape (rows, findings)."""
    return np.asarray(predictions[[LOGIT + name for name in question.names]].to_numpy(dtype=np.float64))


def in_words(predicted: Sequence[str]) -> str:
    """The predictions of a table in a few words for the terminal: how many cases have anything."""
    having = sum(YES in text.split("|") for text in predicted)
    return f"{having} with a finding, {len(predicted) - having} with none" if predicted else ""


def observed(predictions: pd.DataFrame, question: Labels) -> dict[str, Floats]:
    """The score of each finding by its name."""
    return {
        f"score {name}": predictions[SCORE + name].astype(np.float64).to_numpy() for name in question.names
    }


def output_of(predicted: str, question: Labels) -> int:
    """Which output of the network a picture's words are about: those of `pictured`."""
    name = predicted if predicted in question.names else predicted.removeprefix(_NOT)
    return question.names.index(name)


def kinds(question: Labels) -> tuple[Kind, ...]:
    """The kinds of cases that a gallery shows, and how many of each: errors before hits."""
    return Kind("missed", WRONG), Kind("false_alarm", WRONG), Kind("found", RIGHT), Kind("left_alone", RIGHT)


def overlays(
    predictions: pd.DataFrame, outputs: Mapping[str, Any], *, question: Labels, fixed: Frozen
) -> None:
    """None: an answer is no mask."""
    return


def pictured(row: Mapping[str, object], question: Labels) -> Iterator[Pictured]:
    """What a row can be shown for: each finding that is known, found or missed, a false alarm or none."""
    truth = cells_of(str(row[TRUTH]), question.names)
    predicted = cells_of(str(row[PREDICTED]), question.names)
    for name in question.names:
        kind = _KINDS.get((truth[name], predicted[name]))
        if kind is None:
            continue
        score = float(str(row[SCORE + name]))
        said = name if predicted[name] == YES else _NOT + name
        sureness = score if predicted[name] == YES else 1 - score
        yield Pictured(kind, name if truth[name] == YES else _NOT + name, said, sureness)


_KINDS: Final = {
    (YES, NO): "missed",
    (NO, YES): "false_alarm",
    (YES, YES): "found",
    (NO, NO): "left_alone",
}
