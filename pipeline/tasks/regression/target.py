"""What a cell of the target column says: a number that somebody measured, nothing, or no number at all.

Pure functions on words. A decimal comma is read as one where no cell could mean another thing; what can't be
one quantity in one unit is refused, and another kind of question by the name of that kind.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.config import Cohort, Config
from pipeline.contracts.cohort import Cohort as CohortRecord
from pipeline.contracts.metrics import Metrics
from pipeline.contracts.model_record import ModelRecord
from pipeline.errors import DataError, GateError
from pipeline.records import PARTS, Attribute
from pipeline.tables.words import (
    MISSING,
    as_yaml,
    both_signs,
    counted,
    is_date,
    normal,
    number,
    several_findings,
    thousands,
)
from pipeline.tasks.contract import Outlined, Refuse
from pipeline.tasks.goals import require_goal
from pipeline.tasks.questions import lines_for_lists, other_question
from pipeline.tasks.regression import columns, quantity
from pipeline.tasks.regression.definitions import METRICS
from pipeline.tasks.regression.quantity import Quantity

KEYS: Final = frozenset({("cohort", "unit"), ("evaluate", "intervals"), ("train", "loss")})
"""The keys of the YAML that not all tasks have."""

READS_MASKS: Final = False
"""The truth of a case stands in a table."""

GOALS: Final = ("mae", "rmse", "r2", "icc")
"""What a goal may be about, first what it is about where it doesn't say."""

_MOST: Final = 0.9  # of the words, a choice: among numbers stand a few words such as "not done"
_LEVELS: Final = 2  # a number with so few is a yes or no
_ERRORS: Final = re.compile(r"#(REF!|DIV/0!|VALUE!|NAME\?|NULL!|NUM!|UNCOMPUTED!|SPILL!|CALC!)")
_FILE: Final = re.compile(r".*\.(nii|nii\.gz|mha|mhd|nrrd|dcm|png|jpe?g|tiff?)", re.IGNORECASE)


@dataclass(frozen=True)
class Numbers:
    """How the cells of a column are read: as numbers, or as nothing (`missing`).

    `mixed` are two cells with different decimal signs, `grouped` is one whose comma may part thousands.
    """

    missing: frozenset[str]
    mixed: tuple[str, str] | None
    grouped: str | None

    def value_of(self, cell: str) -> str:
        """The number that a cell stands for, in one spelling; empty where it stands for a missing value."""
        word = normal(cell)
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
        require_numbers(counts, column, cell_of=cell_of, refuse=refuse)
        self._require_one_decimal_sign(column)
        of_value = {float(word): count for word, count in counts.items()}
        if columns.only_names(of_value, column):
            raise refuse(
                ("cohort", "target"),
                f"the column '{column}' holds whole numbers, another for each scan: it names scans and "
                "measures nothing. Name the column of what was measured.",
            )
        _require_one_quantity(of_value, column, cell_of=lambda value: cell_of(spelled(value)))

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


def spelled(value: float) -> str:
    """The one spelling of a number between stages.

    >>> spelled(61.0), spelled(0.1)
    ('61', '0.1')
    """
    return f"{value:.15g}"


def require_settings(settings: Config) -> None:
    """Nothing, if there is one target with its unit, a margin in it, and a goal that a regression can have.

    Raises ConfigError.
    """
    cohort, compare = settings.cohort, settings.compare
    if len(cohort.target) > 1:
        raise settings.refuse(("cohort", "target"), "a regression has one target. Name one column.")
    if not cohort.unit:
        raise settings.refuse(
            ("cohort", "target"),
            f"a regression needs the unit of '{cohort.column}'. Say it below `cohort:`, such as `unit: mm` "
            "or `unit: points`.",
        )
    absent = [key for key in ("margin", "min_gain") if key not in compare.model_fields_set]
    if absent:
        raise settings.refuse(
            ("compare",) if compare.model_fields_set else ("task",),
            f"models of a regression are compared in {cohort.unit}. Say below `compare:` the loss of mean "
            "absolute error that wouldn't matter (`margin`) and the gain that would (`min_gain`); missing: "
            f"{' and '.join(f'`{key}`' for key in absent)}.",
        )
    if compare.max_negative_flips is not None:
        raise settings.refuse(
            ("compare", "max_negative_flips"),
            "a measured number is neither right nor wrong, so nobody changes sides. Leave "
            "`max_negative_flips` out.",
        )
    require_goal(settings, [METRICS[name] for name in GOALS])


