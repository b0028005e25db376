"""Drawing all parts anew: a deliberate step, and only as long as no model has seen the test part.

A test part that was looked at and then exchanged would let the luckiest of several draws win.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline import ledger, printed
from pipeline.contracts.cohort import Notice
from pipeline.draws import NEW_DRAW, is_tombstone, new_draws, standing
from pipeline.errors import GateError, UsageError
from pipeline.ledger import Record
from pipeline.workspace import Workspace


@dataclass(frozen=True)
class Draws:
    """What the ledger of parts says: the lines that held, those that hold now, and what is new to it.

    `begun` is the line of a new draw that this run begins; `redraws` are all new draws, this one included.
    """

    before: Sequence[Record]
    held: Sequence[Record]
    redraws: Sequence[Record]
    begun: Record | None = None

    @property
    def notices(self) -> tuple[Notice, ...]:
        """That parts were drawn anew, with every reason."""
        if not self.redraws:
            return ()
        reasons = "; ".join(str(record["reason"]) for record in self.redraws)
        detail = f"all parts were drawn anew before any look at the test part, because: {reasons}"
        return (Notice("drawn_anew", len(self.redraws), detail),)

    def line(self, new: Sequence[Mapping[str, Any]]) -> list[str]:
        """What a new draw changed, for the terminal; `new` are the places that it gave."""
        if self.begun is None:
            return []
        part_of = {record["patient_id"]: record["part"] for record in self.before}
        known = [record for record in new if record["patient_id"] in part_of]
        moved = sum(part_of[record["patient_id"]] != record["part"] for record in known)
        sentence = f"parts drawn anew: {moved:,} of {len(known):,} patients are in another part than before"
        return [sentence if moved else f"{sentence}; another `cohort.salt` gives another draw"]


def draws(workspace: Workspace, reason: str, draw_settings: Mapping[str, Any]) -> Draws:
    """The ledger of parts, with a new draw for `reason` if one is given and wasn't made yet.

    `draw_settings` are the shares and the salt of the draw. The same reason, shares and salt twice in a row
    are one draw, so that a command that was killed can be given again.

    Raises GateError when a model has looked at the test part, or was promoted, UsageError when the reason is
    only what stands for one in a printed command.
    """
    if reason.strip() and printed.is_placeholder(reason):
        command = printed.make("cohort", {"REDRAW": "two nodules only in the test part"})
        raise UsageError(f"Parts are drawn anew for a reason that others can read, as in `{command}`.")
    everything = ledger.read(workspace.ledger("parts"))
    in_force, redraws = standing(everything), new_draws(everything)
    buried = [record for record in in_force if is_tombstone(record)]
    begun = {"why": NEW_DRAW, "reason": reason.strip(), **draw_settings}
    if not begun["reason"] or len(in_force) == len(buried) or _is_last(begun, redraws):
        return Draws(in_force, in_force, redraws)
    _require_unseen(workspace)
    line = {"patient_id": "", "part": None, "era": None, **begun}
    return Draws(in_force, buried, [*redraws, line], line)


def may_redraw(workspace: Workspace) -> bool:
    """Whether no model has looked at the test part yet, nor was promoted."""
    return not any(ledger.read(workspace.ledger(which)) for which in ("looks", "promotions"))


def _is_last(begun: Mapping[str, Any], redraws: Sequence[Mapping[str, Any]]) -> bool:
    return any(all(record.get(name) == value for name, value in begun.items()) for record in redraws[-1:])


def _require_unseen(workspace: Workspace) -> None:
    if may_redraw(workspace):
        return
    looks = ledger.read(workspace.ledger("looks"))
    seen = f"a model looked at the test part at {looks[0]['created']}" if looks else "a model was promoted"
    raise GateError(
        f"The parts can't be drawn anew: {seen}, and exchanging a test part that was seen would make results "
        "too good. They stay as they are: leave out REDRAW. For other parts, start a new analysis (a YAML of "
        "another name)."
    )
