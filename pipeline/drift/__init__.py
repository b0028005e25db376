"""Drift: are the new scans like those that the champion was made of?

Reads the cohort, the catalogue, native voxels and the champion's generation. Writes `champion_new.csv`
(what the champion says of the new scans, before anything is trained on them) and `drift.json`.
Guarantees: one value a patient, p-values corrected over all attributes, never "none" from too few
patients, and a stop ends the run before training unless a person gives a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.records import Summary
    from pipeline.workspace import Workspace

__all__ = ["run"]


def run(config: Config, workspace: Workspace, *, accept: str | None = None) -> Summary:
    """What the stage found, in lines for the person at the terminal; `accept` is a reason to go on."""
    from pipeline.drift.stage import run as run_stage

    return run_stage(config, workspace, accept=accept)
