"""Cohort: which scans take part, with which label, in which part.

Reads the catalogue and the table of labels. Writes `cohort.csv`, `excluded.csv`, `cohort.json` and
the ledger of parts. Guarantees: parts are by patient, and no patient changes part once a model has seen
the test part; the same
scans and labels give the same cohort in any order; every scan is in the cohort or excluded with a
reason; identical images and linked patients never stand in two parts; nothing of the table but the
configured columns goes further.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.records import Summary
    from pipeline.workspace import Workspace

__all__ = ["run"]


def run(config: Config, workspace: Workspace, *, redraw: str = "") -> Summary:
    """What the stage did, in lines for the person at the terminal; `redraw` is why parts are drawn anew."""
    from pipeline.cohort.stage import run as run_stage

    return run_stage(config, workspace, redraw=redraw)
