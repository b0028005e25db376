"""Whether a person looked through the pixels of the scans for text about patients, and who.

Reads and writes the ledger of reviews. Guarantees: what was accepted are the scans as they were, so a scan
that comes, goes or changes asks for another look; a name stands behind each line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline import digests, ledger
from pipeline.config import Config
from pipeline.pixel_text import hidden_because
from pipeline.records import Case
from pipeline.workspace import Workspace

LEDGER: Final = "reviews"


@dataclass(frozen=True)
class Review:
    """What the last line of the ledger says: who accepted so many scans when (UTC), or took it back.

    `digest` is that of the scans; of what was taken back it is empty.
    """

    reviewer: str
    scans: int
    digest: str
    created: str = ""
    reason: str = ""


def doubtful(cases: Iterable[Case]) -> list[Case]:
    """The scans whose pixels might carry text about a patient."""
    return [case for case in cases if hidden_because(case, reviewed=False)]


def digest_of(scans: Iterable[Case]) -> str:
    """The digest of scans as they are: their pseudonyms and pixels, whatever their order."""
    return digests.of_json(sorted([case.case_id, case.pixel_digest] for case in scans))


def token_of(scans: Iterable[Case]) -> str:
    """What the sheet of a review calls the scans that it shows, so that no others are accepted."""
    return digest_of(scans)[:8]


def last(workspace: Workspace) -> Review | None:
    """What was last said, None where nobody said anything. Raises DamageError when the ledger is broken."""
    lines = ledger.read(workspace.ledger(LEDGER))
    return Review(**{name: lines[-1][name] for name in Review.__match_args__}) if lines else None


def write(path: Path, review: Review) -> None:
    """Adds a line. Raises as `ledger.append`."""
    said = {"reviewer": review.reviewer, "scans": review.scans, "digest": review.digest}
    ledger.append(path, {**said, "reason": review.reason})


def is_reviewed(config: Config, workspace: Workspace, cases: Iterable[Case]) -> bool:
    """Whether a person looked through the pixels of all doubtful ones of `cases`, the scans that there are.

    The key `ingest.pixel_text` says it of whatever comes. Raises DamageError when the ledger is broken.
    """
    if config.ingest.pixel_text == "reviewed":
        return True
    said = last(workspace)
    return said is not None and said.digest == digest_of(doubtful(cases))


def told(config: Config, workspace: Workspace) -> dict[str, Any]:
    """What is on record, whatever the scans are: where it changes, so may the pictures that are shown."""
    said = last(workspace)
    return {"key": config.ingest.pixel_text, "review": [said.digest, said.created] if said else []}
