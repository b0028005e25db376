"""The registry of tasks: one file a task, one entry here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.statistics.auroc import Auroc
from pipeline.statistics.sample import (
    PatientScore,
    Sample,
    has_one_class,
    patients_of_one_class,
    patients_with_any,
)
from pipeline.statistics.vectors import Flags
from pipeline.tasks.classification import binary, multiclass
from pipeline.tasks.measured import Measured
from pipeline.tasks.view import View


@dataclass(frozen=True)
class Task:
    """How a kind of prediction is measured.

    `patients` makes one row a patient of those that `kept` marks. The metric of subgroups has the name
    `area_name`: the mean over the classes that `area_classes` finds large enough of the area of each
    against the rest; `analytic_area` gives its variance where a formula exists.
    """

    name: str
    thresholded: bool
    patients: Callable[[Sample, PatientScore], Sample]
    kept: Callable[[Sample], Flags]
    measure: Callable[[View], Measured]
    area_name: str
    area_classes: Callable[[View], list[int]]
    analytic_area: Callable[[Sample], Auroc] | None


BINARY = Task(
    name="binary",
    thresholded=True,
    patients=patients_with_any,
    kept=lambda sample: np.ones(sample.patients, dtype=np.bool_),
    measure=binary.measure,
    area_name=binary.AREA,
    area_classes=binary.area_classes,
    analytic_area=binary.analytic_area,
)
MULTICLASS = Task(
    name="multiclass",
    thresholded=False,
    patients=patients_of_one_class,
    kept=has_one_class,
    measure=multiclass.measure,
    area_name=multiclass.AREA,
    area_classes=multiclass.area_classes,
    analytic_area=None,
)


def task_of(classes: tuple[str, ...]) -> Task:
    """The task of predictions over these classes."""
    return BINARY if len(classes) == 2 else MULTICLASS