def reader(cells: Iterable[str], choices: Cohort) -> Numbers:
    """How the cells of the target column are read."""
    stated = {normal(word).casefold() for word in choices.missing}
    stated |= {spelled(value) for word in stated if (value := number(word)) is not None}
    words = {normal(cell) for cell in cells}
    words = {word for word in words if word.casefold() not in stated | MISSING}
    signs = {word for word in words if not any(letter.isalnum() for letter in word)}
    numbers = sorted(word for word in words if number(word) is not None)
    return Numbers(MISSING | stated | signs, both_signs(numbers), thousands(numbers))


def check(cells: Sequence[str], choices: Cohort, *, cell_of: Callable[[int], str], refuse: Refuse) -> None:
    """Nothing, if the column with these cells isn't what names scans, and holds numbers.

    `cell_of` says where the cell of a row stands. Raises ConfigError.
    """
    if choices.column in {key.column for key in choices.keys}:
        raise refuse(
            ("cohort", "target"),
            f"the column '{choices.column}' names the scans (`cohort.id`), so there is nothing in it to "
            "predict. Name the column of what was measured.",
        )
    numbers = reader(cells, choices)
    values = [numbers.value_of(cell) for cell in cells]
    counts = Counter(filter(None, values))
    if counts:
        require_numbers(
            counts, choices.column, cell_of=lambda word: cell_of(values.index(word)), refuse=refuse
        )


def question(
    counts: Mapping[str, int], choices: Cohort, *, missing: Mapping[str, int], refuse: Refuse
) -> Quantity:
    """The question that these scans of each value ask.

    Raises ConfigError and DataError where they ask none.
    """
    if len(counts) < 2:
        raise DataError(
            f"All {sum(counts.values()):,} labelled scans have the value {''.join(counts)} in the column "
            f"'{choices.column}': there is nothing to tell apart. Name another column in `cohort.target`, or "
            "label more scans."
        )
    if len(counts) <= _LEVELS:
        problem = f"has {len(counts)} values alone ({counted(counts)}), a question"
        instead = "name a column of measured numbers"
        raise other_question(choices.column, problem, "classification", instead=instead, refuse=refuse)
    return quantity.quantity_of(counts, choices.column, choices.unit or "")


def question_of(record: CohortRecord | Metrics | ModelRecord) -> Quantity:
    """The question that a record holds."""
    return quantity.read(record)


def targets(question: Quantity) -> tuple[str, ...]:
    """The names of the targets where there are several: of a regression there is one."""
    return ()


def outlined(question: Quantity) -> Outlined:
    """Nothing is asked of single voxels."""
    return Outlined()


def stratum(values: Iterable[str], question: Quantity) -> str:
    """The stratum of a patient: the fifth in which the mean of the patient's values lies."""
    mean = float(np.mean([float(value) for value in values]))
    return question.stratum_names[int(question.strata(np.array(mean)))]


def counts(values: Iterable[str], question: Quantity) -> dict[str, int]:
    """What cohort.json says of the scans of a part: how many lie in each fifth."""
    strata = question.strata(np.array([float(value) for value in values]))
    of_stratum = np.bincount(strata, minlength=len(question.stratum_names))
    return {name: int(count) for name, count in zip(question.stratum_names, of_stratum, strict=True)}


def in_words(values: Iterable[str], question: Quantity) -> str:
    """Median and range of the values, in words for the terminal."""
    numbers = np.array([float(value) for value in values])
    if not numbers.size:
        return "no value"
    middle, low, high = np.median(numbers), numbers.min(), numbers.max()
    return f"{question.name} {low:.4g} to {high:.4g}{question.in_unit}, median {middle:.4g}"


def described(value: str, question: Quantity) -> dict[str, Attribute]:
    """What is compared of a patient's truth when new scans come."""
    return {"target": float(value)}


