"""The table of predictions of a segmentation: read, checked, turned to numbers.

Beside what every table has, for each structure NAME: `truth_NAME` (1: the reference holds it, 0: it says that
it isn't there, empty: unknown), `predicted_NAME` (1 or 0), and the numbers of MEASURED, `dice_NAME` first.
A prediction that failed counts as an empty one where the reference holds something: that was missed.
Distances and volumes are empty of scans without a spacing in millimetres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.contracts import predictions as contract
from pipeline.contracts import targets
from pipeline.contracts.predictions import PREDICTED, TRUTH, Origin
from pipeline.errors import DataError, nearest
from pipeline.statistics.vectors import Flags
from pipeline.tasks.segmentation.scored import Scored
from pipeline.tasks.segmentation.structures import ABSENT, PRESENT, UNKNOWN

if TYPE_CHECKING:
    import pandas as pd

DICE, HD95, HD, NSD = "dice", "hd95_mm", "hd_mm", "nsd"
VOLUME_TRUTH, VOLUME_PREDICTED = "volume_truth_ml", "volume_predicted_ml"
FALSE_COMPONENTS = "false_components"
MEASURED: Final = (DICE, HD95, HD, NSD, VOLUME_TRUTH, VOLUME_PREDICTED, FALSE_COMPONENTS)
"""The columns of numbers that each structure has, as MEASURED_NAME, in their order."""

_SHARES: Final = (DICE, NSD)
_OF_THE_HELD: Final = (DICE, HD95, HD, NSD)
"""Numbers that there are only where the reference holds the structure."""


@dataclass(frozen=True)
class Predictions:
    """A checked table; `frame` holds text, and `scored` numbers by row and structure (nan: none).

    In `frame` the truths of a case are one text, and so is what was predicted. `failed` marks the rows whose
    prediction failed, shape (cases,).
    """

    names: tuple[str, ...]
    frame: pd.DataFrame
    scored: Scored
    failed: Flags

    @property
    def groups(self) -> list[str]:
        """The names of the group columns."""
        return contract.groups(self.frame)

    def measurable(self, part: str) -> Flags:
        """Which rows of a part have a structure that is known, shape (cases,): also those that failed."""
        return measurable(self.frame, part)


def read(path: Path) -> Predictions:
    """The checked table in the CSV file `path`.

    Raises DataError (file, line, column, what to do) when it can't be used.
    """
    frame, origin = contract.read(path, ())
    names = names_in(list(frame.columns))
    if not names:
        raise DataError(
            f"{path.name}: no column {TRUTH}_STRUCTURE, such as 'truth_liver'. Give one for each structure."
        )
    return of_frame(frame, names, origin)


def measurable(frame: pd.DataFrame, part: str) -> Flags:
    """Which rows of a part have a structure that is known, shape (cases,): also those that failed."""
    return np.asarray((frame["part"] == part) & (frame[TRUTH] != ""), dtype=np.bool_)


def names_in(columns: Sequence[str]) -> tuple[str, ...]:
    """The structures whose truth has a column, in the order of the columns."""
    return tuple(name.removeprefix(f"{TRUTH}_") for name in columns if name.startswith(f"{TRUTH}_"))


def of_frame(frame: pd.DataFrame, names: tuple[str, ...], origin: Origin) -> Predictions:
    """The table of these structures, each with columns of its own. Raises DataError (file, line)."""
    for name in names:
        _require(frame, name, origin)
    held = np.column_stack([np.asarray(frame[f"{TRUTH}_{name}"] == PRESENT) for name in names])
    failed = np.asarray(frame["status"] != "ok", dtype=np.bool_)
    for at, name in enumerate(names):
        _check(frame, name, held[:, at], failed=failed, origin=origin)
    joined = {
        column: [
            targets.joined(row) for row in frame[[f"{column}_{name}" for name in names]].to_numpy().tolist()
        ]
        for column in (TRUTH, PREDICTED)
    }
    frame = frame.assign(**joined)
    return Predictions(names, frame, scored(frame, names), failed)


def scored(frame: pd.DataFrame, names: Sequence[str]) -> Scored:
    """The numbers of the rows, from a table whose truths and predictions are one text a case."""
    truth, predicted = _cells(frame, TRUTH, names), _cells(frame, PREDICTED, names)
    held, said = truth == PRESENT, predicted == PRESENT
    absent = (truth == ABSENT) & np.asarray(frame["status"] == "ok")[:, None]
    empty = held & ~said

    def number(column: str, *, of_nothing: float = np.nan) -> np.ndarray:
        """The column where the reference holds the structure; `of_nothing` stands for an empty cell."""
        values = _numbers(frame, column, names)
        return np.where(held, np.where(empty & np.isnan(values), of_nothing, values), np.nan)

    return Scored(
        dice=number(DICE, of_nothing=0.0),
        hd95=number(HD95),
        hd=number(HD),
        nsd=number(NSD, of_nothing=0.0),
        volume_truth=number(VOLUME_TRUTH),
        volume_predicted=number(VOLUME_PREDICTED, of_nothing=0.0),
        false_components=number(FALSE_COMPONENTS, of_nothing=0.0),
        missed=np.where(held, empty, np.nan),
        invented=np.where(absent, said, np.nan),
        invented_ml=np.where(absent & said, _numbers(frame, VOLUME_PREDICTED, names), np.nan),
    )


def _require(frame: pd.DataFrame, name: str, origin: Origin) -> None:
    """Nothing, if the structure has its columns; those of distances and volumes may lack."""
    for column in (f"{PREDICTED}_{name}", f"{DICE}_{name}"):
        if column not in frame:
            raise DataError(
                f"{origin.name}: no column '{column}' ({nearest(column, list(frame.columns))}), and there is "
                f"'{TRUTH}_{name}'. Give it for each structure that has a truth."
            )


def _check(frame: pd.DataFrame, name: str, held: Flags, *, failed: Flags, origin: Origin) -> None:
    """Raises DataError for the first row whose cells of a structure contradict what they should be."""
    truth, said = frame[f"{TRUTH}_{name}"], frame[f"{PREDICTED}_{name}"]
    origin.refuse_first(
        ~truth.isin((PRESENT, ABSENT, UNKNOWN)), f"'{TRUTH}_{name}' must be 1, 0 or empty where it is unknown"
    )
    known = np.asarray(said.isin((PRESENT, ABSENT)))
    origin.refuse_first(~known & ~failed, f"'{PREDICTED}_{name}' must be 1 or 0")
    empty = np.asarray(said != PRESENT)
    origin.refuse_first(
        ~empty & failed, f"'{PREDICTED}_{name}' is 1, and the prediction failed. Mend 'status' or the cell"
    )
    for measure in (each for each in MEASURED if f"{each}_{name}" in frame):
        column = f"{measure}_{name}"
        cells, values = np.asarray(frame[column]), _numbers(frame, measure, [name])[:, 0]
        origin.refuse_first((cells != "") & ~np.isfinite(values), f"'{column}' is not a number")
        origin.refuse_first(values < 0, f"'{column}' is below 0")
        if measure in _OF_THE_HELD:
            origin.refuse_first(
                ~held & (cells != ""),
                f"'{column}' has a number where the reference holds no {name}. Leave it empty there",
            )
        if measure in _SHARES:
            origin.refuse_first(values > 1, f"'{column}' is above 1. It is a share")
            origin.refuse_first(empty & (values > 0), f"'{column}' is above 0, and nothing was predicted")
        origin.refuse_first(
            (measure == DICE) & held & ~empty & (cells == ""),
            f"'{column}' is empty, and the reference holds {name}",
        )


def _cells(frame: pd.DataFrame, column: str, names: Sequence[str]) -> np.ndarray:
    """The cells of each target of a column of joined texts, shape (rows, structures)."""
    rows = [targets.parted(text, len(names)) for text in frame[column]]
    return np.array(rows, dtype=object).reshape(len(rows), len(names))


def _numbers(frame: pd.DataFrame, measure: str, names: Sequence[str]) -> np.ndarray:
    """A number of each structure, shape (rows, structures); nan where a cell is empty, or no number."""
    import pandas as pd

    nothing = np.full(len(frame), np.nan)
    columns = [f"{measure}_{name}" for name in names]
    return np.column_stack(
        [
            np.asarray(pd.to_numeric(frame[column], errors="coerce"), dtype=np.float64)
            if column in frame
            else nothing
            for column in columns
        ]
    )
