"""`history.csv`: one row an epoch of the training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.contracts.damage import damaged, rewritten_by
from pipeline.contracts.tables import TableFile

if TYPE_CHECKING:
    import pandas as pd

FILE: Final = TableFile("history.csv", ("epoch", "loss", "val_loss"), rewritten_by("train"))


def numbers(folder: Path) -> pd.DataFrame:
    """The epochs as numbers, nan where a metric could not be had. Raises DamageError."""
    import pandas as pd

    frame = FILE.frame(folder)
    try:
        return frame.apply(pd.to_numeric)
    except ValueError:
        raise damaged(FILE.path(folder), "a cell is no number", FILE.remedy) from None
