"""The sections of the report, in chapters, from the clinician's questions to the auditor's.

A new section is one module here with `build`, one template of the same key, one entry below.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.report.artifacts import Artifacts
from pipeline.report.section import Section, not_available
from pipeline.report.sections import (
    brief,
    card,
    comparison,
    curves,
    flow,
    gallery,
    learning,
    limitations,
    methods,
    models,
    network,
    operating,
    population,
    precision,
    provenance,
    shifts,
    source,
    subgroups,
    thousand,
    warnings,
)

__all__ = ["CHAPTERS", "CHAPTERS_OF_A_TABLE", "build_all", "build_table"]

Build = Callable[[Artifacts], Section]
Chapters = list[tuple[str, list[Section]]]


def _checklists(artifacts: Artifacts) -> Section:
    return not_available(
        "checklists", "Reporting checklists", "this version does not fill in CLAIM 2024 and TRIPOD+AI"
    )


_BRIEF: tuple[Build, ...] = (brief.build, warnings.build, precision.build, thousand.build)
_DATA: tuple[Build, ...] = (flow.build, population.build)
_TESTED: tuple[Build, ...] = (
    operating.build,
    curves.roc,
    curves.precision_recall,
    curves.reliability,
    curves.decision,
    subgroups.build,
)
_INSIDE: tuple[Build, ...] = (gallery.build, network.build, shifts.build, learning.build)
_ACCOUNTS: tuple[Build, ...] = (limitations.build, card.build, _checklists, provenance.build)

CHAPTERS: tuple[tuple[str, tuple[Build, ...]], ...] = (
    ("In brief", _BRIEF),
    ("The data", _DATA),
    ("On patients it had never seen", _TESTED),
    ("Looking inside", _INSIDE),
    ("Beside the champion", (comparison.build,)),
    ("Limits and accounts", _ACCOUNTS),
)
CHAPTERS_OF_A_TABLE: tuple[tuple[str, tuple[Build, ...]], ...] = (
    ("In brief", (brief.build, warnings.of_table, precision.build, models.build, thousand.build)),
    ("What it is worth", _TESTED),
)


def build_all(artifacts: Artifacts) -> Chapters:
    """All chapters with their sections; the list of methods ends the last one."""
    chapters = [(title, [build(artifacts) for build in builds]) for title, builds in CHAPTERS]
    chapters[-1][1].append(methods.build(artifacts, _sections(chapters)))
    return chapters


def build_table(artifacts: Artifacts) -> Chapters:
    """The chapters that a table of predictions can answer; the last one names what it can't."""
    chapters = [(title, [build(artifacts) for build in builds]) for title, builds in CHAPTERS_OF_A_TABLE]
    absent = [each for each in _sections(chapters) if each.reason and each.key != models.KEY]
    shown = [(title, [section for section in sections if not section.reason]) for title, sections in chapters]
    last = [source.build(artifacts, absent), methods.build(artifacts, _sections(shown))]
    return [*shown, ("Accounts", last)]


def _sections(chapters: Chapters) -> list[Section]:
    return [section for _, sections in chapters for section in sections]
