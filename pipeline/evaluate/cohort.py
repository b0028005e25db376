"""The frozen cohort as the evaluation reads it: cases first, labels only of the parts asked for."""

from __future__ import annotations

import csv
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import DataError
from pipeline.printed import scanloom

if TYPE_CHECKING:
    import pandas as pd

FILE = "cohort.csv"
TARGET = "target"


def cases(path: Path) -> pd.DataFrame:
    """All columns of cohort.csv but the label, as text, sorted by case_id.

    Raises DataError when the file is missing.
    """
    import pandas as pd

    if not path.is_file():
        raise DataError(f"cohort.csv is missing in the candidate's folder. Run `{scanloom('cohort')}`.")
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, usecols=lambda name: name != TARGET)
    return frame.sort_values("case_id", ignore_index=True)


def labels(path: Path, parts: Collection[str]) -> dict[str, str]:
    """The label of each case of `parts`; no other label leaves the file."""
    with path.open(newline="", encoding="utf-8") as stream:
        return {row["case_id"]: row[TARGET] for row in csv.DictReader(stream) if row["part"] in parts}
