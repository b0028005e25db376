"""What a cell of the target column says: a number that somebody measured, nothing, or no number at all.

Pure functions on words. A decimal comma is read as one where no cell could mean another thing; what can't be
one quantity in one unit is refused, and another kind of question by the name of that kind.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.config import Cohort
from pipeline.contracts.cohort import Notice
from pipeline.errors import DataError
from pipeline.tables.words import (
    MISSING,
    as_yaml,
    both_signs,
    counted,
    is_date,
    normal,
    number,
    point_thousands,
    several_findings,
    thousands,
)
from pipeline.tasks.contract import Refuse
from pipeline.tasks.questions import lines_for_lists, other_question
from pipeline.tasks.regression import columns
from pipeline.tasks.regression.beside import bare, units_beside
from pipeline.tasks.regression.doubts import doubts

_MOST: Final = 0.9  # of the words, a choice: among numbers stand a few words such as "not done"
_ERRORS: Final = re.compile(r"#(REF!|DIV/0!|VALUE!|NAME\?|NULL!|NUM!|UNCOMPUTED!|SPILL!|CALC!)")
_BESIDE: Final = re.compile(
    r"[<>≤≥~≈=±\s]*[+-]?\d[\d.,'’\s]*([-–±]\s*\d[\d.,\s]*)?(\s*%|\s*[^\W\d_]{2,8}[23²³]?\.?|\s+[^\W\d_]|[DWMY])?"
)
"""A number with something beside it: a unit, a sign, a range, an error."""
_FEWEST_MEASURED: Final = 5  # different ones, a choice: fewer are classes, such as 1st and 2nd
_OF_HEADER: Final = re.compile(r"\d{3}[DWMY]")
_FEWEST_PARTED: Final = 3  # different ones with and without, a choice: one may be a mean of three
_FAR_LARGER: Final = 5  # times, a choice: a whole 14 beside an 11.333 is one, too
_FEW: Final = 8  # words, a choice: no line of YAML should hold more
_FILE: Final = re.compile(r".*\.(nii|nii\.gz|mha|mhd|nrrd|dcm|png|jpe?g|tiff?)", re.IGNORECASE)


@dataclass(frozen=True)
class Numbers:
    """How the cells of a column are read: as numbers, or as nothing (`missing`).

    `mixed` are two cells with different decimal signs, `grouped` is one whose comma may part thousands.
    `names_rows` says that the column numbers the rows of the table; `unit` is what it should be in. `pointed`
    are one whose point may part thousands, and the least of those without.
    """

    missing: frozenset[str]
    mixed: tuple[str, str] | None
    grouped: str | None
    names_rows: bool = False
    unit: str = ""
    pointed: tuple[str, str] | None = None

    def value_of(self, cell: str) -> str:
        """The number that a cell stands for, in one spelling; empty where it stands for a missing value."""
        word = bare(normal(cell), self.unit)
        if word.casefold() in self.missing:
            return ""
        value = number(word)
        if value is None:
            return word
        return "" if spelled(value) in self.missing else spelled(value)

    @property
    def on_missing(self) -> str:
        """Empty: a word is no number, whatever the YAML says."""
        return ""

    @property
    def on_conflict(self) -> str:
        """Empty: nothing else."""
        return ""

    def notices(self, cells: Mapping[str, int]) -> Iterator[Notice]:
        """What a person should know of numbers that may be something else."""
        counts = Counter[float]()
        for cell, count in cells.items():
            if value := self.value_of(cell):
                counts[float(value)] += count
        yield from doubts(counts, cells, self.unit)

    def agreed(self, values: Sequence[str]) -> str | None:
        """The value that different ones of one scan give together: none, unless there is one alone."""
        return values[0] if len(values) == 1 else None

    def in_words(self, value: str) -> str:
        """A value as a person is told of it: as it stands."""
        return value

    def named(self, value: str) -> tuple[str, ...]:
        """Nothing: that no scan has a certain number says nothing."""
        return ()

    def require(
        self, counts: Mapping[str, int], column: str, *, cell_of: Callable[[str], str], refuse: Refuse
    ) -> None:
        """Nothing, if the values can be one quantity; `cell_of` says where one stands first.

        Raises:
            ConfigError: the column is another kind of question, or no measurement.
            DataError: cells that are no numbers, or whose decimal signs, units or size can't be right.
        """
        require_numbers(counts, column, self.unit, cell_of=cell_of, refuse=refuse)
        self._require_one_decimal_sign(column)
        of_value = {float(word): count for word, count in counts.items()}
        if columns.is_time(self.unit) and columns.spreadsheet_days(of_value):
            first = spelled(min(of_value))
            raise refuse(
                ("cohort", "target"),
                f"the column '{column}' holds days as spreadsheets count them, such as {first} "
                f"({cell_of(first)}). Name the column of what was measured, or write the {self.unit} between "
                "two days.",
            )
        if columns.written_days(of_value):
            first = spelled(min(of_value))
            example = f"such as {first} ({cell_of(first)})"
            raise refuse(
                ("cohort", "target"),
                f"the column '{column}' holds days written as numbers, {example}, and the "
                "difference of two such numbers is no time. Name the column of what was measured, or "
                "write the days or years between two dates.",
            )
        if self.names_rows or columns.only_names(of_value, column):
            raise refuse(
                ("cohort", "target"),
                f"the column '{column}' holds whole numbers, another for each scan: it names scans and "
                "measures nothing. Name the column of what was measured.",
            )
        _require_one_quantity(of_value, column, self.unit, cell_of=lambda value: cell_of(spelled(value)))

    def _require_one_decimal_sign(self, column: str) -> None:
        if self.mixed:
            comma, point = self.mixed
            raise DataError(
                f"The column '{column}' has decimal commas ('{comma}') and decimal points ('{point}'), so "
                "one of them may part thousands. Write all numbers alike in the table."
            )
        if self.grouped:
            raise DataError(
                f"The column '{column}' has numbers such as '{self.grouped}', whose comma may part "
                "thousands or be a decimal sign. Write them in the table without parting thousands, with a "
                "decimal point."
            )
        if self.pointed:
            raise DataError(
                f"The column '{column}' has numbers such as '{self.pointed[0]}' beside larger ones without a "
                f"point, such as '{self.pointed[1]}', so the point may part thousands. Write them in the "
                "table without parting thousands."
            )


def spelled(value: float) -> str:
    """The one spelling of a number between stages.

    >>> spelled(61.0), spelled(0.1)
    ('61', '0.1')
    """
    return f"{value:.15g}"


def read_numbers(cells: Iterable[str], choices: Cohort) -> Numbers:
    """How the cells of the target column are read."""
    stated = {normal(word).casefold() for word in choices.missing}
    stated |= {spelled(value) for word in stated if (value := number(word)) is not None}
    unit = choices.unit or ""
    written = [bare(normal(cell), unit) for cell in cells]
    words = {word for word in written if word.casefold() not in stated | MISSING}
    signs = {word for word in words if not any(letter.isalnum() for letter in word)}
    numbers = sorted(word for word in words if number(word) is not None)
    rows = Counter(value for word in written if (value := number(word)) is not None)
    return Numbers(
        MISSING | stated | signs,
        both_signs(numbers),
        thousands(numbers),
        columns.only_names(rows, choices.column),
        unit,
        _parted_by_points(numbers),
    )


def _parted_by_points(numbers: Sequence[str]) -> tuple[str, str] | None:
    """A number whose point may part thousands, and the least of those without, where all are far larger."""
    pointed = point_thousands(numbers)
    whole = [word for word in numbers if word.isdigit()]
    points = [float(word) for word in numbers if "." in word]
    if pointed is None or min(len(whole), len(points)) < _FEWEST_PARTED:
        return None
    least = min(whole, key=int)
    return (pointed, least) if _FAR_LARGER * max(points) < int(least) else None


def measured(words: Collection[str]) -> bool:
    """Whether words are numbers with something beside them, such as a unit or a sign.

    >>> measured([f"{n} mm" for n in range(9)]), measured(["1st", "2nd"])
    (True, False)
    """
    beside = sum(bool(_BESIDE.fullmatch(word)) for word in words)
    return beside >= max(_FEWEST_MEASURED, _MOST * len(words))


def _in_known_units(words: Collection[str]) -> bool:
    """Whether words are numbers with the unit of a size or time behind them: 1.2cm, and not the stage 3A."""
    units = units_beside(words)
    return bool(units) and all(columns.is_size(unit) or columns.is_time(unit) for unit in units)


def require_numbers(
    counts: Mapping[str, int],
    column: str,
    unit: str,
    *,
    cell_of: Callable[[str], str],
    refuse: Refuse,
) -> None:
    """Nothing, if every value is a number; `cell_of` says where one stands first.

    Raises:
        ConfigError: words, several findings in a cell, or files of masks: another kind of question.
        DataError: a few cells among numbers that are none.
    """
    words = [word for word in sorted(counts) if number(word) is None]
    if not words:
        return
    listed, files = several_findings(words), [word for word in words if _FILE.fullmatch(word)]
    mostly_words = len(counts) - len(words) < _MOST * len(counts)
    found, kind = "", ""
    if mostly_words and files:
        found = f"names files ('{files[0]}', {cell_of(files[0])}). Masks are a question"
        kind = "segmentation"
    elif mostly_words and listed:
        found = f"has several findings in one cell ('{listed[0]}', {cell_of(listed[0])}), a question"
        kind = "multilabel"
    elif (
        mostly_words
        and not measured(words)
        and not _in_known_units(words)
        and not all(is_date(word) or _ERRORS.fullmatch(word) for word in words)
    ):
        found = f"holds words ({counted({word: counts[word] for word in words})}), a question"
        kind = "classification"
    if found:
        instead = "name a column of measured numbers"
        lines = lines_for_lists(words) if listed else ()
        raise other_question(column, found, kind, instead=instead, refuse=refuse, lines=lines)
    raise DataError(_no_numbers(column, unit, {word: counts[word] for word in words}, cell_of))


def _no_numbers(column: str, unit: str, counts: Mapping[str, int], cell_of: Callable[[str], str]) -> str:
    """What to do about cells that are no numbers among those that are."""
    first, cells = min(counts), sum(counts.values())
    are = "cell that is no number" if cells == 1 else "cells that are no numbers"
    where = f"The column '{column}' has {cells:,} {are}: {counted(counts)}"
    if any(_ERRORS.fullmatch(word) for word in counts):
        advice = "Mend the formula, open and save the file in a spreadsheet program, or save it as CSV"
    elif any(is_date(word) for word in counts):
        advice = "Spreadsheets make dates of numbers: format the column as a number and write them anew"
    elif all(_OF_HEADER.fullmatch(word) for word in counts):
        advice = (
            "Ages as headers have them, in days, weeks, months or years: write all as numbers in one unit"
        )
    elif beside := units_beside(counts):
        advice = (
            f"Write the number alone, in the unit of `cohort.unit` ({unit}): these are in "
            f"{' and '.join(beside)}"
        )
    elif len(counts) > _FEW:
        advice = (
            "Write the number alone, in the unit of `cohort.unit`; or, if they are classes, say "
            "`task: classification`"
        )
    else:
        advice = (
            "Write the number alone, in the unit of `cohort.unit`; or copy this below `cohort:` where they "
            f"stand for nothing: `missing: {as_yaml(sorted(counts))}`"
        )
    return f"{where} (first {cell_of(first)}). {advice}."


def _require_one_quantity(
    counts: Mapping[float, int], column: str, unit: str, *, cell_of: Callable[[float], str]
) -> None:
    """Raises DataError for values that lie too far from all others or can't be, and for two units."""
    odd = columns.far_off(counts)
    if odd is not None:
        others = sorted(value for value in counts if value != odd)
        raise DataError(
            f"The column '{column}' has the value {odd:.10g} ({cell_of(odd)}), while the others are "
            f"{others[0]:.4g} to {others[-1]:.4g}: a slip, or a number that stands for nothing. Mend it in "
            f"the table, or copy this below `cohort:`: `missing: {as_yaml([spelled(odd)])}`; a quantity that "
            "spans so much is learned as its logarithm."
        )
    _require_sign(counts, column, unit, cell_of)
    units = columns.two_units(counts, unit)
    if units is not None:
        (low, high, few), (from_, to, many) = units.small, units.large
        _require_two_groups(units, column, cell_of)
        raise DataError(
            f"The column '{column}' has two groups of values, {low:.4g} to {high:.4g} ({few:,} scans) and "
            f"{from_:.4g} to {to:.4g} ({many:,}), about {units.times:g} times as large: two units, "
            f"such as {units.like}, in one column. Write all in one unit; a quantity that spans so much is "
            "learned as its logarithm."
        )


