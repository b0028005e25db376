"""Scores as people write them, as probabilities: decimal commas read, rounded ones made to add up to 1."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.contracts.predictions import Origin
from pipeline.tables.words import NOT_AVAILABLE
from pipeline.tasks.classification.predictions import SUM_TOLERANCE

_NUMBER: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_ROUNDED: Final = 0.1  # the most that a sum may be off, however coarse the rounding
_OUTSIDE: Final = 1e-6  # how far rounding may carry a score beyond 0 or 1
Floats = NDArray[np.float64]


def probabilities(
    columns: Mapping[str, Sequence[str]], origin: Origin, *, given: NDArray[np.bool_]
) -> tuple[Floats, tuple[str, ...]]:
    """Shape (rows, columns): probabilities that add up to 1, nan in rows not `given`; and what was changed.

    A single column keeps its numbers: the other class has the rest. Raises DataError (line) for what is no
    number, no probability, or doesn't add up within the rounding of the digits written.
    """
    shares = [name for name, cells in columns.items() if _in_per_cent(cells)]
    columns = {name: _without_sign(name, cells, shares) for name, cells in columns.items()}
    commas = [name for name, cells in columns.items() if _has_comma(cells)]
    texts = {
        name: [cell.replace(",", ".") for cell in cells] if name in commas else list(cells)
        for name, cells in columns.items()
    }
    numbers = np.column_stack([_numbers(name, cells, origin, given) for name, cells in texts.items()])
    for at, name in enumerate(columns):
        numbers[:, at] /= 100 if name in shares else 1
    for name, column in zip(columns, numbers.T, strict=True):
        _require_probability(name, column, origin)
    numbers = np.clip(numbers, 0.0, 1.0)
    notes = ["commas in numbers were read as decimal points"] if commas else []
    notes += ["numbers with a % were divided by 100"] if shares else []
    if len(columns) > 1:
        numbers, rescaled = _adding_up(numbers, _digits(texts.values()) + 2 * bool(shares), origin)
        notes += rescaled
    return numbers, tuple(notes)


def _in_per_cent(cells: Sequence[str]) -> bool:
    """Whether every number of a column has a sign of per cent behind it."""
    filled = [cell for cell in cells if cell.casefold() not in NOT_AVAILABLE]
    return bool(filled) and all(cell.endswith("%") for cell in filled)


def _without_sign(name: str, cells: Sequence[str], shares: Collection[str]) -> Sequence[str]:
    return [cell.removesuffix("%").rstrip() for cell in cells] if name in shares else cells


def _has_comma(cells: Sequence[str]) -> bool:
    """Whether commas are decimal ones: where a column has points too they would be thousands."""
    return any("," in cell for cell in cells) and not any("." in cell for cell in cells)


def _numbers(name: str, cells: Sequence[str], origin: Origin, given: NDArray[np.bool_]) -> Floats:
    empty = np.array([not cell for cell in cells])
    origin.refuse_first(
        given & empty, f"'{name}' is empty. Fill it in, or give a column 'status' that says failed there"
    )
    wrong = np.array([not _NUMBER.fullmatch(cell) for cell in cells])
    first = next((cell for cell, bad in zip(cells, given & wrong, strict=True) if bad), "")
    advice = "Write all numbers alike, with a decimal point"
    if first.casefold() in NOT_AVAILABLE:
        advice = "Fill it in, or give a column 'status' that says failed there"
    origin.refuse_first(given & wrong, f"'{name}' is not a number ('{first}'). {advice}")
    usable = given & ~wrong
    return np.array([float(cell) if use else np.nan for cell, use in zip(cells, usable, strict=True)])


def _require_probability(name: str, column: Floats, origin: Origin) -> None:
    outside = (column < -_OUTSIDE) | (column > 1 + _OUTSIDE)
    if not outside.any():
        return
    low, high = float(np.nanmin(column)), float(np.nanmax(column))
    problem = f"'{name}' goes from {low:g} to {high:g}, expected probabilities from 0 to 1"
    if low < 0:
        problem += ". Are they logits? Then give 1 / (1 + exp(-logit)) of two classes, the softmax of several"
    elif 2 < high <= 100:
        problem += ". Are they per cent? Then divide them by 100"
    origin.refuse_first(outside, problem)


def _digits(columns: Iterable[Sequence[str]]) -> int:
    """The most digits behind the point in any number; many where one has an exponent."""
    cells = [cell for column in columns for cell in column]
    # An exponent stands where a program wrote all digits that it had.
    return max(9 if "e" in cell.casefold() else len(cell.partition(".")[2]) for cell in cells)


def _adding_up(numbers: Floats, digits: int, origin: Origin) -> tuple[Floats, list[str]]:
    """Rows divided by their sums where rounding alone keeps them from 1; and how many were."""
    sums = numbers.sum(axis=1)
    off = np.abs(sums - 1)
    # each number is off by half of its last digit at most
    allowed = min(numbers.shape[1] * 0.5 * 10.0**-digits, _ROUNDED) if digits else 0.0
    worst = off > max(allowed * (1 + 1e-9), SUM_TOLERANCE)
    origin.refuse_first(
        worst,
        f"the scores of the classes add up to {sums[worst][0]:g}, expected 1. "
        "Give the probabilities of one question with one answer"
        if worst.any()
        else "",
    )
    rounded = off > SUM_TOLERANCE
    if not rounded.any():
        return numbers, []
    note = (
        f"scores rounded to {digits} digits don't add up to 1 in {int(rounded.sum())} rows "
        f"(by {np.nanmax(off):g} at most): divided by their sum"
    )
    return np.where(rounded[:, None], numbers / sums[:, None], numbers), [note]
