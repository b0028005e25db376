"""One section of the report: facts, tables and charts by key, without a word of HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.page.facts import Fact

Json = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """What a section shows; its template has the name of its `key`.

    `facts` are single numbers; `tables` lists of rows, whose cells are facts or words; `charts` the data
    of figures, drawn by the figure of the same name; `words` texts without numbers. A section with a
    `reason` has nothing to show and says so.
    """

    key: str
    title: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    tables: Mapping[str, list[Json]] = field(default_factory=dict)
    charts: Mapping[str, Json] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""

    def to_json(self) -> Json:
        """The section as plain JSON values."""
        return {
            "key": self.key,
            "title": self.title,
            "status": "not_available" if self.reason else "shown",
            "reason": self.reason,
            "facts": {key: fact.to_json() for key, fact in self.facts.items()},
            "tables": {key: [_row(row) for row in rows] for key, rows in self.tables.items()},
            "charts": dict(self.charts),
            "words": dict(self.words),
        }


def not_available(key: str, title: str, reason: str) -> Section:
    """The section that says why it is empty."""
    return Section(key, title, reason=reason)


def remark(text: str, fact: Fact, link: str) -> Json:
    """A row of the warnings or limits: a sentence, the fact it follows from, the section that shows it."""
    return {"text": text, "fact": fact, "link": link}


def _row(row: Json) -> Json:
    return {key: cell.to_json() if isinstance(cell, Fact) else cell for key, cell in row.items()}
