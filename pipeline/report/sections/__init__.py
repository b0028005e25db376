"""The sections of the report, in chapters, from the clinician's questions to the auditor's.

A new section is one module here with `build`, one template of the same key, and one entry of BUILDS (or of
the chapters, where every task has it); the page of a task names those of BUILDS that it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
from pipeline.tasks.registry import Task

__all__ = ["BUILDS", "build_all", "build_table", "chapters", "chapters_of_a_table"]

Build = Callable[[Artifacts], Section]
Chapters = list[tuple[str, list[Section]]]


def _checklists(artifacts: Artifacts) -> Section:
    return not_available(
        "checklists", "Reporting checklists", "this version does not fill in CLAIM 2024 and TRIPOD+AI"
    )


BUILDS: dict[str, Build] = {
    "decision": curves.decision,
    "gallery": gallery.build,
    "learning": learning.build,
    "network": network.build,
    "operating": operating.build,
    "precision_recall": curves.precision_recall,
    "reliability": curves.reliability,
    "roc": curves.roc,
    "shifts": shifts.build,
    "subgroups": subgroups.build,
    "thousand": thousand.build,
}
"""The sections that a task names in its page, by key."""


def chapters(task: Task) -> tuple[tuple[str, tuple[Build, ...]], ...]:
    """The chapters of a candidate's page: what every task has, and what this one has of its own."""
    page = task.page
    return (
        ("In brief", (brief.build, warnings.build, precision.build, *_named(page.IN_BRIEF))),
        ("The data", (flow.build, population.build)),
        ("On patients it had never seen", _named(page.TESTED)),
        ("Looking inside", _named(page.INSIDE)),
        ("Beside the champion", (comparison.build,)),
        ("Limits and accounts", (limitations.build, card.build, _checklists, provenance.build)),
    )


def chapters_of_a_table(task: Task) -> tuple[tuple[str, tuple[Build, ...]], ...]:
    """The chapters that a table of predictions can answer."""
    in_brief = (brief.build, warnings.of_table, precision.build, models.build, *_named(task.page.IN_BRIEF))
    return ("In brief", in_brief), ("What it is worth", _named(task.page.TESTED))


def _named(keys: Sequence[str]) -> tuple[Build, ...]:
    return tuple(BUILDS[key] for key in keys)


def build_all(artifacts: Artifacts) -> Chapters:
    """All chapters with their sections; the list of methods ends the last one."""
    built = [(title, [build(artifacts) for build in builds]) for title, builds in chapters(artifacts.task)]
    built[-1][1].append(methods.build(artifacts, _sections(built)))
    return built


def build_table(artifacts: Artifacts) -> Chapters:
    """The chapters that a table of predictions can answer; the last one names what it can't."""
    wanted = chapters_of_a_table(artifacts.task)
    built = [(title, [build(artifacts) for build in builds]) for title, builds in wanted]
    absent = [each for each in _sections(built) if each.reason and each.key != models.KEY]
    shown = [(title, [section for section in sections if not section.reason]) for title, sections in built]
    last = [source.build(artifacts, absent), methods.build(artifacts, _sections(shown))]
    return [*shown, ("Accounts", last)]


def _sections(built: Chapters) -> list[Section]:
    return [section for _, sections in built for section in sections]
