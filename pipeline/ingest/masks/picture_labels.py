"""Reads a picture whose numbers are labels, pixel by pixel those of the picture that it marks."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.formats.description import Description
from pipeline.ingest.formats.registry import format_module, format_of
from pipeline.ingest.masks.drawing import Drawing
from pipeline.ingest.masks.labels import marked_in, read_as_mask, remarks_on, whole
from pipeline.ingest.masks.nifti_labels import structures_in
from pipeline.ingest.reasons import Refusal

__all__ = ["PLACED", "draw", "structures_in"]

PLACED: Final = False
_TURNED: Final = "picture_turned"


def draw(data: Buffer, drawing: Drawing) -> None:
    """Sets each structure's pixels.

    Raises Refusal as `whole`, as `marked_in`, as the formats, and for another size.
    """
    module = format_module(format_of(data))
    with read_as_mask():
        description = module.describe(data, drawing.limits)
        if description.lossy:
            raise Refusal("mask_values_invalid", "compressed with loss, which changes numbers")
        labels = whole(_labels(module.stored(data, drawing.limits)[0], description))
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
        raise Refusal("mask_values_invalid", "colours or an inverted scale, where a label map has numbers")
    if array.ndim == 3:
        if (array != array[..., :1]).any():
            raise Refusal("mask_values_invalid", "colours, where a label map has numbers")
        return array[..., 0]
    return array


def _check_size(mask: tuple[int, ...], picture: tuple[int, ...]) -> None:
    if mask != picture:
        sizes = [" x ".join(str(length) for length in shape) for shape in (mask, picture)]
        raise Refusal("mask_geometry_mismatch", f"{sizes[0]} pixels, where its picture has {sizes[1]}")
