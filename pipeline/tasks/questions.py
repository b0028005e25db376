"""The error for a target that is another task's: it names the kind of question, and what answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline.errors import ConfigError
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
