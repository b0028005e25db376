"""The planes of a file of another format than DICOM, decoded as a whole when it is opened."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.formats.description import Description
from pipeline.ingest.formats.registry import format_module
from pipeline.ingest.header.hints import Hints
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.pixels.colour import narrowed
from pipeline.ingest.pixels.values import Plane, Transform, plane_of, smallest
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.frames import Frame
from pipeline.pseudonyms import Key
from pipeline.units import RGB


@dataclass(frozen=True)
class FormattedSource:
    """An opened file: what it says, and its stored numbers `(slices, rows, columns[, 3])`."""

    description: Description
    array: NDArray[Any]

    def said(self, key: Key) -> Hints:
        """Nothing: what such a file says is no header of a scanner."""
        return ()

    @property
    def frames(self) -> int:
        """The number of its planes."""
        return self.description.form.frames

    @property
    def bits_stored(self) -> int:
        """How many bits a number has."""
        return self.description.form.bits_stored

    @property
    def is_lossy(self) -> bool:
        """Whether compression lost information."""
        return self.description.lossy

    def decoder(self) -> str:
        """The decoder's package and version."""
        return f"imagecodecs {metadata.version('imagecodecs')}"

    def transform(self, index: int, frame: Frame | None = None) -> Transform:
        """How plane `index` becomes numbers; `frame` is what was planned of it."""
        described = self.description
        if described.form.samples == 3:
            return Transform(unit=RGB)
        return Transform(
            described.slope,
            described.intercept,
            inverse=described.form.photometric == "MONOCHROME1",
            modality=frame.modality if frame else "",
            unit=frame.unit if frame else "",
            names_unit=frame is not None and frame.names_unit,
            lossy=described.lossy,
            is_attested=frame is not None and frame.names_unit,
        )

    def plane(self, index: int, transform: Transform) -> Plane:
        """The numbers of plane `index`, or its colours. Raises Refusal."""
        form = self.description.form
        plane = np.ascontiguousarray(self.array[index])
        if form.samples == 3:
            return Plane(smallest(narrowed(plane.astype(plane.dtype.newbyteorder("="), copy=False))))
        if form.kind == "float":
            return plane_of(plane.astype(f"f{plane.dtype.itemsize}", copy=False), form, transform)
        patterns = plane.astype(f"<{plane.dtype.kind}{plane.dtype.itemsize}", copy=False)
        return plane_of(patterns.view(f"<u{plane.dtype.itemsize}"), form, transform)


def open_formatted(name: str, data: Buffer, limits: FileLimits) -> FormattedSource:
    """A file of a format of the registry, decoded. Raises Refusal."""
    module = format_module(name)
    description, array = module.describe(data, limits), module.stored(data, limits)
    form = description.form
    shape = (form.frames, form.rows, form.columns, 3)[: 4 if form.samples == 3 else 3]
    if array.shape != shape or array.dtype.itemsize * 8 != form.bits_allocated:
        found = f"{array.shape}, {array.dtype.itemsize * 8} bits"
        raise Refusal(
            "decode_error", f"the decoder returned {found}, expected {shape}, {form.bits_allocated} bits"
        )
    return FormattedSource(description, array)
