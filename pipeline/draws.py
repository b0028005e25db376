"""The ledger of parts: which of its lines hold now.

A line places a patient, buries one who was deleted on request, or says that all parts were drawn
anew. The last draw holds, and the tombstones of all; what was drawn before stays readable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline.ledger import Record

TOMBSTONE: Final = "tombstone"
NEW_DRAW: Final = "new_draw"


def standing(records: Sequence[Record]) -> list[Record]:
    """The tombstones, and the patients' places since the last new draw; given and returned oldest first."""
    starts = [number for number, record in enumerate(records) if record["why"] == NEW_DRAW]
    last = starts[-1] if starts else -1
    return [record for number, record in enumerate(records) if number > last or is_tombstone(record)]


def tombstone(patient_id: str, identifier: str) -> Record:
    """The line that buries a patient; `identifier` is the keyed patient ID of the scans."""
    return {"patient_id": patient_id, "part": None, "era": None, "why": TOMBSTONE, "identifier": identifier}


def is_tombstone(record: Record) -> bool:
    """Whether a line buries a patient."""
    return bool(record["why"] == TOMBSTONE)


def buried(records: Sequence[Record]) -> dict[str, str]:
    """The keyed patient ID on the tombstone of each patient who has one; "" where it tells none."""
    return {record["patient_id"]: record.get("identifier", "") for record in records if is_tombstone(record)}


def new_draws(records: Sequence[Record]) -> list[Record]:
    """The lines by which all parts were drawn anew, each with its `reason`."""
    return [record for record in records if record["why"] == NEW_DRAW]
