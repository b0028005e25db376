"""The kinds of masks: a module each, by the storage class of the object or the format of the file.

A kind is a module with
- `PLACED`: whether it marks scans that lie in space, else pictures, which have pixels alone;
- `structures_in(opened, structures)`: which declared structures the file marks;
- `draw(opened, drawing)`: fills the masks of a drawing.
Both raise Refusal. `opened` is the container of a DICOM object, else the bytes of the file.
"""

from __future__ import annotations

import importlib
from typing import Any, Final, Protocol, cast

from pipeline.ingest.dicom.container import open_container
from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.dicom.sop_classes import LABEL_MAP, SEGMENTATION, STRUCTURE_SET
from pipeline.ingest.formats.registry import format_of
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.masks.drawing import Drawing
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal

__all__ = ["KINDS", "opened"]

KINDS: Final = {
    LABEL_MAP: "pipeline.ingest.masks.segmentation",
    SEGMENTATION: "pipeline.ingest.masks.segmentation",
    STRUCTURE_SET: "pipeline.ingest.masks.structure_set",
    "nifti": "pipeline.ingest.masks.nifti_labels",
    "png": "pipeline.ingest.masks.picture_labels",
    "tiff": "pipeline.ingest.masks.picture_labels",
}
"""The module of each kind, by storage class or format."""


class Kind(Protocol):
    """The names that a module of a kind has."""

    PLACED: bool

    @staticmethod
    def structures_in(opened: Any, structures: Structures) -> frozenset[str]:
        """The declared structures that the file marks."""

    @staticmethod
    def draw(opened: Any, drawing: Drawing) -> None:
        """Fills the masks of the drawing."""


def opened(data: Buffer, limits: FileLimits) -> tuple[Kind, Any]:
    """The kind of a file, and what its functions take. Raises Refusal where it is none."""
    name = format_of(data)
    if name in KINDS:
        return _module(name), data
    container = open_container(data, depth=limits.depth, inflated_bytes=limits.decoded_bytes)
    sop_class = container.dataset.text("SOPClassUID")
    if sop_class not in KINDS:  # other bytes than those that were planned by
        raise Refusal("io_error", "ChangedWhileRead")
    return _module(sop_class), container


def _module(name: str) -> Kind:
    return cast(Kind, importlib.import_module(KINDS[name]))
