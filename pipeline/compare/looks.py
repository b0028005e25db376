"""Looks at the test part: which one this is, how many there may be, and what each may cost.

Every candidate that sees the test labels gets a chance to be promoted by luck. The budget is fixed
beforehand and each look tests at 0.05 / budget (Bonferroni): one champion's challengers differ, so the
joint law that a group-sequential plan would need isn't known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pipeline.errors import GateError
from pipeline.printed import scanloom

TOTAL_ALPHA = 0.05
_DAYS_A_MONTH = 365.25 / 12

Record = Mapping[str, Any]


def look_number(looks: Sequence[Record], *, model: str, champion: str | None) -> int:
    """Which look this model's is among those against `champion` (a generation); models count once.

    Raises GateError when the ledger has no look of this model against this champion.
    """
    models = [look["model"] for look in looks if look["champion"] == champion]
    distinct = list(dict.fromkeys(models))
    if model not in distinct:
        against = f"generation {champion}" if champion else "no champion"
        raise GateError(
            f"The ledger of looks has no look of this model against {against}. "
            f"Run `{scanloom('evaluate')}` first: it writes the look down before it opens the test part."
        )
    return distinct.index(model) + 1


def alpha_per_look(budget: int) -> float:
    """The chance of a wrong PROMOTE that one look may have."""
    return TOTAL_ALPHA / budget


def require_budget(number: int, budget: int) -> None:
    """Raises GateError when this look is beyond the budget."""
    if number > budget:
        raise GateError(
            f"This would be look {number} of {budget} at the test part against the present champion: the "
            "budget is spent. A verdict needs a test part that no challenger has seen: give the new "
            "patients an analysis of their own, or promote a candidate that already passed."
        )


def intake_a_month(parts: Sequence[Record]) -> float | None:
    """How many patients a month joined the test part after its first draw; None in the first day."""
    drawn = [record for record in parts if record["part"] == "test"]
    times = [datetime.fromisoformat(record["created"]) for record in drawn]
    days = (max(times) - min(times)).total_seconds() / 86400 if times else 0.0
    if days < 1:
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
