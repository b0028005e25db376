"""Which classes a cohort asks about: chosen from the words of its column, and required of every part."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from pipeline.config import Cohort, Config
from pipeline.contracts.cohort import Cohort as CohortRecord
from pipeline.contracts.metrics import Metrics
from pipeline.contracts.model_record import ModelRecord
from pipeline.errors import DataError, nearest
from pipeline.records import PARTS, Attribute
from pipeline.tables.words import (
    as_yaml,
    counted,
    normal,
)
from pipeline.tasks.classification import classes, twins
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.classification.definitions import METRICS
from pipeline.tasks.classification.misfits import require_question
from pipeline.tasks.classification.words import CODES, Words, read_words
from pipeline.tasks.contract import Outlined, Refuse
from pipeline.tasks.goals import require_goal
from pipeline.tasks.questions import different_questions, way_back_to

_RARE: Final = 0.1  # of the scans, a choice: a class that is asked for is seldom rarer, a slip nearly always
_ALIKE: Final = 0.75  # difflib's ratio: one letter of four wrong or left out, as in "beningn" for "benign"


KEYS: Final = frozenset(
    {
        ("cohort", "classes"),
        ("cohort", "positive"),
        ("evaluate", "operating_point"),
        ("evaluate", "patient_score"),
        ("evaluate", "prevalences"),
        ("evaluate", "sets"),
        ("train", "class_weights"),
        ("train", "label_smoothing"),
    }
)
"""The keys of the YAML that not all tasks have."""

READS_MASKS: Final = False
"""The truth of a case stands in a table."""

GOALS: Final = ("auroc", "auprc", "accuracy", "sensitivity", "specificity")
"""What a goal may be about, first what it is about where it doesn't say."""


def require_settings(settings: Config) -> None:
    """Nothing, if there is one target, and a goal that a classification can have. Raises ConfigError."""
    if len(settings.cohort.target) > 1:
        raise settings.refuse(
            ("cohort", "target"),
            "several targets are a question of the kind multilabel. Name one column, or say "
            "`task: multilabel`.",
        )
    if len(settings.cohort.classes) == 1:
        raise settings.refuse(("cohort", "classes"), "`classes` needs two classes at least.")
    for key in ("margin", "min_gain"):
        if not getattr(settings.compare, key) < 1:
            raise settings.refuse(
                ("compare", key), f"'compare.{key}' is a part of 1, the range of the metric."
            )
    require_goal(settings, [METRICS[name] for name in GOALS])


def reader(cells: Iterable[str], choices: Cohort) -> Words:
    """How the cells of the target column are read."""
    return read_words(cells, choices.classes, choices.missing)


def check(cells: Sequence[str], choices: Cohort, *, cell_of: Callable[[int], str], refuse: Refuse) -> None:
    """Nothing, if a column with these cells has the class `positive`, where the YAML names one.

    `cell_of` says where the cell of a row stands. Raises ConfigError with the nearest name.
    """
    if choices.positive is None:
        return
    words = reader(cells, choices)
    values = [words.value_of(cell) for cell in cells]
    counts = Counter(filter(None, values))
    classes = counts.keys() | choices.classes.keys()
    if normal(choices.positive) in classes | set(map(normal, cells)):
        return
    if not choices.classes:
        require_question(
            counts, choices.column, cell_of=lambda word: cell_of(values.index(word)), refuse=refuse
        )
    raise refuse(
        ("cohort", "positive"),
        f"the column '{choices.column}' doesn't have the class '{choices.positive}' "
        f"({nearest(choices.positive, classes)}).",
    )


def question(
    counts: Mapping[str, int], choices: Cohort, *, missing: Mapping[str, int], refuse: Refuse
) -> Classes:
    """The question that these scans of each class ask; `missing` has those of each word for a missing value.

    Raises DataError and ConfigError as `choose_classes` does.
    """
    stated = choices.classes.keys()
    names = choose_classes(counts, choices.positive, missing=missing, refuse=refuse, stated=stated)
    return Classes(names, choices.positive)


def question_of(record: CohortRecord | Metrics | ModelRecord) -> Classes:
    """The question that a record holds."""
    return classes.read(record)


def targets(question: Classes) -> tuple[str, ...]:
    """The names of the targets where there are several: of a classification there is one."""
    return ()


def outlined(question: Classes) -> Outlined:
    """Nothing is asked of single voxels."""
    return Outlined()


def stratum(values: Iterable[str], question: Classes) -> str:
    """The stratum of a patient whose scans have these classes: the last of them, in the order of classes."""
    return max(values, key=question.names.index)


def counts(values: Iterable[str], question: Classes) -> dict[str, int]:
    """What cohort.json says of the scans of a part: how many have each class."""
    cases_of = Counter(values)
    return {name: cases_of[name] for name in question.names}


def in_words(values: Iterable[str], question: Classes) -> str:
    """The same in words for the terminal."""
    return ", ".join(f"{name} {count:,}" for name, count in counts(values, question).items())


def described(value: str, question: Classes) -> dict[str, Attribute]:
    """What is compared of a patient's truth when new scans come."""
    return {"label": value}


def same(one: Classes, other: Classes) -> bool:
    """Whether two models answer one question: the same classes in the same order."""
    return one.names == other.names


