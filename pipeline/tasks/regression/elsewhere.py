"""A table of predictions from elsewhere whose truth is a measured number: each model's numbers, checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.contracts.predictions import PREDICTED, TRUTH, Origin
from pipeline.errors import DataError, nearest
from pipeline.tables.words import NOT_AVAILABLE, number, point_thousands
from pipeline.tasks.regression import columns
from pipeline.tasks.regression.near_units import near_units
from pipeline.tasks.regression.predictions import ENDS, HIGH, LOW, Predictions, checked
from pipeline.tasks.regression.reading import measured
from pipeline.tasks.sheet import Sheet, require_one_decimal_sign

if TYPE_CHECKING:
    import pandas as pd

Read = tuple[Predictions, tuple[str, ...]]
"""A checked table, and what was changed in reading."""

_FEW: Final = (
    20  # levels: of a truth in whole numbers, up to so many are classes unless it is predicted as one
)
_MOST: Final = 0.9  # of the words, a choice: among measured numbers stand a few such as >90
_UNITS_APART: Final = (2.2046, 2.54, 10.0, 12.0, 25.4, 100.0, 1000.0)
"""How many times one unit is another of its kind."""
_NEAR: Final = 0.07  # of the logarithm, a choice: predictions are seldom off by such a factor in the median
_FEWEST_PAIRS: Final = 10
_FEWEST_POINTS: Final = 5  # different ones, a choice: a few means of three have three digits, too
_SCORE: Final = "score_"
_MOST_SURE: Final = 1.0
"""What no probability is above."""


def fits(sheet: Sheet) -> bool:
    """Whether the table is of a regression: its truth is a number of many levels, no class has a score."""
    column = sheet.columns.truth or TRUTH
    if column not in sheet.table.columns or sheet.columns.positive:
        return False
    words = {word for word in sheet.table.column(column) if word.casefold() not in NOT_AVAILABLE}
    said = sheet.columns.score or PREDICTED
    plain = {word for word in words if number(word) is not None}
    others = words - plain
    mostly = said in sheet.table.columns and (measured(others) or len(plain) >= _MOST * len(words))
    if not words or (others and not mostly):
        return False
    if any(_SCORE + word in sheet.table.columns for word in words):
        return False  # classes that are called by numbers
    whole = all(float(number(word) or 0).is_integer() for word in plain)
    return len(words) > _FEW or not whole or (len(words) > 2 and _predicts(sheet, said))


def _predicts(sheet: Sheet, column: str) -> bool:
    """Whether a column holds predicted numbers: it is called so, or some are no probabilities."""
    if column == PREDICTED or column not in sheet.table.columns:
        return PREDICTED in sheet.table.columns
    numbers = [value for cell in sheet.table.column(column) if (value := number(cell)) is not None]
    return max(numbers, default=0.0) > _MOST_SURE or min(numbers, default=0.0) < 0


def require_table(sheet: Sheet) -> None:
    """Nothing, if a column holds what was predicted. Raises DataError with the command that names it."""
    for column in _columns(sheet).values():
        if column == (sheet.columns.truth or TRUTH):
            raise DataError(
                f"{sheet.name}: the column '{column}' is named as the truth, and holds what was predicted. "
                "Name the column of what was measured."
            )
        if column not in sheet.table.columns:
            there = [name for name in sheet.table.columns if name != (sheet.columns.truth or TRUTH)]
            example = sheet.command({"SCORE": "column"})
            raise DataError(
                f"{sheet.name}: a table of regression (the truth is a measured number), and there is no "
                f"column '{column}' ({nearest(column, there)}). Say which one holds the predicted number: "
                f"`{example}`."
            )


def read_table(sheet: Sheet, frame: pd.DataFrame) -> dict[str, Read]:
    """The numbers of each model by its name, "" for a single one; `frame` has the rows without them.

    Raises DataError (file, line, column, what to do) when the table can't be used.
    """
    if not (frame[TRUTH] != "").any():
        raise DataError(f"{sheet.name}: no row has a truth, so nothing can be measured.")
    origin = Origin(sheet.name, sheet.table.lines)
    return {name: _read(sheet, frame, column, origin) for name, column in _columns(sheet).items()}


def _columns(sheet: Sheet) -> dict[str, str]:
    """The column of each model's numbers, by its name."""
    there, given = sheet.table.columns, sheet.columns
    if given.models:
        return {name: name if name in there else f"{PREDICTED}_{name}" for name in given.models}
    return {"": given.score or PREDICTED}


def _read(sheet: Sheet, frame: pd.DataFrame, column: str, origin: Origin) -> Read:
    cells = {TRUTH: tuple(frame[TRUTH]), PREDICTED: sheet.column(column)}
    cells |= {
        name: sheet.column(name) for name in ENDS if name in sheet.table.columns and column == PREDICTED
    }
    called = {TRUTH: sheet.columns.truth or TRUTH, PREDICTED: column}
    for name, words in cells.items():
        require_one_decimal_sign(sheet, called.get(name, name), words)
    commas = [name for name, words in cells.items() if any("," in word for word in words)]
    notes: tuple[str, ...] = (f"decimal commas were read in {', '.join(commas)}",) if commas else ()
    plain = {name: _with_points(words) for name, words in cells.items()}
    _require_no_slip(plain[TRUTH], called[TRUTH], sheet)
    notes += (*_odd_truth(plain[TRUTH], called[TRUTH], sheet), *_told(plain))
    notes += tuple(_points(cells[TRUTH], called[TRUTH]))
    notes += tuple(_odd_predictions(plain, called[PREDICTED], sheet))
    failed = [not word for word in plain[PREDICTED]]
    if "status" not in frame and any(failed):
        plain["status"] = ["failed" if none else "ok" for none in failed]
        notes += (f"{sum(failed)} rows without a predicted number count as failed",)
    return checked(frame.assign(**plain), origin), notes


