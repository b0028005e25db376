"""Which question a table answers, where it isn't which class a case is of: refused by the question's name."""

from __future__ import annotations

from typing import Final

from pipeline.contracts.predictions import SCORE
from pipeline.errors import DataError
from pipeline.tasks.sheet import Sheet

_OVERLAPS: Final = ("dice", "hd95", "hd_mm", "nsd", "iou", "jaccard")


def refuse_other_tasks(sheet: Sheet) -> None:
    """Raises DataError for a table of masks or of findings that lacks a column by which it is read as one."""
    scores = [name for name in sheet.table.columns if name.startswith(SCORE)]
    overlaps = [name for name in sheet.table.columns if name.casefold().startswith(_OVERLAPS)]
    if overlaps and not scores and not sheet.columns.score:
        raise DataError(
            f"{sheet.name}: a table of segmentation (column '{overlaps[0]}'), measured by a truth and a Dice "
            "of each structure. Give, a row a case, the columns truth_STRUCTURE (1: the reference holds "
            "it, 0: it doesn't) and dice_STRUCTURE, such as 'truth_liver' and 'dice_liver'."
        )
    labels = [name for name in sheet.table.columns if name.startswith("truth_")]
    if labels and not sheet.columns.truth and "truth" not in sheet.table.columns:
        score = SCORE + labels[0].removeprefix("truth_")
        example = sheet.command({"TRUTH": labels[0], "SCORE": score if score in scores else "column"})
        raise DataError(
            f"{sheet.name}: the truth of one finding alone ('{labels[0]}'). Give truth_FINDING and "
            f"score_FINDING for each of several; or score this one: `{example}`."
        )