def require_same(champion: Classes, candidate: Classes) -> None:
    """Nothing, if both models answer one question. Raises GateError with the classes of both."""
    if not same(champion, candidate):
        put_back = f"positive: {champion.positive}" if champion.positive else "classes"
        raise different_questions(
            f"The champion knows the classes {', '.join(champion.names)}, the candidate "
            f"{', '.join(candidate.names)}",
            way_back_to(
                champion.names, candidate.names, order=f"Put `{put_back}` back below `cohort:`, as it was"
            ),
        )


def require_parts(
    part_of: Mapping[str, str],
    values: Mapping[str, Collection[str]],
    question: Classes,
    *,
    one_vote: bool,
    advice: str,
) -> None:
    """Nothing, if every part has a patient of every class.

    `values` has the classes of each patient, who stands for all of them or, with `one_vote`, for what is
    evaluated; `advice` is the way to other parts. Raises DataError with the numbers of patients of each class
    in each part.
    """
    patients_of = {part: Counter[str]() for part in PARTS}
    for patient_id, part in part_of.items():
        patients_of[part].update(question.vote(values[patient_id]) if one_vote else set(values[patient_id]))
    names = sorted(question.names)
    lacking = [(part, name) for part in PARTS for name in names if not patients_of[part][name]]
    if not lacking:
        return
    part, name = lacking[0]
    each = "; ".join(f"{one} " + ", ".join(f"'{n}' {patients_of[one][n]}" for n in names) for one in PARTS)
    mixed = sum(len(set(values[patient_id])) > 1 for patient_id in part_of) if one_vote else 0
    if mixed:
        each += question.note_on_mixed(mixed)
        advice = f"set `evaluate.unit: case` to evaluate scans, or {advice}"
    elif sum(patients_of[one][name] for one in PARTS) < len(PARTS):
        advice = (
            f"copy this below `cohort:` if it is no class: `missing: {as_yaml([name])}`; or say in "
            "`cohort.classes` to which other class it belongs"
        )
    raise DataError(
        f"The {part} part has no patient with the class '{name}' (patients: {each}). "
        f"Add scans of more patients with it, or {advice}."
    )


def choose_classes(
    counts: Mapping[str, int],
    positive: str | None,
    *,
    missing: Mapping[str, int],
    refuse: Refuse,
    stated: Collection[str] = (),
) -> tuple[str, ...]:
    """The classes in their order: negative and positive, or three and more by name.

    `counts` has the scans of each class, `missing` those of each word that stands for a missing value; the
    classes that the YAML has `stated` may look alike.

    Raises:
        DataError: fewer than two classes, or two that differ only in how they are written.
        ConfigError: `cohort.positive` is missing for two classes, none of them, or given for more.
    """
    classes = sorted(counts)
    wanted = None if positive is None else normal(positive)
    twins.require_none({word: count for word, count in counts.items() if word not in stated}, wanted)
    if len(classes) < 2:
        raise DataError(
            f"All labelled scans have the label '{''.join(classes)}' ({counted(counts)}). Two classes are "
            f"needed.{_note_on_missing(missing, classes)}"
        )
    place = ("cohort", "positive")
    if wanted is not None and wanted not in classes:
        hint = _note_on_missing(missing, classes) if wanted in missing else ""
        raise refuse(
            place, f"no labelled scan has the class '{positive}' ({nearest(wanted, classes)}).{hint}"
        )
    if len(classes) > 2:
        if wanted is not None:
            raise refuse(place, _too_many(counts, wanted))
        return tuple(classes)
    if wanted is None:
        raise refuse(
            place, f"'positive' is missing: say which of {counted(counts)} is the finding looked for."
        )
    return tuple(sorted(classes, key=lambda word: word == wanted))


def _too_many(counts: Mapping[str, int], positive: str) -> str:
    """What to do about more than two words where one is the finding looked for."""
    ordered = sorted(counts, key=lambda word: (word != positive, -counts[word], word))
    meant, rest = ordered[:2], ordered[2:]
    problem = f"'positive' is for two classes, and the labels have {len(counts)} words: {counted(counts)}."
    if all(counts[word] < _RARE * sum(counts.values()) or word in CODES for word in rest):
        slips = {word: _slip_of(word, meant) for word in rest}
        groups = {name: [name, *(w for w in rest if slips[w] == name)] for name in meant}
        odd = [word for word in rest if not slips[word]]
        line = f"`classes: {as_yaml(groups)}`" if len(odd) < len(rest) else ""
        line += (" and " if line and odd else "") + (f"`missing: {as_yaml(odd)}`" if odd else "")
        return f"{problem} If the others are slips or stand for nothing, copy this below `cohort:`: {line}."
    rest_of_all = as_yaml({positive: [positive], f"not {positive}": sorted(set(counts) - {positive})})
    return (
        f"{problem} To tell all {len(counts)} apart, leave 'positive' out; to ask for one against the "
        f"others, copy this below `cohort:`: `classes: {rest_of_all}`, and move what is a slip or stands for "
        f"nothing: into '{positive}' or into `missing: [...]`."
    )


def _slip_of(word: str, meant: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, meant, n=1, cutoff=_ALIKE)
    return close[0] if close else ""


def _note_on_missing(missing: Mapping[str, int], classes: Sequence[str]) -> str:
    """The words that were taken for missing, and how one of them becomes a class."""
    if not missing:
        return ""
    often = max(missing, key=lambda word: (missing[word], word))
    line = as_yaml({**{name: [name] for name in classes}, often or "no": [often]})
    return (
        f" Words that stand for a missing value: {counted(missing)}. To make a class of one, copy this below "
        f"`cohort:`: `classes: {line}`."
    )
