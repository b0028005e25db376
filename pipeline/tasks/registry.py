"""The registry of tasks: a folder each, with modules of agreed names, and one entry here."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from pipeline.errors import UsageError, nearest
from pipeline.tasks import modules

TASKS: Final = {
    "classification": "pipeline.tasks.classification",
    "multilabel": "pipeline.tasks.multilabel",
    "regression": "pipeline.tasks.regression",
    "segmentation": "pipeline.tasks.segmentation",
}

OF_TABLES: Final = "classification"
"""The task of a table of predictions from elsewhere that no other one takes for its own."""


@dataclass(frozen=True)
class Task:
    """A kind of question: its modules, each imported when it is asked for, as two of them need Keras."""

    name: str

    @property
    def target(self) -> modules.Target:
        """What the cohort asks."""
        return cast(modules.Target, self._module("target"))

    @property
    def network(self) -> modules.Network:
        """What a network must give."""
        return cast(modules.Network, self._module("network"))

    @property
    def learning(self) -> modules.Learning:
        """What training asks; imports Keras."""
        return cast(modules.Learning, self._module("learning"))

    @property
    def choices(self) -> modules.Choices:
        """What validation alone fixes."""
        return cast(modules.Choices, self._module("choices"))

    @property
    def answers(self) -> modules.Answers:
        """What a network's output says."""
        return cast(modules.Answers, self._module("answers"))

    @property
    def measures(self) -> modules.Measures:
        """Every metric."""
        return cast(modules.Measures, self._module("measures"))

    @property
    def verdict(self) -> modules.Verdict:
        """What a candidate is judged by."""
        return cast(modules.Verdict, self._module("verdict"))

    @property
    def page(self) -> modules.Page:
        """What the report says, in which words."""
        return cast(modules.Page, self._module("page"))

    def _module(self, name: str) -> Any:
        return importlib.import_module(f"{TASKS[self.name]}.{name}")


if TYPE_CHECKING:  # every module of every task holds what its protocol says: one list a task
    from pipeline.tasks.classification import (
        answers,
        choices,
        learning,
        measures,
        network,
        page,
        target,
        verdict,
    )
    from pipeline.tasks.multilabel import answers as answers_of_findings
    from pipeline.tasks.multilabel import choices as choices_of_findings
    from pipeline.tasks.multilabel import learning as learning_of_findings
    from pipeline.tasks.multilabel import measures as measures_of_findings
    from pipeline.tasks.multilabel import network as network_of_findings
    from pipeline.tasks.multilabel import page as page_of_findings
    from pipeline.tasks.multilabel import target as target_of_findings
    from pipeline.tasks.multilabel import verdict as verdict_of_findings
    from pipeline.tasks.regression import answers as answers_of_number
    from pipeline.tasks.regression import choices as choices_of_number
    from pipeline.tasks.regression import learning as learning_of_number
    from pipeline.tasks.regression import measures as measures_of_number
    from pipeline.tasks.regression import network as network_of_number
    from pipeline.tasks.regression import page as page_of_number
    from pipeline.tasks.regression import target as target_of_number
    from pipeline.tasks.regression import verdict as verdict_of_number
    from pipeline.tasks.segmentation import answers as answers_of_structures
    from pipeline.tasks.segmentation import choices as choices_of_structures
    from pipeline.tasks.segmentation import learning as learning_of_structures
    from pipeline.tasks.segmentation import measures as measures_of_structures
    from pipeline.tasks.segmentation import network as network_of_structures
    from pipeline.tasks.segmentation import page as page_of_structures
    from pipeline.tasks.segmentation import target as target_of_structures
    from pipeline.tasks.segmentation import verdict as verdict_of_structures
    from pipeline.tasks.sheet import Sheet

    _Modules = tuple[
        modules.Target,
        modules.Network,
        modules.Learning,
        modules.Choices,
        modules.Answers,
        modules.Measures,
        modules.Verdict,
        modules.Page,
    ]
    _CLASSIFICATION: _Modules = (
        target,
        network,
        learning,
        choices,
        answers,
        measures,
        verdict,
        page,
    )
    _MULTILABEL: _Modules = (
        target_of_findings,
        network_of_findings,
        learning_of_findings,
        choices_of_findings,
        answers_of_findings,
        measures_of_findings,
        verdict_of_findings,
        page_of_findings,
    )
    _REGRESSION: _Modules = (
        target_of_number,
        network_of_number,
        learning_of_number,
        choices_of_number,
        answers_of_number,
        measures_of_number,
        verdict_of_number,
        page_of_number,
    )
    _SEGMENTATION: _Modules = (
        target_of_structures,
        network_of_structures,
        learning_of_structures,
        choices_of_structures,
        answers_of_structures,
        measures_of_structures,
        verdict_of_structures,
        page_of_structures,
    )


def task_of_table(sheet: Sheet) -> Task:
    """The task of a table of predictions from elsewhere, for no configuration names it.

    The last ones are asked first: masks have the truths of several findings, and a Dice beside each.
    """
    taken = (name for name in reversed(TASKS) if name != OF_TABLES and Task(name).answers.fits(sheet))
    return Task(next(taken, OF_TABLES))


def task_of(name: str) -> Task:
    """The task of this name. Raises UsageError when there is none."""
    if name not in TASKS:
        raise UsageError(f"unknown task '{name}' ({nearest(name, TASKS)}).")
    return Task(name)
