"""The frozen cohort as the evaluation reads it: cases first, labels only of the parts asked for."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contracts import read_frame, read_rows
from pipeline.errors import DataError
from pipeline.printed import scanloom

if TYPE_CHECKING:
    import pandas as pd

FILE = "cohort.csv"
TARGET = "target"


def cases(path: Path) -> pd.DataFrame:
    """All columns of cohort.csv but the label, as text, sorted by case_id.

    Raises DataError when the file is missing, DamageError when it can't be read.
    """
    if not path.is_file():
        raise DataError(f"cohort.csv is missing in the candidate's folder. Run `{scanloom('cohort')}`.")
    frame = read_frame(path, "case_id", "patient_id", "part", TARGET).drop(columns=TARGET)
    return frame.sort_values("case_id", ignore_index=True)


def labels(path: Path, parts: Collection[str]) -> dict[str, str]:
    """The label of each case of `parts`; no other label leaves the file."""
    rows = read_rows(path, "case_id", "part", TARGET)
    return {row["case_id"]: row[TARGET] for row in rows if row["part"] in parts}
