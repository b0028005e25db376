"""Which findings a cohort asks for: read from a column each or from lists, and required of the parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from pipeline.config import Cohort, Config
from pipeline.contracts.cohort import Cohort as CohortRecord
from pipeline.contracts.metrics import Metrics
from pipeline.contracts.model_record import ModelRecord
from pipeline.contracts.targets import parted
from pipeline.errors import DataError, nearest
from pipeline.records import PARTS, Attribute
from pipeline.tables.words import as_yaml, counted, normal
from pipeline.tasks.contract import Outlined, Refuse
from pipeline.tasks.goals import require_goal
from pipeline.tasks.multilabel import labels
from pipeline.tasks.multilabel.cells import ABSENT, PRESENT, Columns, how
from pipeline.tasks.multilabel.definitions import GOALS, METRICS
from pipeline.tasks.multilabel.labels import NO, UNKNOWN, YES, Labels, cells_of
from pipeline.tasks.multilabel.reading import Cells
from pipeline.tasks.questions import different_questions, names_put_back

KEYS: Final = frozenset(
    {
        ("cohort", "classes"),
        ("cohort", "findings"),
        ("cohort", "separator"),
        ("evaluate", "operating_point"),
        ("evaluate", "patient_score"),
        ("train", "class_weights"),
    }
)
"""The keys of the YAML that not all tasks have."""

READS_MASKS: Final = False
"""The truth of a case stands in a table."""

_SAID: Final = {YES: "present", NO: "absent", UNKNOWN: "unknown"}


def require_settings(settings: Config) -> None:
    """Nothing, if several findings are named in one of two ways, and the goal fits. Raises ConfigError."""
    cohort = settings.cohort
    listed = bool(cohort.separator or cohort.findings)
    if listed and (not cohort.separator or not cohort.findings or len(cohort.target) > 1):
        raise settings.refuse(
            ("cohort", "separator" if cohort.separator else "findings"),
            "findings in a list need one column (`target`), what parts them (`separator`), and those that "
            "are asked for (`findings`). Say all three; or name a column of yes and no for each finding in "
            "`target`, without the other two.",
        )
    names = cohort.findings if listed else cohort.target
    if len(names) < 2:
        raise settings.refuse(
            ("cohort", "findings" if listed else "target"),
            "several findings are asked for, and one is named. Name a column of yes and no for each, as in "
            '`target: [edema, effusion]`; or one column of lists, as in `target: findings`, `separator: "|"` '
            "and `findings: [edema, effusion]`; or say `task: classification`.",
        )
    spelled = [normal(name).casefold() for name in names]
    twice = next((name for name in names if spelled.count(normal(name).casefold()) > 1), None)
    if twice is not None:
        raise settings.refuse(
            ("cohort", "findings" if listed else "target"), f"the finding '{twice}' is named twice."
        )
    _require_classes(settings, listed=listed)
    for key in ("margin", "min_gain"):
        if not getattr(settings.compare, key) < 1:
            raise settings.refuse(
                ("compare", key), f"'compare.{key}' is a part of 1, the range of the metric."
            )
    require_goal(settings, [METRICS[name] for name in GOALS])


def _require_classes(settings: Config, *, listed: bool) -> None:
    allowed = (ABSENT,) if listed else (PRESENT, ABSENT)
    for name in settings.cohort.classes:
        if name not in allowed:
            keys = " and ".join(f"`{key}`" for key in allowed)
            raise settings.refuse(
                ("cohort", "classes"),
                f"'{name}' ({nearest(name, allowed)}): of several findings `classes` has the "
                f"key{'s' if len(allowed) > 1 else ''} {keys}, each with its words.",
            )


def reader(cells: Iterable[str], choices: Cohort) -> Cells:
    """How the cells of the findings are read; those of several columns are joined by bars."""
    return Cells(how(cells, choices))


def check(cells: Sequence[str], choices: Cohort, *, cell_of: Callable[[int], str], refuse: Refuse) -> None:
    """Nothing, if every cell can be read, and each finding is there in some rows and not in others.

    `cell_of` says where the cell of a row stands. Raises ConfigError and DataError.
    """
    readings = reader(cells, choices)
    values = [readings.value_of(cell) for cell in cells]
    counts = Counter(filter(None, values))
    readings.require(
        counts, choices.column, cell_of=lambda value: cell_of(values.index(value)), refuse=refuse
    )
    unknown = _unknown_words(cells, readings)
    _require_sides(
        counts,
        readings.names,
        of="rows of the table",
        unknown=values.count(""),
        way=lambda name, side: _way(unknown[name], side, choices),
    )


def question(
    counts: Mapping[str, int], choices: Cohort, *, missing: Mapping[str, int], refuse: Refuse
) -> Labels:
    """The question that these scans ask. Raises DataError where a finding is nobody's, or everybody's."""
    names = choices.findings or choices.target
    _require_sides(counts, names, of="scans", unknown=sum(missing.values()), way=lambda name, side: "")
    having = {name: _sides(counts, name, names)[YES] for name in names}
    return Labels(names, tuple(sorted(names, key=lambda name: (having[name], name))))


def question_of(record: CohortRecord | Metrics | ModelRecord) -> Labels:
    """The question that a record holds."""
    return labels.read(record)


def targets(question: Labels) -> tuple[str, ...]:
    """The names of the targets: the findings."""
    return question.names


def outlined(question: Labels) -> Outlined:
    """Nothing is asked of single voxels."""
    return Outlined()


def stratum(values: Iterable[str], question: Labels) -> str:
    """The stratum in which a patient is drawn: the rarest finding that any of the scans has, empty for none.

    So the rarest is spread over the parts by its share, then the next among those without it (as Sechidis et
    al. 2011 begin), and a patient's place hangs on nobody else's.
    """
    found = {
        name for value in values for name, cell in cells_of(value, question.names).items() if cell == YES
    }
    return next((name for name in question.rarest_first if name in found), "")


def counts(values: Iterable[str], question: Labels) -> dict[str, int]:
    """What cohort.json says of the scans of a part: how many have each finding."""
    of_value = Counter(values)
    return {name: _sides(of_value, name, question.names)[YES] for name in question.names}


def in_words(values: Iterable[str], question: Labels) -> str:
    """The same in words for the terminal, of those in which it is known."""
    of_value, told = Counter(values), []
    for name in question.names:
        sides = _sides(of_value, name, question.names)
        unknown = f" of {sides[YES] + sides[NO]:,} known" if sides[UNKNOWN] else ""
        told.append(f"{name} {sides[YES]:,}{unknown}")
    return ", ".join(told)


def described(value: str, question: Labels) -> dict[str, Attribute]:
    """What is compared of a patient's truth when new scans come: each finding that is known."""
    cells = cells_of(value, question.names)
    return {f"label {name}": _SAID[cell] for name, cell in cells.items() if cell != UNKNOWN}


