"""The sections of the report, in chapters, from the clinician's questions to the auditor's.

A new section is one module here with `build`, one template of the same key, and one entry of BUILDS (or of
the chapters, where every task has it); the page of a task names those of BUILDS that it shows, and brings
what no other task has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline.page.artifacts import Artifacts
from pipeline.page.section import Section
from pipeline.report.sections import (
    brief,
    card,
    change_control,
    checklists,
    comparison,
    controls,
    external,
    flow,
    folds,
    gallery,
    learning,
    limitations,
    lookalikes,
    methods,
    models,
    network,
    population,
    precision,
    provenance,
    robustness,
    source,
    strangers,
    subgroups,
    warnings,
)
from pipeline.tasks.modules import Page
from pipeline.tasks.modules.page import Build
from pipeline.tasks.registry import Task

__all__ = ["BUILDS", "build_all", "build_table", "chapters", "chapters_of_a_table"]

Chapters = list[tuple[str, list[Section]]]


BUILDS: Final[dict[str, Build]] = {
    "gallery": gallery.build,
    "learning": learning.build,
    "network": network.build,
    "robustness": robustness.build,
    "subgroups": subgroups.build,
}
"""The sections that a task may name in its page beside its own, by key."""


def chapters(task: Task) -> tuple[tuple[str, tuple[Build, ...]], ...]:
    """The chapters of a candidate's page: what every task has, and what this one has of its own."""
    page = task.page
    return (
        ("In brief", (brief.build, warnings.build, precision.build, *_named(page.IN_BRIEF, page))),
        ("The data", (flow.build, population.build, lookalikes.build)),
        ("On patients it had never seen", (*_named(page.TESTED, page), external.build)),
        ("Looking inside", (*_named(page.INSIDE, page), strangers.build, controls.build)),
        ("Beside the champion", (comparison.build, change_control.build)),
        ("Limits and accounts", (limitations.build, card.build, provenance.build)),
    )


def chapters_of_a_table(task: Task) -> tuple[tuple[str, tuple[Build, ...]], ...]:
    """The chapters that a table of predictions can answer."""
    page = task.page
    always = (brief.build, warnings.of_table, precision.build, folds.build, models.build)
    in_brief = (*always, *_named(page.IN_BRIEF, page))
    return ("In brief", in_brief), ("What it is worth", _named(page.TESTED, page))


def _named(keys: Sequence[str], page: Page) -> tuple[Build, ...]:
    builds = {**BUILDS, **page.SECTIONS}
    return tuple(builds[key] for key in keys)


def build_all(artifacts: Artifacts) -> Chapters:
    """All chapters with their sections; the list of methods and the checklists end the last one."""
    built = [(title, [build(artifacts) for build in builds]) for title, builds in chapters(artifacts.task)]
    built[-1][1].append(methods.build(artifacts, _sections(built)))
    built[-1][1].append(checklists.build(artifacts, _sections(built)))
    return built


def build_table(artifacts: Artifacts) -> Chapters:
    """The chapters that a table of predictions can answer; the last one names what it can't."""
    wanted = chapters_of_a_table(artifacts.task)
    built = [(title, [build(artifacts) for build in builds]) for title, builds in wanted]
    of_few = (folds.KEY, models.KEY)  # most tables are of one network and one model
    absent = [each for each in _sections(built) if each.reason and each.key not in of_few]
    shown = [(title, [section for section in sections if not section.reason]) for title, sections in built]
    last = [source.build(artifacts, absent), methods.build(artifacts, _sections(shown))]
    return [*shown, ("Accounts", last)]


def _sections(built: Chapters) -> list[Section]:
    return [section for _, sections in built for section in sections]
