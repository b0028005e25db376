"""The Siemens CSA image header, a private list of named values, read in memory for mosaics alone.

It tells how the tiles lie, and the diffusion weighting, which older software tells nowhere else.

Layout "SV10": a count, then for each tag a name, a number of items, and the items as text, each padded
to four bytes (described by the nibabel project, "Siemens CSA header"). The older layout is not read:
its mosaics are refused as of unknown layout.
"""

from __future__ import annotations

import struct
from math import isfinite

from pipeline.ingest.dicom.dataset import Dataset

Numbers = tuple[float, ...]

_TAG = struct.Struct("<64si4siii")
_ITEM = struct.Struct("<4i")
_MOST_TAGS, _MOST_ITEMS = 1000, 200  # a header has about a hundred; a damaged count may be billions


def mosaic_layout(dataset: Dataset) -> tuple[int | None, tuple[float, float, float] | None]:
    """The number of tiles of a mosaic and the direction of its slices; None where they aren't told."""
    header = _header(dataset)
    counts, normal = csa_values(header, b"NumberOfImagesInMosaic"), csa_values(header, b"SliceNormalVector")
    count = int(counts[0]) if counts and counts[0] >= 1 else None
    return count, (normal[0], normal[1], normal[2]) if len(normal) == 3 else None


def mosaic_weighting(dataset: Dataset) -> tuple[float | None, Numbers]:
    """The b-value of a mosaic in s/mm², and the direction of the gradient, () where there is none."""
    header = _header(dataset)
    weighting, gradient = csa_values(header, b"B_value"), csa_values(header, b"DiffusionGradientDirection")
    return weighting[0] if weighting else None, gradient if len(gradient) == 3 else ()


def _header(dataset: Dataset) -> bytes:
    if "MOSAIC" not in dataset.words("ImageType"):
        return b""
    return dataset.private(0x0029, b"SIEMENS CSA HEADER", 0x10)


def csa_values(header: bytes, name: bytes) -> Numbers:
    """The numbers of a tag, () where it is absent or the header is of another layout or damaged."""
    if header[:4] != b"SV10":
        return ()
    position = 16
    try:
        (count,) = struct.unpack_from("<i", header, 8)
        for _ in range(min(count, _MOST_TAGS)):
            raw, _, _, _, items, _ = _TAG.unpack_from(header, position)
            found, position = _items(header, position + _TAG.size, items)
            if raw.split(b"\0")[0] == name:
                numbers = tuple(float(item) for item in found if item)
                return numbers if all(map(isfinite, numbers)) else ()
    except (struct.error, ValueError):
        pass
    return ()


def _items(header: bytes, position: int, count: int) -> tuple[list[bytes], int]:
    if not 0 <= count <= _MOST_ITEMS:
        raise ValueError("too many items")
    found = []
    for _ in range(count):
        _, length, _, _ = _ITEM.unpack_from(header, position)
        position += _ITEM.size
        if not 0 <= length <= len(header) - position:
            raise ValueError("an item leads past the end")
        found.append(header[position : position + length].split(b"\0")[0].strip())
        position += -(-length // 4) * 4
    return found, position
