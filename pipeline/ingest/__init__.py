"""Ingest: reads every file of RAW into cases.

Reads the folder `ingest.raw` (never writes there) and the ledger of parts for withdrawn patients. Writes
the catalogue (files, cases, identifiers), native voxels in `data/NAME/cases/`, and `data/NAME/ingest.json`.

Guarantees: every path has one state and one reason of a closed list; voxels are right or refused; only
pseudonyms, numbers and words of shipped vocabularies go further; one bad file costs itself alone; only
new and changed files, and their series, are read again; the same bytes under any names, order and number
of workers give the same cases and shards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.records import Summary
    from pipeline.workspace import Workspace

__all__ = ["run"]


def run(config: Config, workspace: Workspace) -> Summary:
    """Brings the catalogue and the shards up to what RAW holds now; see `stage.bring_up_to_date`."""
    from pipeline.ingest.stage import bring_up_to_date  # not in children, which read files alone

    return bring_up_to_date(config, workspace)
