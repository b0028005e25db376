"""Predictions, and every number that is told about them.

Reads: `cohort.csv`, the model, model-ready arrays. Writes: `rule.json`, `operating.json`,
`predictions.csv`, `metrics.json`, `insights.json`, `insights.npz`, and a line in the ledger of looks.
Guarantees: temperature and threshold come from the validation part alone and are fixed before the test
labels are read; each model looks at a test part once, under the rule that was fixed before; every
number has its interval, its method and what it rests on, or the reason why it is withheld.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.config import Config
    from pipeline.contracts.insights import InUnit
    from pipeline.records import Case, Summary
    from pipeline.workspace import Workspace

__all__ = ["run"]


def run(
    config: Config, workspace: Workspace, in_unit: Callable[[Case], InUnit | None] = lambda case: None
) -> Summary:
    """What the evaluation found, in lines for the terminal; `in_unit` gives a case in its unit, for pictures.

    Raises GateError when the looks at the test part are spent or the rule changed after this model's.
    """
    from pipeline import backend

    backend.load()  # the stage imports Keras, which is set up before that or never
    from pipeline.evaluate.stage import evaluate

    return evaluate(config, workspace, in_unit)
