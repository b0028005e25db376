"""What a file's pixels are before any value is made of them, or why they can't be read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from dicom_files import opened
from numpy.typing import NDArray

from pipeline.ingest.pixels.decode import open_pixels, read_frame
from pipeline.ingest.pixels.values import stored_values
from pipeline.ingest.reasons import Refusal


def stored(data: bytes) -> NDArray[Any]:
    """All frames as stored numbers, `(frames, rows, columns[, 3])`."""
    source = open_pixels(opened(data, inflated_bytes=1 << 30), decoded_bytes=1 << 30)
    arrays = [read_frame(source, index).array for index in range(source.form.frames)]
    if source.form.kind == "integer":
        arrays = [stored_values(array, source.form)[0] for array in arrays]
    return np.stack(arrays)


def refusal(data: bytes) -> str:
    """The reason for which the frames can't be read."""
    with pytest.raises(Refusal) as refused:
        stored(data)
    return refused.value.reason
