"""What the cohort's checks on leakage found: `leaks.json`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.objects import ObjectFile, Schema


@dataclass(frozen=True)
class Check:
    """One check: what was found, against which limit, and why where it failed or was not run.

    `override` is the reason by which the settings let it stand; `low` and `high` are the ends of the value's
    95 % interval, `patients` and `cases` what it rests on.
    """

    key: str
    title: str
    status: Literal["pass", "fail", "not_run"]
    value: float | None = None
    limit: float | None = None
    reason: str = ""
    override: str = ""
    low: float | None = None
    high: float | None = None
    patients: int | None = None
    cases: int | None = None


@dataclass(frozen=True)
class Lookalike:
    """Two scans that are one image; `changed` says what differs, `persons` of how many persons they are.

    `pictures` are the two as grey values of 64 x 64 in base 64, none where they may not be shown, which
    `hidden` explains.
    """

    first: str
    second: str
    persons: int
    agreement: float
    changed: str = ""
    pictures: tuple[str, ...] = ()
    hidden: str = ""


@dataclass(frozen=True)
class Leaks:
    """The checks in their order, and the near copies that were found."""

    checks: tuple[Check, ...]
    lookalikes: tuple[Lookalike, ...] = ()


FILE: Final = ObjectFile("leaks.json", Leaks, Schema("leaks", 1), rewritten_by("cohort"), goes_whole=True)