def _require_two_groups(units: columns.TwoUnits, column: str, cell_of: Callable[[float], str]) -> None:
    """Raises DataError where a group is one number alone: it is in no unit, and often stands for nothing."""
    for (low, high, scans), (from_, to, _) in ((units.small, units.large), (units.large, units.small)):
        if low == high:
            raise DataError(
                f"The column '{column}' has the value {low:.10g} in {scans:,} scans (first {cell_of(low)}), "
                f"while the others are {from_:.4g} to {to:.4g}: a number that stands for nothing, or another "
                "unit. Mend it in the table, or copy this below `cohort:`: "
                f"`missing: {as_yaml([spelled(low)])}`."
            )


def _require_sign(
    counts: Mapping[float, int], column: str, unit: str, cell_of: Callable[[float], str]
) -> None:
    """Raises DataError for a few values below 0 of what is seldom below 0."""
    below = {spelled(value): counts[value] for value in columns.below_zero(counts, unit)}
    if not below:
        return
    first, signed = cell_of(float(next(iter(below)))), as_yaml(f"{unit} (signed)")
    raise DataError(
        f"The column '{column}' has values below 0: {counted(below)} (first {first}), while the others go up "
        f"to {max(counts):.4g}: slips, or numbers that stand for nothing. Mend them in the table, or copy "
        f"this below `cohort:`: `missing: {as_yaml(list(below))}`; where they were measured so, say it in "
        f"the unit: `unit: {signed}`."
    )
