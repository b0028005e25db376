"""`scanloom audit`: every number of the page once more, on a path of its own.

Reads the candidate's tables and JSON files and the ledgers, with readers of its own. Writes nothing.
Guarantees: nothing here imports the project's statistics, contracts or tasks, so that an error there is not
repeated here; what is not computed anew is counted and named.
"""

from __future__ import annotations

from pipeline.audit.stage import run

__all__ = ["run"]
