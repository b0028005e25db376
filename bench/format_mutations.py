"""NIfTI volumes and pictures damaged at random, no file twice, and bombs made of them."""

from __future__ import annotations

import gzip
import io
import struct
import zlib

import nibabel
import numpy as np
from numpy.random import Generator
from PIL import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_BYTES = 540
_KINDS = (("PNG", {}), ("JPEG", {}), ("TIFF", {"compression": "tiff_lzw"}), ("TIFF", {}))


def sources(rng: Generator) -> list[bytes]:
    """Sound files of every format: grey and coloured pictures, volumes of both versions and orders."""
    files = []
    for dtype in (np.uint8, np.int16, np.float32):
        for kind in (nibabel.Nifti1Image, nibabel.Nifti2Image):
            for order in "<>":
                header = kind.header_class(endianness=order)
                header.set_data_dtype(dtype)
                volume = kind(
                    rng.integers(0, 200, (9, 8, 7)).astype(dtype), np.diag([-1.0, 1.0, 2.0, 1.0]), header
                )
                files.append(volume.to_bytes())
    grey, colours = (rng.integers(0, 255, shape, np.uint8) for shape in ((40, 48), (40, 48, 3)))
    for array in (grey, colours, grey.astype(np.uint16) * 200):
        for kind, settings in _KINDS:
            if array.dtype == np.uint8 or kind != "JPEG":
                stream = io.BytesIO()
                Image.fromarray(array).save(stream, kind, **settings)
                files.append(stream.getvalue())
    return files


def mutated_format(data: bytes, other: bytes, rng: Generator) -> bytes:
    """The bytes with a piece cut out, doubled or taken from `other`, the end missing, or a few bytes changed.

    Most changes are in the header. Checksums of a PNG are made right again for half of them, so that decoders
    see what is behind; half of the volumes are packed.
    """
    out = bytearray(data)
    at, length = int(rng.integers(len(out))), int(rng.integers(1, 64))
    kind = int(rng.integers(10))
    if kind == 0:
        del out[at : at + length]
    elif kind == 1:
        out[at:at] = out[at : at + length]
    elif kind == 2:
        del out[max(at, 8) :]
    elif kind == 3:
        out[:at] = other[: int(rng.integers(len(other)))]
    else:
        end = min(_HEADER_BYTES, len(out)) if kind < 8 else len(out)
        for place in rng.integers(4, end, int(rng.integers(1, 6))):
            out[place] = int(rng.integers(256))
    changed = bytes(out)
    if changed.startswith(_SIGNATURE) and rng.integers(2):
        return _with_checksums(changed)
    is_picture = changed[:2] in (b"II", b"MM", b"\xff\xd8") or changed.startswith(_SIGNATURE)
    return gzip.compress(changed, 1, mtime=0) if not is_picture and rng.integers(2) else changed


def format_bombs() -> dict[str, bytes]:
    """Small files, by name, that announce or unfold to far more than a reader should take."""
    volume = nibabel.Nifti1Image(np.zeros((4, 4, 4), np.int16), np.eye(4)).to_bytes()
    wide = struct.pack(">IIBBBBB", 65535, 65535, 16, 2, 0, 0, 0)
    large = struct.pack(">IIBBBBB", 12000, 12000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(12000 * (1 + 3 * 12000)), 9)
    huge = volume[:40] + struct.pack("<8h", 3, 1000, 1000, 1000, 1, 1, 1, 1) + volume[56:]
    page = struct.pack("<2sHIH", b"II", 42, 8, 1) + struct.pack("<HHII", 256, 4, 1, 9) + struct.pack("<I", 8)
    return {
        "png-65535x65535": _SIGNATURE + _chunk(b"IHDR", wide) + _chunk(b"IDAT", b"") + _chunk(b"IEND", b""),
        "png-of-432-MB": _SIGNATURE + _chunk(b"IHDR", large) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b""),
        "png-of-empty-chunks": _SIGNATURE + _chunk(b"tEXt", b"") * (1 << 20) + _chunk(b"IEND", b""),
        "nifti-of-2-GB": huge,
        "nifti-gz-of-2-GB": gzip.compress(huge + bytes(64 << 20), 9, mtime=0),
        "nifti-gz-of-512-MB-behind": gzip.compress(volume + bytes(512 << 20), 9, mtime=0),
        "tiff-in-a-circle": page,
        "tiff-of-60000-entries": struct.pack("<2sHIH", b"II", 42, 8, 60000) + bytes(1000),
    }


def _with_checksums(data: bytes) -> bytes:
    """The chunks of a PNG with right checksums, as far as they can be told apart."""
    out, position = [data[:8]], 8
    while position + 12 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        if position + 12 + length > len(data):
            break
        body = data[position + 4 : position + 8 + length]
        out.append(data[position : position + 4] + body + struct.pack(">I", zlib.crc32(body)))
        position += 12 + length
    return b"".join([*out, data[position:]])


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
