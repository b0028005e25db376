"""The verdict of the present candidate, read back."""

from __future__ import annotations

from pipeline.contracts import comparison
from pipeline.contracts.comparison import Comparison
from pipeline.errors import DataError
from pipeline.printed import YOUR_NAME, make
from pipeline.workspace import Workspace


def read_verdict(workspace: Workspace) -> tuple[str, tuple[str, ...]]:
    """The verdict (PROMOTE, KEEP, INCONCLUSIVE or FIRST) and its lines, reasons first.

    Raises DataError when there is none yet, DamageError when it can't be read.
    """
    record = comparison.FILE.find(workspace.candidate)
    if record is None:
        raise DataError(f"The candidate has no verdict yet. Run `{make('retrain')}`.")
    sentences = (row.sentence for row in record.reasons)
    return record.verdict, (*sentences, *record.notes, last_line(record))


def last_line(record: Comparison) -> str:
    """The verdict's line and, where it lets a person promote the candidate, what does it."""
    promote = make("promote", {"APPROVER": YOUR_NAME})
    following = {
        "FIRST": f"; `{promote}` makes this candidate the first",
        "PROMOTE": f"; `{promote}` makes this candidate the champion",
    }
    return record.line + following.get(record.verdict, "")
