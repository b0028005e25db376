"""The page on the ingest: what became of every file, what the scans are like, and a look at some.

Reads what it is given: the account of files, the cases, their voxels. Writes nothing. Guarantees: one
page without script, address or second file, a pure function of the same; pseudonyms only; what fewer
than five patients share is not told apart; no picture where text about a patient could be in its pixels.
"""

from __future__ import annotations

from pipeline.records import Case
from pipeline.report.ingest.content import Account, Line, build
from pipeline.report.ingest.tiles import Read

__all__ = ["Account", "Line", "Read", "html"]


def html(account: Account, cases: list[Case], read: Read, *, reviewed: bool, made_of: str) -> str:
    """The page without its time; `made_of` is kept in it to tell later whether it is still right.

    `read` gives a case's voxels; `reviewed`: a person looked for text in them.
    """
    from pipeline.report.environment import environment

    content = build(account, cases, read, reviewed=reviewed)
    return environment().get_template("ingest.html").render(page=content, made_of=made_of)
