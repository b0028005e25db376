"""What old and new patients look like: attributes from the catalogue, intensities from native voxels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.contracts.cohort import GROUP
from pipeline.drift.describe import groups, header, intensity, one_a_patient, scores, truths
from pipeline.drift.differences import Columns, columns
from pipeline.records import Attribute, Case
from pipeline.tasks.contract import Question
from pipeline.tasks.registry import Task
from pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

_MOST_PATIENTS = 500  # of a group whose voxels are read: enough to show any difference that matters


@dataclass(frozen=True)
class Group:
    """Old or new scans: their rows of the cohort, and the champion's predictions where it never saw them.

    `replaced` are scans in whose place others lie now, so that their voxels and headers can't be read.
    """

    cohort: pd.DataFrame
    predictions: pd.DataFrame
    replaced: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Asked:
    """What is asked of the scans, and the groups that the table of labels tells of them."""

    task: Task
    question: Question
    groups: tuple[str, ...] = ()


def observed(workspace: Workspace, old: Group, *, new: Group, asked: Asked) -> tuple[Columns, Columns]:
    """The attributes of old and new patients; scans that the catalogue no longer holds are left out.

    Raises DamageError when stored voxels can't be read.
    """
    with Catalogue(workspace.catalogue) as catalogue:
        cases = catalogue.cases()
    old_cases, new_cases = (_cases_of(group, cases) for group in (old, new))
    shards = Shards(workspace.cases)
    task, question = asked.task, asked.question
    names = [name for name in asked.groups if all(f"{GROUP}{name}" in g.cohort for g in (old, new))]
    sources = (
        columns([header(case) for case in old_cases], [header(case) for case in new_cases]),
        columns(_intensities(shards, old_cases), _intensities(shards, new_cases)),
        columns(groups(old.cohort, names), groups(new.cohort, names)),
        columns(truths(old.cohort, task, question), truths(new.cohort, task, question)),
        columns(scores(old.predictions, task, question), scores(new.predictions, task, question)),
    )
    of_old: Columns = {name: values for source, _ in sources for name, values in source.items()}
    of_new: Columns = {name: values for _, source in sources for name, values in source.items()}
    return of_old, of_new


def _cases_of(group: Group, cases: Sequence[Case]) -> list[Case]:
    known = set(group.cohort["case_id"]) - group.replaced
    return one_a_patient(case for case in cases if case.case_id in known)


def _intensities(shards: Shards, cases: Sequence[Case]) -> list[dict[str, Attribute]]:
    return [
        intensity(shards.sound(case.case_id, case.stored), len(case.geometry.spacing))
        for case in cases[:_MOST_PATIENTS]
    ]
