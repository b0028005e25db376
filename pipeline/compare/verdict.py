"""The verdict: rows that pass, fail or leave the question open, and the one answer they add up to.

An interval that lies wholly beyond its bound passes. One that doesn't, and lies wholly below zero,
shows a loss and doesn't show that the loss is within the margin: it fails. Anything else is unknown.
The challenger is promoted when every required row passes and no guard fails; as all required rows must
pass, each is tested at the full alpha (an intersection-union test: Berger, Technometrics 1982).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.contracts.comparison import Reason
from pipeline.statistics.laws import normal_quantile

Outcome = Literal["PASS", "FAIL", "UNKNOWN"]
Role = Literal["require", "guard", "report"]
"""What a row does to the verdict: it must pass, its shown loss vetoes, or nothing at all."""
Verdict = Literal["PROMOTE", "KEEP", "INCONCLUSIVE", "FIRST"]


@dataclass(frozen=True)
class Row:
    """One criterion, judged. `value` is the candidate's gain over the reference: plus is better.

    `low` and `high` are one-sided bounds, each at level `(1 + level) / 2`. A number that is None has
    its `reason`. `n_more` is how many more test patients would probably settle an UNKNOWN row.
    """

    rule: str
    role: Role
    metric: str
    part: str
    value: float | None
    low: float | None
    high: float | None
    level: float
    bound: float
    outcome: Outcome
    patients: int
    positive_patients: int | None
    method: str
    n_more: int | None
    reason: str | None
    sentence: str

    @property
    def record(self) -> Reason:
        """The row as it is handed on; `holds` says whether it passed."""
        return Reason(**vars(self), holds=self.outcome == "PASS")


def outcome(low: float | None, high: float | None, *, bound: float) -> Outcome:
    """What an interval of the gain says about `gain > bound`, where `bound` is 0 or minus a margin."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return "UNKNOWN"
    if low > bound:
        return "PASS"
    # A loss is shown by an interval below zero; one that holds zero may be too few patients.
    return "FAIL" if high < 0 else "UNKNOWN"


def decide(rows: Sequence[Row]) -> Verdict:
    """PROMOTE, KEEP or INCONCLUSIVE; a rule that requires nothing can't promote."""
    if failing(rows):
        return "KEEP"
    required = [row for row in rows if row.role == "require"]
    if required and all(row.outcome == "PASS" for row in required):
        return "PROMOTE"
    return "INCONCLUSIVE"


def failing(rows: Sequence[Row]) -> list[Row]:
    """The rows by whose shown loss the champion stays; a row that only reports vetoes nothing."""
    return [row for row in rows if row.outcome == "FAIL" and row.role != "report"]


def patients_needed(patients: int, standard_error: float, *, alpha: float, distance: float) -> int:
    """How many test patients show a gain `distance` beyond its bound in 80 % of such studies.

    From `patients` and the standard error now: n ((z_alpha + z_0.80) SE / distance)^2, rounded up.
    """
    z = normal_quantile(0.80) - normal_quantile(alpha)  # 80 %: the usual power of a trial
    return math.ceil(patients * (z * standard_error / distance) ** 2)


def headline(verdict: Verdict, rows: Sequence[Row]) -> str:
    """The one line for the terminal: the verdict and the rows that made it."""
    if verdict == "PROMOTE":
        required = sum(row.role == "require" for row in rows)
        return f"VERDICT PROMOTE: {required} of {required} required rows pass, no guard fails"
    if verdict == "KEEP":
        return "VERDICT KEEP: " + "; ".join(_short(row) for row in failing(rows))
    unknown = [row for row in rows if row.role == "require" and row.outcome == "UNKNOWN"]
    return f"VERDICT {verdict}: " + "; ".join(_short(row) + _more(row) for row in unknown)


def _short(row: Row) -> str:
    name = f"{row.metric} {row.part} {row.outcome}"
    if row.value is None or row.low is None or row.high is None:
        return f"{name} ({row.reason})"
    return f"{name} ({row.value:+z.3f} [{row.low:+z.3f},{row.high:+z.3f}], margin {row.bound:+z.2f})"


def _more(row: Row) -> str:
    return "" if row.n_more is None else f", about {row.n_more} more test patients"
