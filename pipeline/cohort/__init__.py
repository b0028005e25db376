"""Cohort: which scans take part, with which label, in which part.

Reads the catalogue and the table of labels. Writes `cohort.csv`, `excluded.csv`, `cohort.json` and
the ledger of parts. Guarantees: parts are by patient, and no patient changes part once a model has seen
the test part; the same
scans and labels give the same cohort in any order; every scan is in the cohort or excluded with a
reason; identical images and linked patients never stand in two parts; nothing of the table but the
configured columns goes further; scans of another source are in a part of their own, which no draw reaches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.cohort.stage import Below
    from pipeline.config import Config
    from pipeline.records import Summary
    from pipeline.workspace import Workspace

__all__ = ["run"]


def run(config: Config, workspace: Workspace, *, redraw: str = "", below: Below | None = None) -> Summary:
    """What the stage did, in lines for the person at the terminal; `redraw` is why parts are drawn anew.

    `below` tells the scans of folders of RAW; without it the configuration may name none.
    """
    from pipeline.cohort.stage import nowhere
    from pipeline.cohort.stage import run as run_stage

    return run_stage(config, workspace, redraw=redraw, below=below or nowhere)