def _require_no_slip(words: Sequence[str], column: str, sheet: Sheet) -> None:
    """Raises DataError for a truth that lies too far from all others to be one of them."""
    values = [number(word) for word in words]
    odd = columns.far_off(Counter(value for value in values if value is not None))
    if odd is not None:
        line = sheet.table.lines[values.index(odd)]
        raise DataError(
            f"{sheet.name}, line {line}: '{column}' is {odd:.10g}, far from all others: a slip, or a number "
            "that stands for nothing. Mend it, or leave the cell empty."
        )


def _odd_truth(words: Sequence[str], column: str, sheet: Sheet) -> Iterator[str]:
    """What a person should know of the truth, which may be measured so: nobody says in what unit it is."""
    values = [number(word) for word in words]
    counts = Counter(value for value in values if value is not None)
    below = columns.few_below_zero(counts)
    if below:
        first, rows = sheet.table.lines[values.index(below[0])], sum(counts[value] for value in below)
        yield (
            f"{rows:,} rows have a '{column}' below 0 ({below[0]:.10g} in line {first}), while the others go "
            f"up to {max(counts):.4g}: where such a number stands for nothing, leave the cell empty"
        )
    odd = columns.apart(counts)
    if odd is not None and odd not in below:
        first = sheet.table.lines[values.index(odd)]
        yield (
            f"{counts[odd]:,} rows have a '{column}' of {odd:g} (first line {first}), which lies apart from "
            "all others: where it stands for nothing, leave the cell empty"
        )
    units = columns.two_units(counts) or near_units(counts)
    if units is not None:
        (low, high, few), (from_, to, many) = units.small, units.large
        yield (
            f"'{column}' has two groups of values, {low:.4g} to {high:.4g} ({few:,} rows) and {from_:.4g} to "
            f"{to:.4g} ({many:,}), about {units.times:g} times as large: are they in two units, such as "
            f"{units.like}?"
        )


def _points(words: Sequence[str], column: str) -> Iterator[str]:
    """That the points of a column may part thousands."""
    with_point = {word for word in words if "." in word and number(word) is not None}
    pointed = point_thousands(sorted(with_point))
    if pointed is not None and len(with_point) >= _FEWEST_POINTS:
        yield (
            f"'{column}' has three digits behind every point ('{pointed}'), which is read as a decimal "
            "point: where it parts thousands, write the numbers without it"
        )


def _odd_predictions(cells: Mapping[str, Sequence[str]], column: str, sheet: Sheet) -> Iterator[str]:
    """What a person should know of what was predicted: another unit than the truth's, or a number far off."""
    said = [number(word) for word in cells[PREDICTED]]
    counts = Counter(value for value in said if value is not None)
    odd = columns.far_off(counts)
    true = Counter(value for word in cells[TRUTH] if (value := number(word)) is not None)
    units = columns.two_units(counts)
    if units is not None and columns.two_units(true) is None:
        (low, high, few), (from_, to, many) = units.small, units.large
        yield (
            f"'{column}' has two groups of values, {low:.4g} to {high:.4g} ({few:,} rows) and {from_:.4g} to "
            f"{to:.4g} ({many:,}), about {units.times:g} times as large: are all predicted in one unit?"
        )
    if odd is not None:
        line = sheet.table.lines[said.index(odd)]
        yield (
            f"'{column}' is {odd:.10g} in line {line}, far from all others: where nothing was predicted, "
            "leave the cell empty"
        )
    pairs = zip(map(number, cells[TRUTH]), said, strict=True)
    logs = np.array([np.log(two / one) for one, two in pairs if one and two and one > 0 and two > 0])
    if logs.size < _FEWEST_PAIRS:
        return
    middle, spread = float(np.median(logs)), float(np.diff(np.quantile(logs, [0.1, 0.9]))[0])
    times = min(_UNITS_APART, key=lambda one: abs(abs(middle) - np.log(one)))
    if abs(abs(middle) - np.log(times)) <= _NEAR and spread < abs(middle):
        yield (
            f"'{column}' is about {times:.3g} times the truth"
            if middle > 0
            else f"the truth is about {times:.3g} times '{column}'"
        ) + " (median): are they in one unit?"


def _told(cells: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What a person should know of the numbers: that they are a copy of the truth, or outside their ends."""
    notes = []
    if list(cells[TRUTH]) == list(cells[PREDICTED]):
        notes.append("what was predicted equals the truth in every row: is one a copy of the other?")
    if all(name in cells for name in ENDS):
        rows = zip(*([number(word) for word in cells[name]] for name in (LOW, PREDICTED, HIGH)), strict=True)
        outside = sum(
            low is not None and said is not None and high is not None and not low <= said <= high
            for low, said, high in rows
        )
        if outside:
            notes.append(f"{outside:,} predicted numbers lie outside their own interval, from low to high")
    return tuple(notes)


def _with_points(words: Sequence[str]) -> list[str]:
    """The words, numbers with a decimal point, and none where a program wrote that there is none."""
    told = ["" if word.casefold() in NOT_AVAILABLE else word for word in words]
    return [word if (value := number(word)) is None else f"{value:.15g}" for word in told]
