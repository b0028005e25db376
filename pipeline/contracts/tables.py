"""Files of a table of words, checked as they are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contracts.damage import Remedy, damaged
from pipeline.contracts.targets import apart, as_one, stands
from pipeline.writing import write_csv

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, str]
PATIENT, PERSON, CASE = "patient_id", "person_id", "case_id"
_NAMING = (PATIENT, PERSON, CASE)


@dataclass(frozen=True)
class TableFile:
    """A CSV file of a fixed name: the columns that it always has, and whether it may be without a row.

    `formerly` gives the columns of an earlier version, with the names that they have now. A column of
    `several` may stand as one for each target of the question, NAME_TARGET: they are read as one.
    """

    name: str
    columns: tuple[str, ...]
    remedy: Remedy
    may_be_empty: bool = False
    goes_whole: bool = False
    formerly: Mapping[str, str] = field(default_factory=dict)
    several: tuple[str, ...] = ()

    def path(self, folder: Path) -> Path:
        """Where the file lies."""
        return folder / self.name

    def rows(self, folder: Path) -> list[Row]:
        """The rows, by column. Raises DamageError."""
        names, rows = self._as_one(folder)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def frame(self, folder: Path) -> pd.DataFrame:
        """The same rows as columns of text, empty cells as empty text."""
        import pandas as pd

        names, rows = self._as_one(folder)
        return pd.DataFrame(rows, columns=names, dtype=str)

    def write(self, folder: Path, frame: pd.DataFrame, *, targets: Sequence[str] = ()) -> bool:
        """Whether the file changed; the columns of `several` stand apart where there are several `targets`.

        Raises RetryError when it can't be written.
        """
        for name in self.several if targets else ():
            frame = apart(frame, name, targets)
        return write_csv(self.path(folder), frame)

    def remove(self, folder: Path) -> bool:
        """Whether there was a table, which is gone now."""
        was_there = self.path(folder).exists()
        self.path(folder).unlink(missing_ok=True)
        return was_there

    def without(self, path: Path, erased: Collection[str]) -> str | None:
        """The table's text without the rows of `erased`; None where it has none. Raises DamageError."""
        names, rows = self._rows(path)
        remaining = [row for row in rows if not any(row.get(name) in erased for name in _NAMING)]
        if len(remaining) == len(rows):
            return None
        stream = io.StringIO()
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(remaining)
        return stream.getvalue()

    def _as_one(self, folder: Path) -> tuple[list[str], list[list[str]]]:
        """The names of the columns and the cells of each row, those of several targets joined."""
        names, rows = self._cells(self.path(folder))
        for name in self.several:
            names, rows = as_one(name, names, rows)
        return names, rows

    def _rows(self, path: Path) -> tuple[list[str], list[Row]]:
        names, rows = self._cells(path)
        return names, [dict(zip(names, row, strict=True)) for row in rows]

    def _cells(self, path: Path) -> tuple[list[str], list[list[str]]]:
        """The names of the columns, and the cells of each row."""
        try:
            text = path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            raise damaged(path, "it is not there", self.remedy) from None
        except UnicodeDecodeError:
            raise damaged(path, "it is no text", self.remedy) from None
        if not text.strip():
            raise damaged(path, "it is empty", self.remedy)
        try:
            names, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        except csv.Error:
            raise damaged(path, "it is no table, or was cut off", self.remedy) from None
        names = [self.formerly.get(name, name) for name in names]
        if absent := [name for name in self.columns if not self._has(name, names)]:
            raise damaged(path, f"it has no column '{absent[0]}'", self.remedy)
        if not rows and not self.may_be_empty:
            raise damaged(path, "it has no row", self.remedy)
        if not text.endswith("\n") or any(len(row) != len(names) for row in rows):
            raise damaged(path, "a row was cut off or has too many cells", self.remedy)
        return names, rows

    def _has(self, name: str, names: Collection[str]) -> bool:
        return stands(name, names) if name in self.several else name in names
