"""Drift: are the new scans like those that the champion was made of?

Reads the cohort, the catalogue, native voxels and the champion's generation. Writes `champion_new.csv`
(what the champion says of the new scans, before anything is trained on them), `drift.json`, and
`odd_scans.json` with pictures of the oddest. Guarantees: one value a patient, p-values corrected over all
attributes, never "none" from too few patients, and a stop ends the run before training unless a person gives
a reason.
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
    config: Config,
    workspace: Workspace,
    *,
    accept: str | None = None,
    in_unit: Callable[[Case], InUnit | None] = lambda case: None,
) -> Summary:
    """What the stage found, in lines for the person at the terminal; `accept` is a reason to go on.

    `in_unit` gives a case in its unit, for pictures.
    """
    from pipeline.drift.stage import run as run_stage

    return run_stage(config, workspace, accept=accept, in_unit=in_unit)
