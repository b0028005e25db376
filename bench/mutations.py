"""Real DICOM files damaged at random, no image twice, and bombs made to exhaust a reader."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pydicom.data
from numpy.random import Generator

from pipeline.ingest.dicom.container import open_container
from pipeline.ingest.reasons import Refusal

WHEEL = Path(pydicom.data.__file__).parent / "test_files"
"""Real files of the pydicom wheel."""

_SOP_INSTANCE = 0x00080018
_EXPLICIT, _DEFLATED, _RLE = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5"
_LONG = (b"OB", b"OW", b"SQ")
_UNDEFINED = 0xFFFFFFFF
_ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, _UNDEFINED)
_CLOSED = struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)


def renamed(data: bytes, number: int) -> bytes:
    """The file with the end of its instance UID replaced by the number, so that it is no copy of another."""
    try:
        dataset = open_container(data, depth=32, inflated_bytes=1 << 26).dataset
        _, start, length = dataset.elements[_SOP_INSTANCE]
    except (Refusal, KeyError):
        return data
    digits = b"%05d" % number
    end = start + length - 2  # before a NUL or digit of padding
    return data[: end - len(digits)] + digits + data[end:] if length > 2 + len(digits) else data


def mutated(data: bytes, other: bytes, rng: Generator) -> bytes:
    """The bytes with a piece cut out, doubled or taken from `other`, lengths changed, the end missing, or
    a few bytes changed, mostly in the pixels."""
    out = bytearray(data)
    at, length = int(rng.integers(len(out))), int(rng.integers(1, 64))
    kind = int(rng.integers(12))
    if kind == 0:
        del out[at : at + length]
    elif kind == 1:
        out[at:at] = out[at : at + length]
    elif kind == 2:
        del out[at:]
    elif kind == 3:
        _change_lengths(out, rng)
    elif kind == 4:
        out[:at] = other[: int(rng.integers(len(other)))]
    else:
        first = 128 if kind < 7 else len(out) // 2
        for place in rng.integers(min(first, len(out) - 1), len(out), int(rng.integers(1, 9))):
            out[place] = int(rng.integers(256))
    return bytes(out)


def _change_lengths(out: bytearray, rng: Generator) -> None:
    """Other lengths for one to three elements, where the file's elements are found."""
    try:
        elements = open_container(bytes(out), depth=32, inflated_bytes=1 << 26).dataset.elements
    except Refusal:
        return
    places = sorted(start for _, start, _ in elements.values() if 4 <= start <= len(out))
    for place in rng.choice(places, min(3, len(places))) if places else ():
        width = int(rng.choice((2, 4)))
        wrong = int(rng.choice((0, 1, 0xFFFF, 0x7FFFFFFE, _UNDEFINED, int(rng.integers(1 << 20)))))
        out[place - width : place] = (wrong % (1 << 8 * width)).to_bytes(width, "little")


def bombs() -> dict[str, bytes]:
    """Small files, by name, that announce or unfold to far more than a reader should take."""
    wide = (65535, 65535)
    pixels, private = 0x7FE00010, 0x00290010
    announced = 0x7FFFFFFE  # two gigabytes
    native, run_length = _meta(_EXPLICIT), _meta(_RLE)
    return {
        "deflate-512MiB": _meta(_DEFLATED) + _deflated(_image(16384, 16384, bits=8), 512),
        "native-65535x65535": native + _image(*wide) + _element(pixels, b"OW", b"\0" * 4),
        "rle-65535x65535": run_length + _image(*wide) + _run_length(64),
        "rle-200-frames": run_length + _image(1024, 1024, frames=200) + _run_length(1 << 13),
        "rle-one-frame-of-800-MB": run_length + _image(20000, 20000) + _run_length(3125000),
        "nested-50000": native + _nested(50000) + _image(4, 4),
        "pixels-2GB": native + _image(16, 16) + _element(pixels, b"OW", b"\0" * 512, announced),
        "element-2GB": native + _element(private, b"OB", b"\0", announced) + _image(16, 16),
    }


def _element(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    value += b"\0" * (len(value) % 2)
    size = len(value) if length is None else length
    width = "xxI" if vr in _LONG else "H"
    return struct.pack(f"<HH2s{width}", tag >> 16, tag & 0xFFFF, vr, size) + value


def _meta(syntax: str) -> bytes:
    body = _element(0x00020010, b"UI", syntax.encode())
    return b"\0" * 128 + b"DICM" + _element(0x00020000, b"UL", struct.pack("<I", len(body))) + body


def _image(rows: int, columns: int, *, bits: int = 16, frames: int = 1) -> bytes:
    """The header of a grey image of a size, up to its pixel data."""
    name = f"2.25.{rows}{columns}{bits}{frames}".encode()
    texts = {0x00080016: b"1.2.840.10008.5.1.4.1.1.7", 0x00080018: name, 0x0020000D: name, 0x0020000E: name}
    elements = [_element(tag, b"UI", texts[tag]) for tag in (0x00080016, 0x00080018)]
    elements += [_element(0x00080060, b"CS", b"OT"), _element(0x00100020, b"LO", b"BOMB")]
    elements += [_element(tag, b"UI", texts[tag]) for tag in (0x0020000D, 0x0020000E)]
    elements.append(_element(0x00280004, b"CS", b"MONOCHROME2 "))
    elements.append(_element(0x00280008, b"IS", b"%d " % frames if frames < 10 else b"%d" % frames))
    numbers = {0x00280010: rows, 0x00280011: columns, 0x00280100: bits, 0x00280101: bits}
    numbers |= {0x00280102: bits - 1, 0x00280103: 0}
    return b"".join(elements) + b"".join(
        _element(tag, b"US", struct.pack("<H", number)) for tag, number in numbers.items()
    )


def _deflated(header: bytes, mebibytes: int) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = b"\0" * (1 << 20)
    out = stream.compress(header + _element(0x7FE00010, b"OB", b"", mebibytes << 20))
    return out + b"".join(stream.compress(block) for _ in range(mebibytes)) + stream.flush()


def _run_length(runs: int) -> bytes:
    """Pixel data of one RLE frame, each of its two segments so many runs of 128 zeros."""
    segment = b"\x81\0" * runs
    frame = struct.pack("<16I", 2, 64, 64 + len(segment), *[0] * 13) + 2 * segment
    items = [struct.pack("<HHI", 0xFFFE, 0xE000, len(part)) + part for part in (b"", frame)]
    closed = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return _element(0x7FE00010, b"OB", b"".join(items) + closed, _UNDEFINED)


def _nested(depth: int) -> bytes:
    return (_element(0x00081140, b"SQ", b"", _UNDEFINED) + _ITEM) * depth + _CLOSED * depth
