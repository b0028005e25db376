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
    network,
    operating,
    population,
    precision,
    provenance,
    shifts,
    subgroups,
    thousand,
    warnings,
)

__all__ = ["CHAPTERS", "build_all"]

Build = Callable[[Artifacts], Section]


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


def build_all(artifacts: Artifacts) -> list[tuple[str, list[Section]]]:
    """All chapters with their sections; the list of methods ends the last one."""
    chapters = [(title, [build(artifacts) for build in builds]) for title, builds in CHAPTERS]
    chapters[-1][1].append(
        methods.build(artifacts, [section for _, sections in chapters for section in sections])
    )
    return chapters
