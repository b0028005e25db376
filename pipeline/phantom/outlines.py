"""Outlines of marked pixels, as a person's pen would leave them: closed lines around areas and holes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Corner = tuple[int, int]
Points = NDArray[np.float64]


def outlines(marked: NDArray[np.bool_]) -> list[Points]:
    """Closed lines `(corners, 2)`, rows then columns, along the borders of marked pixels `(rows, columns)`.

    Pixel centres have whole numbers, so that all corners lie halfway between. A pixel is marked exactly where
    its centre lies inside an odd number of the lines: the line around a hole is one more.
    """
    ways = _ways(marked)
    lines = []
    while ways:
        line = [next(iter(ways))]
        while (there := ways[line[-1]].pop()) != line[0]:
            line.append(there)
        lines.append(np.array(_turns(line), dtype=np.float64) - 0.5)
        ways = {corner: onwards for corner, onwards in ways.items() if onwards}
    return lines


def _ways(marked: NDArray[np.bool_]) -> dict[Corner, list[Corner]]:
    """The sides of pixels between marked and unmarked, from corner to corner, those to their right."""
    padded = np.pad(marked, 1).astype(np.int8)
    ways: dict[Corner, list[Corner]] = {}
    across = np.diff(padded, axis=0)[:, 1:-1]  # (rows + 1, columns): 1 where a marked pixel lies below
    for row, column in np.argwhere(across).tolist():
        begin, end = (row, column), (row, column + 1)
        _add(ways, (begin, end) if across[row, column] > 0 else (end, begin))
    along = np.diff(padded, axis=1)[1:-1]  # (rows, columns + 1): 1 where a marked pixel lies to the right
    for row, column in np.argwhere(along).tolist():
        begin, end = (row + 1, column), (row, column)
        _add(ways, (begin, end) if along[row, column] > 0 else (end, begin))
    return ways


def _add(ways: dict[Corner, list[Corner]], side: tuple[Corner, Corner]) -> None:
    ways.setdefault(side[0], []).append(side[1])


def _turns(line: list[Corner]) -> list[Corner]:
    """The corners of a closed line at which it changes its direction."""
    around = zip([line[-1], *line[:-1]], line, [*line[1:], line[0]], strict=True)
    return [
        here
        for before, here, after in around
        if (here[0] - before[0], here[1] - before[1]) != (after[0] - here[0], after[1] - here[1])
    ]
