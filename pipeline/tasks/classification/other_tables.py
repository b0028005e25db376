"""Which question a table answers, where it isn't which class a case is of: refused by the question's name."""

from __future__ import annotations

from typing import Final

from pipeline.contracts.predictions import SCORE
from pipeline.errors import DataError
from pipeline.tasks.sheet import Sheet

_OVERLAPS: Final = ("dice", "hd95", "hd_mm", "nsd", "iou", "jaccard")
_ANSWERED: Final = "This version scores tables that say which of two or several classes a case is of"


def refuse_other_tasks(sheet: Sheet) -> None:
    """Raises DataError for a table of segmentation or of several labels a case."""
    scores = [name for name in sheet.table.columns if name.startswith(SCORE)]
    overlaps = [name for name in sheet.table.columns if name.casefold().startswith(_OVERLAPS)]
    if overlaps and not scores and not sheet.columns.score:
        raise DataError(f"{sheet.name}: a table of segmentation (column '{overlaps[0]}'). {_ANSWERED}.")
    labels = [name for name in sheet.table.columns if name.startswith("truth_")]
    if labels and not sheet.columns.truth and "truth" not in sheet.table.columns:
        score = SCORE + labels[0].removeprefix("truth_")
        example = sheet.command({"TRUTH": labels[0], "SCORE": score if score in scores else "column"})
        raise DataError(
            f"{sheet.name}: a multilabel table ({len(labels)} columns truth_LABEL). {_ANSWERED}; "
            f"score one label at a time: `{example}`."
        )
