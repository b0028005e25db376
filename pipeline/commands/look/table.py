"""The cases as rows of a table, the wrongly answered ones first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.contracts.predictions import SCORE
from pipeline.records import Case


@dataclass(frozen=True)
class Row:
    """A case with what is known of it: `score` is that of the answer, empty where there is none.

    `wrong` says how wrong the answer is: by how much a number is off, or 1 and the score of a wrong word;
    0 of a right one, and less where nothing can be said.
    """

    case_id: str
    modality: str
    part: str = ""
    truth: str = ""
    predicted: str = ""
    score: str = ""
    wrong: float = -1.0


COLUMNS: Final = ("case_id", "modality", "part", "truth", "predicted", "score", "wrong")


def rows_of(cases: Mapping[str, Case], predictions: Sequence[Mapping[str, str]]) -> list[Row]:
    """A row a case, in the order of the catalogue; without a prediction its modality alone."""
    told = {row["case_id"]: row for row in predictions}
    return [_row(case, told.get(case.case_id, {})) for case in cases.values()]


def ordered(rows: Sequence[Row], column: str, *, falling: bool) -> list[Row]:
    """The rows by a column, numbers as numbers; by how wrong they are where there is no such column."""
    name = column if column in COLUMNS else "wrong"
    return sorted(rows, key=lambda row: _key(getattr(row, name)), reverse=falling)


def _row(case: Case, told: Mapping[str, str]) -> Row:
    truth, predicted = told.get("truth", ""), told.get("predicted", "")
    score = told.get(f"{SCORE}{predicted}", "")
    return Row(
        case.case_id,
        case.modality,
        told.get("part", ""),
        truth,
        predicted,
        score,
        _wrong(truth, predicted, score),
    )


def _wrong(truth: str, predicted: str, score: str) -> float:
    if not truth or not predicted:
        return -1.0
    numbers = _number(truth), _number(predicted)
    if not score and numbers[0] is not None and numbers[1] is not None:
        return abs(numbers[1] - numbers[0])
    return 0.0 if truth == predicted else 1.0 + (_number(score) or 0.0)


def _key(value: str | float) -> tuple[int, float, str]:
    number = _number(str(value))
    return (1, number, "") if number is not None else (0, 0.0, str(value))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
