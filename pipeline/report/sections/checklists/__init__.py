"""CLAIM 2024 and TRIPOD+AI, each item answered from recorded facts or left to the authors.

Each list is a module with its items in our own short words, each item with the function that answers it: a
sentence from what the stages wrote, with the section of the page that shows it, or nothing where the fact is
missing.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import count
from pipeline.page.section import Section
from pipeline.report.sections.checklists import claim, tripod
from pipeline.report.sections.checklists.items import STATUSES, Filled, fill

__all__ = ["LISTS", "build"]

KEY, TITLE = "checklists", "Reporting checklists"
LISTS = {"claim_2024": claim, "tripod_ai": tripod}
"""The lists by their keys in report.json."""


def build(artifacts: Artifacts, sections: Iterable[Section]) -> Section:
    """Both lists; `sections` are all others of the page, to which answers lead."""
    shown = {section.key for section in sections if not section.reason} | {"guards"}
    lists = {key: fill(of.ITEMS, artifacts, sections=shown) for key, of in LISTS.items()}
    facts = {
        f"{key}_{status}": count(f"{key}_{status}", _count(items, status), "items")
        for key, items in lists.items()
        for status in STATUSES
    }
    words = {"lists": [{"key": key, "name": of.NAME, "paper": of.PAPER} for key, of in LISTS.items()]}
    tables = {key: [item.to_json() for item in items] for key, items in lists.items()}
    return Section(KEY, TITLE, facts, tables, words=words)


def _count(items: Iterable[Filled], status: str) -> int:
    return sum(item.status == status for item in items)
