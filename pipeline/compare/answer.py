"""The verdict of the present candidate, read back."""

from __future__ import annotations

from pipeline.contracts import read_object
from pipeline.errors import DataError
from pipeline.workspace import Workspace


def read_verdict(workspace: Workspace) -> tuple[str, tuple[str, ...]]:
    """The verdict (PROMOTE, KEEP, INCONCLUSIVE or FIRST) and its lines, reasons first.

    Raises DataError when there is none yet, DamageError when it can't be read.
    """
    path = workspace.candidate / "comparison.json"
    if not path.is_file():
        raise DataError("The candidate has no verdict yet. Run `make retrain`.")
    record = read_object(path, "verdict", "reasons", "notes", "line")
    sentences = (row["sentence"] for row in record["reasons"])
    return record["verdict"], (*sentences, *record["notes"], record["line"])
