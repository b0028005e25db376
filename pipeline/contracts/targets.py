"""The truth and the answers of a case: one text between stages, and a column for each target in a table.

A question with one target has one column (`target`, `truth`, `predicted`). A question with several has one
for each (`truth_edema`, `truth_effusion`), and the text is their cells in that order.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

_BETWEEN: Final = "|"

Cells = list[list[str]]


def joined(cells: Sequence[str]) -> str:
    """The cells of several targets as one text; empty where nothing is known of any.

    >>> joined(["1", "", "0"]), joined(["", ""])
    ('1||0', '')
    """
    return _BETWEEN.join(cells) if any(cells) else ""


def parted(text: str, targets: int) -> list[str]:
    """The cells of so many targets out of such a text.

    >>> parted("1||0", 3), parted("", 2)
    (['1', '', '0'], ['', ''])
    """
    return text.split(_BETWEEN) if text else [""] * targets


def stands(name: str, names: Collection[str]) -> bool:
    """Whether a column is among `names`, or the columns that stand for it."""
    return name in names or bool(_places(name, list(names)))


def as_one(name: str, names: list[str], rows: Cells) -> tuple[list[str], Cells]:
    """The table with the columns NAME_* joined to one, in the place of the first of them."""
    places = _places(name, names)
    if name in names or not places:
        return names, rows
    first, *others = places
    kept = [at for at in range(len(names)) if at not in others]

    def row_of(row: list[str]) -> list[str]:
        whole = joined([row[place] for place in places])
        return [whole if at == first else row[at] for at in kept]

    return [name if at == first else names[at] for at in kept], [row_of(row) for row in rows]


def apart(frame: pd.DataFrame, name: str, targets: Sequence[str]) -> pd.DataFrame:
    """The table with the column of joined texts as one for each target, in its place."""
    import pandas as pd

    cells = [parted(text, len(targets)) for text in frame[name]]
    columns: dict[str, Any] = {}
    for column in frame.columns:
        if column == name:
            columns |= {f"{name}_{target}": [row[at] for row in cells] for at, target in enumerate(targets)}
        else:
            columns[column] = frame[column]
    return pd.DataFrame(columns)


def _places(name: str, names: Sequence[str]) -> list[int]:
    return [at for at, column in enumerate(names) if column.startswith(f"{name}_")]
