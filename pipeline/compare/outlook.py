"""How long it takes until the test part is large enough, at the intake that the ledger of parts shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

_DAYS_A_MONTH = 365.25 / 12

Record = Mapping[str, Any]


def intake_a_month(parts: Sequence[Record]) -> float | None:
    """How many patients a month joined the test part after its first draw; None in the first day."""
    joined = [record for record in parts if record["part"] == "test"]
    times = [datetime.fromisoformat(record["created"]) for record in joined]
    days = (max(times) - min(times)).total_seconds() / 86400 if times else 0.0
    if days < 1:  # over hours a rate a month would be a guess
        return None
    months = days / _DAYS_A_MONTH
    return sum(time > min(times) for time in times) / months


def outlook(n_more: int, a_month: float | None) -> str:
    """A sentence on how long it takes until the test part holds `n_more` more patients."""
    if a_month is None:
        return (
            f"About {n_more} more test patients are needed; no intake is known yet to tell how long it takes."
        )
    months = n_more / a_month
    return (
        f"About {n_more} more test patients are needed: {months:.1f} months at the present intake of "
        f"{a_month:.1f} test patients a month."
    )
