"""Which columns hold the scores: of one model or of several, of each class or of the positive one alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.contracts.predictions import SCORE
from pipeline.errors import DataError, nearest
from pipeline.tasks.classification.classes import finding
from pipeline.tasks.sheet import Sheet, numeric

_USUAL: Final = (("0", "1"), ("false", "true"), ("no", "yes"), ("negative", "positive"))

THRESHOLDS: Final = frozenset({"threshold", "cutoff", "cut_off", "cut-off", "thr"})
"""What is no class, and no score of one: where somebody else decided."""


@dataclass(frozen=True)
class Scored:
    """The classes, of two the positive one last, and the columns with the scores of some or all of them."""

    classes: tuple[str, ...]
    columns: Mapping[str, str]


def models_of(sheet: Sheet, words: Sequence[str]) -> dict[str, Scored]:
    """What each model scored, by its name; "" for a single one. `words` are the classes of the truth.

    Raises DataError when the columns don't say it, with the command that would.
    """
    if sheet.columns.models:
        return _alike({name: _model(sheet, name, words) for name in sheet.columns.models})
    if sheet.columns.score:
        sheet.column(sheet.columns.score)
        return {"": _single(sheet, sheet.columns.score, words)}
    named = [name.removeprefix(SCORE) for name in sheet.table.columns if name.startswith(SCORE)]
    named = [name for name in named if name in words or name.casefold() not in THRESHOLDS]
    if not named:
        raise DataError(_no_scores(sheet, words))
    if len(named) == 1:
        return {"": _one_column(sheet, named[0], words)}
    if not set(named) & set(words) and (grouped := _grouped(named, words)):
        return _alike(
            {
                model: _of_classes(sheet, {name: f"{SCORE}{model}_{name}" for name in of_model}, words)
                for model, of_model in grouped.items()
            }
        )
    return {"": _of_classes(sheet, {name: SCORE + name for name in named}, words)}


def _alike(models: Mapping[str, Scored]) -> dict[str, Scored]:
    """The models with their classes in one order, whatever that of their columns: one finding is looked for.

    It is that of a model with a single score, for that says whose it is; else that of the first.
    """
    lead = next((each for each in models.values() if len(each.columns) == 1), next(iter(models.values())))
    return {
        name: replace(each, classes=lead.classes) if set(each.classes) == set(lead.classes) else each
        for name, each in models.items()
    }


def _model(sheet: Sheet, model: str, words: Sequence[str]) -> Scored:
    """The columns of a model that was named: one a class, or one of the positive class."""
    there = sheet.table.columns
    for stem in (f"{SCORE}{model}_", f"{model}_"):
        if columns := {word: stem + word for word in words if stem + word in there}:
            return _of_classes(sheet, columns, words)
    for name in (SCORE + model, model):
        if name in there:
            return _single(sheet, name, words)
    raise DataError(
        f"{sheet.name}: no column of the model '{model}' ({nearest(SCORE + model, there)}): expected "
        f"'{model}', '{SCORE}{model}', or '{SCORE}{model}_CLASS' for each class."
    )


def _grouped(named: Sequence[str], words: Sequence[str]) -> dict[str, list[str]]:
    """The classes of each model by columns MODEL_CLASS; empty where the names are not so."""
    classes_of: dict[str, list[str]] = {}
    for name in named:
        fitting = [word for word in words if name.endswith(f"_{word}") and len(name) > len(word) + 1]
        if not fitting:
            return {}
        word = max(fitting, key=len)
        classes_of.setdefault(name[: -len(word) - 1], []).append(word)
    return classes_of


def _one_column(sheet: Sheet, named: str, words: Sequence[str]) -> Scored:
    """A single column score_CLASS is that of the class; any other name doesn't say whose it is."""
    if len(words) == 1 and named != words[0]:
        return Scored((words[0], named), {named: SCORE + named})  # one class alone has cases
    return _single(sheet, SCORE + named, words, of=named if named in words else "")


def _of_classes(sheet: Sheet, columns: Mapping[str, str], words: Sequence[str]) -> Scored:
    if len(columns) == 1:
        return _single(sheet, next(iter(columns.values())), words, of=next(iter(columns)))
    missing = [word for word in words if word not in columns]
    if missing:
        names = ",".join(columns)
        raise DataError(
            f"{sheet.name}: the truth '{missing[0]}' has no score column ({nearest(missing[0], columns)}). "
            f"If the columns are of several models, say so: `{sheet.command({'MODELS': names})}`."
        )
    classes = tuple(columns)
    positive = sheet.columns.positive
    if positive and positive not in classes:
        raise DataError(f"{sheet.name}: no class is called '{positive}' ({nearest(positive, classes)}).")
    positive = positive or usual_positive(classes) or ""
    if positive and finding(len(classes)) is not None:
        classes = (*(name for name in classes if name != positive), positive)
    return Scored(classes, columns)


def _single(sheet: Sheet, column: str, words: Sequence[str], of: str = "") -> Scored:
    """The score of one of two classes: the one it is `of`, the one given, or the usual one of such a pair."""
    if finding(len(words)) is None:
        counted = f"{len(words)} ({', '.join(words[:5])}{', ...' if len(words) > 5 else ''})"
        raise DataError(
            f"{sheet.name}: the single score column '{column}' answers a question of two classes, but "
            f"the truth has {counted}. Name one column score_CLASS for each class; where one of these stands "
            "for no truth, leave its cells empty."
        )
    positive = sheet.columns.positive or of or usual_positive(words)
    if positive is None:
        raise DataError(
            f"{sheet.name}: '{column}' doesn't say whether it is the score of '{words[0]}' or '{words[1]}'. "
            f"Say it: `{sheet.command({'SCORE': column, 'POSITIVE': words[1]})}`, or the other."
        )
    if positive not in words:
        raise DataError(f"{sheet.name}: no row's truth is '{positive}' ({nearest(positive, words)}).")
    return Scored((*(word for word in words if word != positive), positive), {of or positive: column})


def usual_positive(words: Sequence[str]) -> str | None:
    """The word that means yes in a pair that is known everywhere."""
    by_word = {word.casefold(): word for word in words}
    return next((by_word[yes] for no, yes in _USUAL if {no, yes} == set(by_word)), None)


def _no_scores(sheet: Sheet, words: Sequence[str]) -> str:
    given = sheet.columns
    named = ("truth", "patient_id", "case_id", given.truth, given.patient, given.case)
    likely = [name for name in numeric(sheet, named) if set(sheet.table.column(name)) - {"0", "1", ""}]
    positive = {"POSITIVE": usual_positive(words) or words[-1]} if finding(len(words)) is not None else {}
    example = sheet.command({"SCORE": likely[0] if likely else "column", **positive})
    return (
        f"{sheet.name}: no score column. Name one score_CLASS for each class, such as "
        f"'{SCORE}{words[-1] if words else 'pneumonia'}', or say which one it is: `{example}`."
    )
