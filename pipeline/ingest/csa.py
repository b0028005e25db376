"""The Siemens CSA image header, a private list of named values, read in memory for the tiles of mosaics.

Layout "SV10": a count, then for each tag a name, a number of items, and the items as text, each padded
to four bytes (described by the nibabel project, "Siemens CSA header"). The older layout is not read:
its mosaics are refused as of unknown layout.
"""

from __future__ import annotations

import struct

_TAG = struct.Struct("<64si4siii")
_ITEM = struct.Struct("<4i")
_MOST_TAGS, _MOST_ITEMS = 1000, 200


def csa_values(header: bytes, name: bytes) -> tuple[float, ...]:
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
                return tuple(float(item) for item in found if item)
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
