"""`first_fit.csv`: what the fit on the training part alone said of the validation part, before the refit.

The refitted model has learned from those scans: its own answers to them say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.contracts.damage import damaged, rewritten_by
from pipeline.contracts.predictions import nine_digits
from pipeline.contracts.tables import CASE, TableFile

_OUTPUT = "output_"
FILE: Final = TableFile("first_fit.csv", (CASE, f"{_OUTPUT}0"), rewritten_by("train"))


def write(folder: Path, case_ids: Sequence[str], outputs: NDArray[np.float64]) -> bool:
    """Whether the table changed; `outputs` is `(cases, outputs)`. Raises RetryError."""
    import pandas as pd

    columns: dict[str, Any] = {CASE: list(case_ids)}
    columns |= {f"{_OUTPUT}{index}": column for index, column in enumerate(nine_digits(outputs).T)}
    return FILE.write(folder, pd.DataFrame(columns))


def outputs(folder: Path) -> dict[str, NDArray[np.float64]]:
    """The network's output for each case, shape (outputs,). Raises DamageError."""
    rows = FILE.rows(folder)
    try:
        return {
            row[CASE]: np.array(
                [float(cell) for name, cell in row.items() if name.startswith(_OUTPUT)], dtype=np.float64
            )
            for row in rows
        }
    except ValueError:
        raise damaged(FILE.path(folder), "a cell is no number", FILE.remedy) from None
