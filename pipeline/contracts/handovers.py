"""All hand-overs in one list, and a folder of them without a patient."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final, TypeGuard

from pipeline.contracts import (
    cohort,
    comparison,
    controls,
    drift,
    generation,
    history,
    ingested,
    insights,
    leaks,
    metrics,
    model_record,
    normalized,
    operating,
    pointer,
    population,
    predicted_masks,
    predictions,
    report,
    robustness,
    rule,
    scan_pictures,
    stamp,
    strangers,
)
from pipeline.contracts.damage import from_backup
from pipeline.contracts.objects import ObjectFile
from pipeline.contracts.tables import TableFile
from pipeline.contracts.whole import WholeFile

Handover = ObjectFile[Any] | TableFile | WholeFile

CANDIDATE: Final[tuple[Handover, ...]] = (
    cohort.TABLE,
    cohort.EXCLUDED,
    cohort.FILE,
    leaks.FILE,
    drift.FILE,
    drift.NEW_SCANS,
    model_record.FILE,
    history.FILE,
    predictions.FILE,
    metrics.FILE,
    operating.FILE,
    rule.FILE,
    insights.FILE,
    insights.PICTURES,
    strangers.FILE,
    strangers.ODDEST,
    robustness.FILE,
    controls.FILE,
    population.FILE,
    comparison.FILE,
    comparison.CHAMPION,
    scan_pictures.FLIPS,
    scan_pictures.ODD,
    report.FILE,
    report.PAGE,
    report.CARD,
)
"""The hand-overs in the folder of a candidate, which a generation freezes."""

ELSEWHERE: Final[tuple[Handover, ...]] = (
    ingested.FILE,
    normalized.FILE,
    normalized.REFUSED,
    controls.NETWORKS,
    pointer.FILE,
    generation.FILE,
    stamp.of("STAGE"),
)
"""Those in other folders; a stage's stamp bears its name."""


def without(folder: Path, erased: Collection[str]) -> dict[Path, str | None]:
    """What the folder's files will say without the patients and cases of `erased`; None: the file goes.

    Empty where no file holds any of them. The seal of a generation, which names files of cases, is left to
    whoever changes them. Raises DamageError when a file can't be read.
    """
    known = {each.name: each for each in CANDIDATE + ELSEWHERE}
    handovers = {path: known.get(path.name) or _of_the_form(path) for path in sorted(folder.glob("*"))}
    taken_apart = {
        path: each.without(path, erased)
        for path, each in handovers.items()
        if _is_taken_apart(each) and each is not generation.FILE
    }
    texts: dict[Path, str | None] = {path: text for path, text in taken_apart.items() if text is not None}
    whole = {path: None for path, each in handovers.items() if each is not None and each.goes_whole}
    for beside in (report.FIGURES, report.TABLES):
        whole |= dict.fromkeys(sorted((folder / beside).glob("*")))
    masks: dict[Path, str | None] = dict.fromkeys(predicted_masks.of_patients(folder, erased))
    return {**texts, **whole, **masks} if texts or masks else {}


def _of_the_form(path: Path) -> Handover | None:
    """The hand-over of a file that is none of ours: a person may have put a copy there."""
    if path.suffix == ".csv":
        return TableFile(path.name, (), from_backup, may_be_empty=True)
    return ObjectFile(path.name, dict, None, from_backup) if path.suffix == ".json" else None


def _is_taken_apart(handover: Handover | None) -> TypeGuard[ObjectFile[Any] | TableFile]:
    return isinstance(handover, ObjectFile | TableFile) and not handover.goes_whole
