"""How a model stands, in the one word that a page may lead with: that of the gravest thing on record.

A pure function of what others judged: the goal, the verdict, the checks, the flag of the headline, and the
rule by which the threshold was chosen. Nothing good is said above anything bad.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pipeline.contracts.metrics import Outcome

Tone = Literal["good", "doubt", "bad", "none"]
Kept = Literal["kept", "below", "missed", "none"]
"""Whether a rule's target is reached; below: the value isn't, the interval is; none: no such rule."""

GOAL: Final[dict[Outcome, tuple[str, Tone]]] = {
    "met": ("Goal met", "good"),
    "not_met": ("Goal not met", "bad"),
    "cannot_tell": ("Cannot tell", "doubt"),
    "no_goal": ("No goal", "none"),
}
VERDICT: Final[dict[str, tuple[str, Tone]]] = {
    "PROMOTE": ("Promote", "good"),
    "FIRST": ("First", "none"),
    "INCONCLUSIVE": ("Inconclusive", "doubt"),
    "KEEP": ("Keep the champion", "bad"),
}
RULE: Final[dict[Kept, tuple[str, Tone]]] = {
    "kept": ("kept", "good"),
    "below": ("not reached", "doubt"),
    "missed": ("missed", "bad"),
}


SMALL: Final = "small sample"
"""How a flag begins that says so."""


@dataclass(frozen=True)
class Record:
    """What is on record of a model: `verdict` is empty where nothing was compared, `flag` without remark."""

    goal: Outcome
    verdict: str = ""
    failed: int = 0
    ran: int = 0
    rule: Kept = "none"
    flag: str = ""


def kept(value: float | None, high: float | None, target: float) -> Kept:
    """Whether a rate reaches the target by which its threshold was chosen.

    >>> kept(0.96, 0.99, 0.95), kept(0.93, 0.98, 0.95), kept(0.81, 0.92, 0.95), kept(None, None, 0.95)
    ('kept', 'below', 'missed', 'none')
    """
    if value is None:
        return "none"
    if value >= target:
        return "kept"
    return "missed" if high is not None and high < target else "below"


def gravest(rules: list[Kept]) -> Kept:
    """The worst of several rules."""
    return next((each for each in ("missed", "below", "kept") if each in rules), "none")


def standing(record: Record) -> tuple[str, Tone]:
    """The word that the page leads with, and its tone.

    >>> standing(Record("met", verdict="INCONCLUSIVE", ran=9))
    ('Inconclusive', 'doubt')
    """
    if record.failed:
        return f"{record.failed} of {record.ran} checks failed", "bad"
    said = [VERDICT.get(record.verdict, ("", "none")), GOAL[record.goal]]
    if record.rule != "none":
        word, tone = RULE[record.rule]
        said.append((f"Operating rule {word}", tone))
    if record.flag:
        said.append(("Small sample" if record.flag.startswith(SMALL) else "With a remark", "doubt"))
    for grave in ("bad", "doubt"):
        if words := [word for word, tone in said if tone == grave]:
            return words[0], grave
    return GOAL[record.goal]