def same(one: Labels, other: Labels) -> bool:
    """Whether two models answer one question: the same findings in the same order."""
    return one.names == other.names


def require_same(champion: Labels, candidate: Labels) -> None:
    """Nothing, if both models answer one question. Raises GateError with the findings of both."""
    if not same(champion, candidate):
        raise different_questions(
            f"The champion looks for {', '.join(champion.names)}, the candidate for "
            f"{', '.join(candidate.names)}",
            names_put_back(champion.names, candidate.names),
        )


def require_parts(
    part_of: Mapping[str, str],
    values: Mapping[str, Collection[str]],
    question: Labels,
    *,
    one_vote: bool,
    advice: str,
) -> None:
    """Nothing, if training can learn every finding, and the other parts can judge one of them at least.

    `values` has the values of each patient, who has a finding with `one_vote` where any scan has it; `advice`
    is the way to other parts. Raises DataError with the numbers of patients with and without each finding.
    """
    numbers = {part: {name: Counter[str]() for name in question.names} for part in PARTS}
    for patient_id, part in part_of.items():
        for name in question.names:
            cells = {cells_of(value, question.names)[name] for value in values[patient_id]} - {UNKNOWN}
            numbers[part][name].update([YES] if one_vote and YES in cells else cells)
    for part in PARTS:
        lacking = [name for name, sides in numbers[part].items() if not (sides[YES] and sides[NO])]
        if lacking and (part == PARTS[0] or len(lacking) == len(question.names)):
            each = "; ".join(
                f"{one} "
                + ", ".join(f"'{n}' {sides[YES]} / {sides[NO]}" for n, sides in numbers[one].items())
                for one in PARTS
            )
            whom = f"with and without '{lacking[0]}'" if part == PARTS[0] else "with and without any finding"
            raise DataError(
                f"The {part} part doesn't have patients both {whom} (patients with / without: {each}). Add "
                f"scans of more patients, or {advice}."
            )


def _unknown_words(cells: Iterable[str], readings: Cells) -> dict[str, Counter[str]]:
    """The words that leave each finding unknown, with their rows."""
    words = {name: Counter[str]() for name in readings.names}
    columns = isinstance(readings.how, Columns)
    for cell in cells:
        parts = parted(cell, len(readings.names)) if columns else [cell] * len(readings.names)
        for name, said, word in zip(readings.names, readings.how.read(cell), parts, strict=True):
            words[name].update([normal(word)] if said == UNKNOWN else [])
    return words


def _way(unknown: Mapping[str, int], side: str, choices: Cohort) -> str:
    """The line of the YAML that makes answers of words that were read as unknown; empty without any."""
    if not unknown or not side:
        return ""
    said = {key: list(choices.classes.get(key, ())) for key in (PRESENT, ABSENT)}
    said[side] = [*said[side], *sorted(unknown)]
    line = as_yaml({key: words for key, words in said.items() if words})
    means = "isn't there" if side == ABSENT else "is there"
    return (
        f" Read as unknown: {counted(unknown)}. Where that says that it {means}, copy this below `cohort:`: "
        f"`classes: {line}`."
    )


def _require_sides(
    counts: Mapping[str, int],
    names: Sequence[str],
    *,
    of: str,
    unknown: int,
    way: Callable[[str, str], str],
) -> None:
    """Raises DataError where a finding is unknown everywhere, or nobody has it, or nobody lacks it.

    `way` says what may be done where a finding lacks a side.
    """
    for name in names:
        sides = _sides(counts, name, names)
        sides[UNKNOWN] += unknown
        if sides[YES] and sides[NO]:
            continue
        numbers = f"{sides[YES]:,} with it, {sides[NO]:,} without, {sides[UNKNOWN]:,} unknown"
        what = "is unknown in all" if not (sides[YES] or sides[NO]) else "is in none of the"
        what = "is in all" if sides[YES] else what
        side = ABSENT if sides[YES] else PRESENT if sides[NO] else ""
        raise DataError(
            f"The finding '{name}' {what} {of} ({numbers}), so there is nothing to tell apart. Take it out "
            f"of `cohort.target` or `cohort.findings`, or label more scans.{way(name, side)}"
        )


def _sides(counts: Mapping[str, int], name: str, names: Sequence[str]) -> Counter[str]:
    """How many scans have each cell of a finding."""
    sides: Counter[str] = Counter()
    for value, count in counts.items():
        sides[cells_of(value, names)[name]] += count
    return sides
