"""`scanloom review`: a person accepts that no pixel names a patient, or takes that back.

Reads: the catalogue. Writes: a line of the ledger of reviews. Guarantees: nothing is accepted without a
name, and nothing but the scans that were shown.
"""

from __future__ import annotations

from pipeline import ledger, pixel_review
from pipeline.catalogue import Catalogue
from pipeline.champion.memory import require_whole
from pipeline.errors import UsageError
from pipeline.pixel_review import Review, digest_of, doubtful, token_of
from pipeline.pixel_text import hidden_because
from pipeline.printed import WHY, YOUR_NAME, is_placeholder, make
from pipeline.records import Case, Summary
from pipeline.workspace import Workspace

_NONE = "Every scan is an original CT, MR or PET slice: none needs the review."


def run(workspace: Workspace, *, reviewer: str, seen: str = "", withdraw: str = "") -> Summary:
    """What was accepted, by whom; `withdraw` is the reason to take the last acceptance back.

    `seen` is what the sheet calls the scans that it showed.

    The same said twice is one line.

    Raises UsageError before the first ingest, without a name, when other scans are there than were shown,
    and when there is nothing to take back;
    DamageError when the ledger is broken.
    """
    if not workspace.catalogue.is_file():
        raise UsageError(f"There is no scan to review yet. Run `{make('ingest')}` first.")
    require_whole(workspace)
    ledger.catch_up(workspace.ledgers)
    with Catalogue(workspace.catalogue) as catalogue:
        scans = doubtful(catalogue.cases())
    name = _named(reviewer, scans, withdraw)
    if withdraw.strip():
        return _withdrawn(workspace, name, withdraw.strip())
    if not scans:
        return Summary((_NONE,), changed=False)
    said, digest = pixel_review.last(workspace), digest_of(scans)
    if said is not None and said.digest == digest:
        line = f"{said.reviewer} accepted these {len(scans):,} scans on {said.created[:10]}."
        return Summary((line, _ending(scans)), changed=False)
    if seen != token_of(scans):
        raise UsageError(
            f"{'Other scans were shown than are here now' if seen else 'What was looked at is not said'}: "
            f"{len(scans):,} scans may carry text about a patient. {_way()}"
        )
    pixel_review.write(workspace.ledger(pixel_review.LEDGER), Review(name, len(scans), digest))
    return Summary((f"{name} accepts {len(scans):,} scans as they are now.", _ending(scans)))


def _named(reviewer: str, scans: list[Case], withdraw: str) -> str:
    """The name of a person. Raises UsageError, with what to look at first."""
    name = reviewer.strip()
    if name and not is_placeholder(name):
        return name
    found = f", found '{name}'" if name else ""
    if withdraw.strip():
        again = make("review", {"REVIEWER": YOUR_NAME, "WITHDRAW": withdraw})
        raise UsageError(
            f"A review is withdrawn by a person{found}: `{again}` with your name in place of '{YOUR_NAME}'."
        )
    raise UsageError(
        f"Pixels are accepted by a person{found}: {len(scans):,} scans may carry text about a patient. "
        f"{_way()}"
    )


def _way() -> str:
    return (
        f'Look through all of them (`{make("look")}`, under "Review of pixels for text"): the command that '
        "stands there accepts what it shows."
    )


def _withdrawn(workspace: Workspace, name: str, reason: str) -> Summary:
    said = pixel_review.last(workspace)
    if is_placeholder(reason):
        again = make("review", {"REVIEWER": name, "WITHDRAW": WHY})
        raise UsageError(
            f"A review is withdrawn for a reason, found '{reason}'. Type it: `{again}` with your reason in "
            f"place of '{WHY}'."
        )
    if said is None or not said.digest:
        raise UsageError("There is no review to withdraw, so no picture is shown because of one.")
    pixel_review.write(workspace.ledger(pixel_review.LEDGER), Review(name, 0, "", reason=reason))
    lines = [f"{name} takes the review back: `{make('report')}` hides the pictures again."]
    if workspace.generations.is_dir():
        lines.append(
            "Reports of generations keep the pictures that they were frozen with: don't pass them on."
        )
    return Summary(tuple(lines))


def _ending(scans: list[Case]) -> str:
    """What follows from the acceptance."""
    told = sum(bool(hidden_because(case, reviewed=True)) for case in scans)
    hidden = f" {told:,} stay hidden, for their headers say that text is burned in." if told else ""
    return f"`{make('report')}` shows them.{hidden} A scan that comes, goes or changes asks for another look."
