"""Ingest: reads every file of RAW into cases.

Reads the folder `ingest.raw` (never writes there) and the ledger of parts for withdrawn patients. Writes
the catalogue (files, cases, identifiers), native voxels in `data/NAME/cases/`, and `data/NAME/ingest.json`.

Guarantees: every path has one state and one reason of a closed list; voxels are right or refused; only
pseudonyms, numbers and words of shipped vocabularies go further; one bad file costs itself alone; only
new and changed files, and their series, are read again; the same bytes under any names, order and number
of workers give the same cases and shards.
"""

from pipeline.ingest.run import run

__all__ = ["run"]
