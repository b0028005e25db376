"""Reads a picture whose numbers are labels, pixel by pixel those of the picture that it marks.

Of a picture with a palette the labels are the numbers of its colours, as programs for labels write them.
Where all its colours are greys, the greys may be meant as well: the settings then say which, or nothing does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.formats import png, tiff
from pipeline.ingest.formats.description import Description, Indexed
from pipeline.ingest.formats.registry import format_module, format_of
from pipeline.ingest.masks.drawing import Drawing
from pipeline.ingest.masks.labels import marked_in, read_as_mask, remarks_on, whole
from pipeline.ingest.masks.nifti_labels import structures_in
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal

__all__ = ["PLACED", "draw", "structures_in"]

PLACED: Final = False
_TURNED: Final = "picture_turned"
_INDEXED: Final[Mapping[str, Callable[[Buffer], Indexed | None]]] = {
    "png": png.indexed,
    "tiff": tiff.indexed,
}
_COLOURS: Final = "colours, where a label map has numbers"


def draw(data: Buffer, drawing: Drawing) -> None:
    """Sets each structure's pixels.

    Raises Refusal as `whole`, as `marked_in`, as the formats, for another size, and for a palette that may
    be read in two ways.
    """
    name = format_of(data)
    module = format_module(name)
    with read_as_mask():
        description = module.describe(data, drawing.limits)
        if description.lossy:
            raise Refusal("mask_values_invalid", "compressed with loss, which changes numbers")
        indexed = _INDEXED[name](data)
        if indexed is None:
            labels = whole(_labels(module.stored(data, drawing.limits)[0], description))
        else:
            labels = _of_palette(indexed, drawing.structures)
    marked = marked_in(labels, drawing.structures)
    drawing.notes.update(remarks_on(labels, marked))
    for at, scan in enumerate(drawing.scans):
        _check_size(labels.shape, scan.grid.shape[1:])
        if (_TURNED in description.notes) != scan.turned:
            raise Refusal("mask_geometry_mismatch", "one of mask and picture is turned upright by its file")
        for name, pixels in marked.items():
            np.maximum(drawing.masks[name][at], pixels, out=drawing.masks[name][at], casting="unsafe")


def _labels(array: NDArray[Any], description: Description) -> NDArray[Any]:
    """The numbers `(rows, columns)` of a picture, also of greys that are written as colours."""
    if description.form.photometric == "MONOCHROME1":
        raise Refusal("mask_values_invalid", "an inverted scale, in which 0 is white")
    if array.ndim == 3:
        if not _is_grey(array):
            raise Refusal("mask_values_invalid", _COLOURS)
        return array[..., 0]
    return array


def _is_grey(colours: NDArray[Any]) -> bool:
    """Whether colours `(..., 3)` are greys all of them."""
    return bool((colours == colours[..., :1]).all())


def _of_palette(indexed: Indexed, structures: Structures) -> NDArray[Any]:
    """The labels `(rows, columns)` of a picture with a palette.

    Raises Refusal where the greys of one of greys alone differ from their numbers, and the settings call
    structures by both, or by neither.
    """
    used = np.unique(indexed.numbers)
    if used[-1] >= len(indexed.palette):
        raise Refusal("inconsistent_pixel_attributes", "the palette is shorter than its numbers")
    greys = indexed.palette[used, 0]
    if not _is_grey(indexed.palette[used]) or (greys == used).all():
        return indexed.numbers
    declared = structures.numbered().keys() | {0}
    by_number, by_grey = (set(values.tolist()) <= declared for values in (used, greys))
    if by_number == by_grey:
        raise Refusal(
            "mask_values_invalid",
            f"a palette of greys: the number {used[-1]} is the grey {greys[-1]}, and either may be meant",
        )
    return indexed.numbers if by_number else indexed.palette[indexed.numbers, 0]


def _check_size(mask: tuple[int, ...], picture: tuple[int, ...]) -> None:
    if mask != picture:
        sizes = [" x ".join(str(length) for length in shape) for shape in (mask, picture)]
        raise Refusal("mask_geometry_mismatch", f"{sizes[0]} pixels, where its picture has {sizes[1]}")
