"""Tables of predictions with a known make-up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from invented_table import table

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes such a table, after `change` if given, and gives its path."""

    def written(
        classes: tuple[str, ...] = ("no", "yes"),
        patients: int = 160,
        cases_a_patient: int = 1,
        *,
        seed: int = 1,
        parts: tuple[str, ...] = ("validation", "test"),
        change: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame,
    ) -> Path:
        path = tmp_path / "table.csv"
        frame = change(table(classes, patients, cases_a_patient, seed=seed, parts=parts))
        frame.to_csv(path, index=False, float_format="%.9g")
        return path

    return written
