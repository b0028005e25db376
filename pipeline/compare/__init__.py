"""Compare: may the candidate take the champion's place?

Reads the candidate, the champion's generation and the ledgers. Writes `champion_predictions.csv`,
`comparison.json`, and `flips.json` with pictures of those who change sides for the worse. Guarantees: both
models are judged on the same frozen test patients by the rule that was fixed before the look, every reason
carries its arithmetic, and the champion is left as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.config import Config
    from pipeline.contracts.insights import InUnit
    from pipeline.records import Case, Summary
    from pipeline.workspace import Workspace

__all__ = ["read_verdict", "run", "run_shortly"]


def run(
    config: Config, workspace: Workspace, in_unit: Callable[[Case], InUnit | None] = lambda case: None
) -> Summary:
    """The reasons and, as the last line, the verdict; `in_unit` gives a case in its unit, for pictures."""
    from pipeline.compare.stage import run as run_stage

    return run_stage(config, workspace, in_unit)


def run_shortly(
    config: Config, workspace: Workspace, in_unit: Callable[[Case], InUnit | None] = lambda case: None
) -> Summary:
    """As `run`, but of what is said the first line and the verdict: `read_verdict` has the reasons."""
    found = run(config, workspace, in_unit)
    return replace(found, lines=(*found.lines[:-1][:1], found.lines[-1]))


def read_verdict(workspace: Workspace) -> tuple[str, tuple[str, ...]]:
    """The present candidate's verdict and its lines."""
    from pipeline.compare.answer import read_verdict as read

    return read(workspace)
