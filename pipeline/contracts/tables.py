"""Files of a table of words, checked as they are read."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.contracts.damage import damaged

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, str]

_MAY_BE_EMPTY: Final = ("excluded.csv", "champion_new.csv")


def read_rows(path: Path, *needs: str) -> list[Row]:
    """The rows of the CSV file, which has the columns that the reader `needs`, and rows where it must.

    Raises DamageError.
    """
    names, rows = _read(path, needs)
    return [dict(zip(names, row, strict=True)) for row in rows]


def read_frame(path: Path, *needs: str) -> pd.DataFrame:
    """The same rows as columns of text, empty cells as empty text."""
    import pandas as pd

    names, rows = _read(path, needs)
    return pd.DataFrame(rows, columns=names, dtype=str)


def _read(path: Path, needs: tuple[str, ...]) -> tuple[list[str], list[list[str]]]:
    """The names of the columns, and the cells of each row."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise damaged(path, "it is not there") from None
    except UnicodeDecodeError:
        raise damaged(path, "it is no text") from None
    if not text.strip():
        raise damaged(path, "it is empty")
    try:
        names, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error:
        raise damaged(path, "it is no table, or was cut off") from None
    if absent := [name for name in needs if name not in names]:
        raise damaged(path, f"it has no column '{absent[0]}'")
    if not rows and path.name not in _MAY_BE_EMPTY:
        raise damaged(path, "it has no row")
    if not text.endswith("\n") or any(len(row) != len(names) for row in rows):
        raise damaged(path, "a row was cut off or has too many cells")
    return names, rows