def same(one: Quantity, other: Quantity) -> bool:
    """Whether two models answer one question: the same quantity in the same unit."""
    return (one.name, one.unit) == (other.name, other.unit)


def require_same(champion: Quantity, candidate: Quantity) -> None:
    """Nothing, if both models answer one question. Raises GateError with the quantities of both."""
    if not same(champion, candidate):
        raise GateError(
            f"The champion predicts {champion.name} in {champion.unit}, the candidate {candidate.name} in "
            f"{candidate.unit}: two different questions. Give the new one an analysis of its own (a YAML of "
            "another name)."
        )


def require_parts(
    part_of: Mapping[str, str],
    values: Mapping[str, Collection[str]],
    question: Quantity,
    *,
    one_vote: bool,
    advice: str,
) -> None:
    """Nothing, if the patients of every part have more than one value. Raises DataError."""
    seen: dict[str, set[str]] = {part: set() for part in PARTS}
    for patient_id, part in part_of.items():
        seen[part].update(values[patient_id])
    lacking = next((part for part in PARTS if len(seen[part]) < 2), None)
    if lacking is None:
        return
    patients = Counter(part_of.values())
    each = ", ".join(f"{part} {patients[part]}" for part in PARTS)
    raise DataError(
        f"The {lacking} part has no two different values of '{question.name}' (patients: {each}). Add scans "
        f"of more patients, or {advice}."
    )


def require_numbers(
    counts: Mapping[str, int], column: str, *, cell_of: Callable[[str], str], refuse: Refuse
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
    elif mostly_words and not all(is_date(word) or _ERRORS.fullmatch(word) for word in words):
        found = f"holds words ({counted({word: counts[word] for word in words})}), a question"
        kind = "classification"
    if found:
        instead = "name a column of measured numbers"
        lines = lines_for_lists(words) if listed else ()
        raise other_question(column, found, kind, instead=instead, refuse=refuse, lines=lines)
    raise DataError(_no_numbers(column, {word: counts[word] for word in words}, cell_of))


def _no_numbers(column: str, counts: Mapping[str, int], cell_of: Callable[[str], str]) -> str:
    """What to do about cells that are no numbers among those that are."""
    first = min(counts)
    where = f"The column '{column}' has {sum(counts.values()):,} cells that are no numbers: {counted(counts)}"
    if any(_ERRORS.fullmatch(word) for word in counts):
        advice = "Mend the formula, open and save the file in a spreadsheet program, or save it as CSV"
    elif any(is_date(word) for word in counts):
        advice = "Spreadsheets make dates of numbers: format the column as a number and write them anew"
    else:
        advice = (
            "Write the number alone, in the unit of `cohort.unit`; or copy this below `cohort:` where they "
            f"stand for nothing: `missing: {as_yaml(sorted(counts))}`"
        )
    return f"{where} (first {cell_of(first)}). {advice}."


def _require_one_quantity(
    counts: Mapping[float, int], column: str, *, cell_of: Callable[[float], str]
) -> None:
    """Raises DataError for a value that lies too far from all others, and for two units in one column."""
    odd = columns.far_off(counts)
    if odd is not None:
        others = sorted(value for value in counts if value != odd)
        raise DataError(
            f"The column '{column}' has the value {odd:.10g} ({cell_of(odd)}), while the others are "
            f"{others[0]:.4g} to {others[-1]:.4g}: a slip, or a number that stands for nothing. Mend it in "
            f"the table, or copy this below `cohort:`: `missing: {as_yaml([spelled(odd)])}`; a quantity that "
            "spans so much is learned as its logarithm."
        )
    units = columns.two_units(counts)
    if units is not None:
        (low, high, few), (from_, to, many) = units.small, units.large
        raise DataError(
            f"The column '{column}' has two groups of values, {low:.4g} to {high:.4g} ({few:,} scans) and "
            f"{from_:.4g} to {to:.4g} ({many:,}), about {units.times:g} times as large: two units, "
            "such as cm and mm, in one column. Write all in one unit; a quantity that spans so much is "
            "learned as its logarithm."
        )
