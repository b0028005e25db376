"""The report: every number of the page by key (`report.json`), the page itself, and the card of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.objects import Json, ObjectFile, Schema
from pipeline.contracts.whole import WholeFile

_REMEDY = rewritten_by("report")


@dataclass(frozen=True)
class Section:
    """A section of the page: its facts, tables, charts and words by key."""

    key: str
    facts: Mapping[str, Json]
    title: str = ""
    status: str = ""
    reason: str = ""
    tables: Json = field(default_factory=dict)
    charts: Json = field(default_factory=dict)
    words: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """The goal that was fixed beforehand, the metric that it is about, and whether it was met."""

    outcome: str
    metric_id: str
    goal: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """The document; `run` names its inputs, `task` whose templates make its page, `html_digest` that page.

    `holds` says what the page is about: a candidate, a generation or a table; empty in an earlier version.
    """

    run: str
    created: str
    html_digest: str
    sections: tuple[Section, ...]
    verdict: Outcome
    name: str = ""
    task: str = ""
    title: str = ""
    part: str = ""
    level: str = ""
    metrics_digest: str = ""
    chapters: tuple[Json, ...] = ()
    guards: tuple[Json, ...] = ()
    looks: tuple[Json, ...] = ()
    checklists: Json = field(default_factory=dict)
    limitations: tuple[Json, ...] = ()
    holds: Json = field(default_factory=dict)


FILE: Final = ObjectFile("report.json", Report, Schema("report", 1), _REMEDY, goes_whole=True)
PAGE: Final = WholeFile("report.html", _REMEDY)
FIGURES: Final = "figures"
TABLES: Final = "tables"
"""The folders beside the page with its charts and tables; both go whole, as the page does."""
CARD: Final = WholeFile("model_card.md", _REMEDY)
