"""Numbers rest on patients: of whom there are few is told by patients, however many scans each has."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from pipeline.evaluate.population import population
from pipeline.page.artifacts import Artifacts
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.multilabel.labels import Labels
from pipeline.tasks.registry import task_of
from pipeline.tasks.regression.quantity import Quantity
from pipeline.tasks.segmentation.structures import Structures


@pytest.mark.parametrize(
    ("task", "question", "rare", "common", "said"),
    [
        ("classification", Classes(("no", "yes"), "yes"), "yes", "no", "Class “yes” has fewer than 10 test"),
        ("multilabel", Labels(("mass",), ("mass",)), "1", "0", "“mass” is in fewer than 10 test"),
        ("segmentation", Structures(("liver",)), "1", "0", "“liver” is in fewer than 10 test"),
        ("regression", Quantity("width", "mm", (5.0,)), "9.0", "1.0", "there are fewer than 10 test"),
    ],
)
def test_a_limit_counts_patients_not_scans(
    task: str, question: Any, rare: str, common: str, said: str
) -> None:
    # Three patients with eight scans each have it, 120 patients with one each don't.
    rows = [("few", number % 3, rare) for number in range(24)] + [("many", n, common) for n in range(120)]
    cases = pd.DataFrame({
        "case_id": [f"c{at}" for at in range(len(rows))],
        "person_id": [f"{kind}{number}" for kind, number, _ in rows],
        "part": "test",
        "target": [truth for *_, truth in rows],
    })  # fmt: skip
    counted = SimpleNamespace(population=population(cases, task_of(task), question), question=question)
    counted.test_patients = partial(Artifacts.test_patients, counted)
    [limit] = task_of(task).page.limits(counted)  # type: ignore[arg-type]
    assert f"{said} patients" in limit["text"]
    assert (limit["fact"].value, limit["fact"].unit) in [(3, "patients"), (1, "ranges")]
