"""The error for a target that is another task's: it names the kind of question, and what answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline.errors import ConfigError, GateError
from pipeline.tables.words import MISSING, NO_FINDING, as_yaml, pieces_of
from pipeline.tasks.contract import Refuse
from pipeline.tasks.registry import TASKS

_FEWEST: Final = 2  # names: a list of one finding is a column of yes and no


def other_question(
    column: str, problem: str, kind: str, *, instead: str, refuse: Refuse, lines: Sequence[str] = ()
) -> ConfigError:
    """The error that `column` has a `problem`: a question of this `kind`; `instead` would fit here.

    `lines` are those that the YAML needs below `cohort:` for such a question.
    """
    if kind in TASKS:
        also = (
            " with these lines below `cohort:`: " + " and ".join(f"`{line}`" for line in lines)
            if lines
            else ""
        )
        advice = f". Say `task: {kind}`{also}; or {instead}."
    else:
        advice = f", which this version does not answer yet. {instead[0].upper()}{instead[1:]}."
    return refuse(("cohort", "target"), f"the column '{column}' {problem} of the kind {kind}{advice}")


def different_questions(told: str, way_back: str = "") -> GateError:
    """The error that champion and candidate, as `told`, are asked other things; `way_back` may mend it."""
    instead = f"{way_back}, or give" if way_back else "Give"
    return GateError(
        f"{told}: two different questions. {instead} the new one an analysis of its own (a YAML of another "
        "name)."
    )


def require_same_kind(champion: str, candidate: str, *, generation: str) -> None:
    """Nothing, if the champion, a `generation`, answers such a question. Raises GateError."""
    if champion != candidate:
        told = f"The champion, generation {generation}, is of `task: {champion}`"
        told += f", and the YAML says `task: {candidate}`"
        raise different_questions(told, f"Put `task: {champion}` back")


def way_back_to(champion: Sequence[str], candidate: Sequence[str], *, order: str) -> str:
    """How the names of the champion come back, where they differ by their order or by one word; else empty.

    `order` says how the order is put back.

    >>> way_back_to(["clear", "ill"], ["clear", "sick"], order="Turn it")
    "If 'sick' says what 'ill' said, copy this below `cohort:`: `classes: {clear: [clear], ill: [sick]}`"
    """
    if sorted(champion) == sorted(candidate):
        return order
    old, new = sorted({*champion} - {*candidate}), sorted({*candidate} - {*champion})
    if len(old) != 1 or len(new) != 1:
        return ""
    words = {name: new if name in old else [name] for name in champion}
    return f"If '{new[0]}' says what '{old[0]}' said, copy this below `cohort:`: `classes: {as_yaml(words)}`"


def names_put_back(champion: Sequence[str], candidate: Sequence[str]) -> str:
    """That the order is put back in which the champion has its targets, where the names are the same."""
    alike = sorted(champion) == sorted(candidate)
    return "Put their order below `cohort:` back as the champion has it" if alike else ""


def lines_for_lists(words: Sequence[str]) -> tuple[str, ...]:
    """The lines of the YAML that have such cells read as lists of findings; none where nothing parts them.

    >>> lines_for_lists(["Mass|Effusion", "Mass", "No Finding"])
    ('separator: "|"', 'findings: [Effusion, Mass]')
    """
    separator, pieces = pieces_of(words)
    names = [piece for piece in pieces if piece.casefold() not in NO_FINDING | MISSING]
    if not separator or len(names) < _FEWEST:
        return ()
    return f"separator: {as_yaml(separator)}", f"findings: {as_yaml(names)}"
