"""Trains the network.

Reads: the cohort without its test part, the normalized arrays. Writes: `model.keras`, `model.json`
and `history.csv` in the candidate's folder; states to resume from in `data/NAME/checkpoints`.
Guarantees: the test part is never read; statistics come from the training part alone and travel in the
model; killed at any moment, the same command goes on and ends with the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.records import Summary
    from pipeline.workspace import Workspace

__all__ = ["run"]


def run(config: Config, workspace: Workspace) -> Summary:
    """What the stage did, in lines for the person at the terminal."""
    from pipeline import backend

    backend.load()
    from pipeline.train.stage import run as run_stage

    return run_stage(config, workspace)
