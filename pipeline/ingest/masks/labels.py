"""Label maps: arrays whose numbers say which structure a pixel or voxel is of; 0 is none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal

__all__ = ["marked_in", "read_as_mask", "remarks_on", "whole"]

HIGHEST: Final = 65535
"""The largest number by which the settings may call a structure."""
_ROUNDING: Final = 2.0**-22
"""By how much, as a share of itself (of 1 below 1), a number may miss a whole one.

A slope, an intercept and a voxel of 32 bits are each off by 2^-24 of themselves at most, and 2^-22 is the
next power of two above the three of them. Interpolated labels are off by far more, but for one voxel in a
million.
"""


def whole(array: NDArray[Any]) -> NDArray[Any]:
    """The numbers of a label map, rid of the rounding of fractions: 255 by a slope of 1/255 is 1.

    Raises Refusal `mask_values_invalid` where one is not finite, or no whole number.
    """
    if array.dtype.kind != "f":
        return array
    finite = np.isfinite(array)
    if not finite.all():
        share = 100 * float(np.count_nonzero(~finite)) / array.size
        raise Refusal("mask_values_invalid", f"{share:.3g} % of the values are not finite")
    rounded: NDArray[Any] = np.rint(array)
    if (np.abs(array - rounded) > _ROUNDING * np.maximum(np.abs(rounded), 1)).any():
        raise Refusal("mask_values_invalid", "numbers that are not whole, where a label map has whole ones")
    return rounded


def marked_in(array: NDArray[Any], structures: Structures) -> dict[str, NDArray[np.bool_]]:
    """Where the map has the numbers of each structure that a number calls, of the shape of the map.

    The map is one of `whole` numbers. Raises Refusal `mask_values_invalid` for a number of no structure,
    unless that is ignored and there are numbers of structures, too: a structure that is called otherwise
    would come out as absent.
    """
    named = structures.numbered()
    present = {int(value) for value in np.unique(array)} - {0}
    strange = present - named.keys()
    if strange and (structures.undeclared == "refuse" or strange == present):
        raise Refusal("mask_values_invalid", _undeclared(min(strange), max(strange), structures))
    marked: dict[str, NDArray[np.bool_]] = {}
    for number, name in named.items():
        here = array == number
        marked[name] = marked[name] | here if name in marked else here
    return marked


def remarks_on(array: NDArray[Any], marked: Mapping[str, NDArray[np.bool_]]) -> set[str]:
    """Notes on a map whose numbers may mean something else than the settings say.

    `marked` is what `marked_in` found in it.
    """
    nowhere = array.size - np.count_nonzero(array)
    notes = set() if nowhere else {"mask_without_zero"}
    # A number calls one structure, so that no voxel is counted twice.
    if nowhere + sum(np.count_nonzero(voxels) for voxels in marked.values()) < array.size:
        notes.add("undeclared_ignored")
    return notes


@contextlib.contextmanager
def read_as_mask() -> Iterator[None]:
    """Gives a refusal of a form that isn't read another way out, where it is a mask that is read.

    Several volumes saved as a file each, as images are, would have no image of their names.
    """
    try:
        yield
    except Refusal as refusal:
        if refusal.reason != "format_kind_unsupported":
            raise
        raise Refusal(refusal.reason, f"a mask: {refusal.detail}") from None


def _undeclared(lowest: int, highest: int, structures: Structures) -> str:
    if lowest < 0:
        return f"the value {lowest}, and nothing below 0 is a structure"
    if highest > HIGHEST:
        return f"the value {highest}, and nothing above {HIGHEST} is a structure"
    if structures.is_alone:
        return f"the value {lowest}, where a mask of one structure has 1 alone"
    if structures.undeclared == "ignore":
        return f"nothing but undeclared values, {lowest} the lowest of them{structures.quoted(lowest)}"
    return f"the value {lowest} is of no structure{structures.quoted(lowest)}"
