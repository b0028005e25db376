"""The decoder of pictures behind one call: whatever it raises becomes a reason."""

from __future__ import annotations

import importlib
import logging
from typing import Any

from numpy.typing import NDArray

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.reasons import Refusal

_PACKAGE = "imagecodecs"
# What it warns of in a damaged file is for programmers: the reason stands in the row of the file.
logging.getLogger(_PACKAGE).setLevel(logging.CRITICAL)


def decoded(function: str, data: Buffer, shape: tuple[int, int], **settings: Any) -> NDArray[Any]:
    """The pixels `(rows, columns)` or `(rows, columns, samples)` by a function of the decoder's package.

    `shape` is what the header announced. Raises Refusal `decoder_missing`, `decode_error`, `limit_exceeded`.
    """
    try:
        array: NDArray[Any] = getattr(importlib.import_module(_PACKAGE), function)(bytes(data), **settings)
    except ImportError:
        raise Refusal("decoder_missing", _PACKAGE) from None
    except MemoryError:
        raise Refusal("limit_exceeded", "memory") from None
    except Exception as error:  # noqa: BLE001  each decoder has an error of its own
        raise Refusal("decode_error", f"{_PACKAGE}: {type(error).__name__}") from None
    if array.shape[:2] != shape:
        raise Refusal("decode_error", f"the decoder returned the shape {array.shape}, expected {shape}")
    return array
