"""Which quantity a cohort asks for: what its settings need, how patients are drawn, what the parts need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from pipeline.config import Cohort, Config
from pipeline.contracts.cohort import Cohort as CohortRecord
from pipeline.contracts.metrics import Metrics
from pipeline.contracts.model_record import ModelRecord
from pipeline.errors import DataError, GateError
from pipeline.records import PARTS, Attribute
from pipeline.tables.words import (
    counted,
)
from pipeline.tasks.contract import Outlined, Refuse
from pipeline.tasks.goals import require_goal
from pipeline.tasks.questions import other_question
from pipeline.tasks.regression import quantity
from pipeline.tasks.regression.definitions import METRICS
from pipeline.tasks.regression.headed import other_unit
from pipeline.tasks.regression.quantity import Quantity
from pipeline.tasks.regression.reading import Numbers, read_numbers, require_numbers

KEYS: Final = frozenset({("cohort", "unit"), ("evaluate", "intervals"), ("train", "loss")})
"""The keys of the YAML that not all tasks have."""

READS_MASKS: Final = False
"""The truth of a case stands in a table."""

GOALS: Final = ("mae", "rmse", "r2", "icc")
"""What a goal may be about, first what it is about where it doesn't say."""

_LEVELS: Final = 2  # a number with so few is a yes or no


def require_settings(settings: Config) -> None:
    """Nothing, if there is one target with its unit, a margin in it, and a goal that a regression can have.

    Raises ConfigError.
    """
    cohort, compare = settings.cohort, settings.compare
    if len(cohort.target) > 1:
        raise settings.refuse(("cohort", "target"), "a regression has one target. Name one column.")
    if not (cohort.unit or "").strip():
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
    return read_numbers(cells, choices)


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
    if headed := other_unit(choices.column, choices.unit or ""):
        raise refuse(
            ("cohort", "unit"),
            f"the header of the column '{choices.column}' says {headed}, and `unit` says {choices.unit}. "
            f"Write `unit: {headed}` (and margins and goal in it), or mend the header.",
        )
    numbers = reader(cells, choices)
    values = [numbers.value_of(cell) for cell in cells]
    counts = Counter(filter(None, values))
    if counts:
        require_numbers(
            counts,
            choices.column,
            numbers.unit,
            cell_of=lambda word: cell_of(values.index(word)),
            refuse=refuse,
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
