"""The one table from transfer syntax to decoder, and each decoder behind the same call.

A decoder gets one compressed frame whose header was held against the data set, and gives an array of
bit patterns: unsigned integers `(rows, columns)` or `(rows, columns, 3)`. Nothing is decoded in the
parent process: decoders of foreign bytes crash, hang and panic.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.pixels.codestreams import (
    Codestream,
    begins_jpeg,
    begins_rle,
    read_jpeg,
    read_jpeg2000,
    rle_segments,
    without_boxes,
)
from pipeline.ingest.pixels.native import unpack_native
from pipeline.ingest.pixels.pixel_format import PixelFormat
from pipeline.ingest.reasons import Refusal

Array = NDArray[Any]

_BASELINE, _EXTENDED, _LOSSLESS, _JPEG_LS, _JPEG_2000 = 0xC0, 0xC1, 0xC3, 0xF7, 0x4F


@dataclass(frozen=True)
class Syntax:
    """One transfer syntax: its name, the key of its codec, and whether it may lose information."""

    name: str
    codec: str
    lossy: bool = False


SYNTAXES: dict[str, Syntax] = {
    "1.2.840.10008.1.2": Syntax("Implicit VR Little Endian", "native"),
    "1.2.840.10008.1.2.1": Syntax("Explicit VR Little Endian", "native"),
    "1.2.840.10008.1.2.2": Syntax("Explicit VR Big Endian", "native"),
    "1.2.840.10008.1.2.1.99": Syntax("Deflated Explicit VR Little Endian", "native"),
    "1.2.840.10008.1.2.8.1": Syntax("Deflated Image Frame", "deflate"),
    "1.2.840.10008.1.2.5": Syntax("RLE Lossless", "rle"),
    "1.2.840.10008.1.2.4.50": Syntax("JPEG Baseline", "jpeg", lossy=True),
    "1.2.840.10008.1.2.4.51": Syntax("JPEG Extended", "jpeg", lossy=True),
    "1.2.840.10008.1.2.4.57": Syntax("JPEG Lossless", "jpeg_lossless"),
    "1.2.840.10008.1.2.4.70": Syntax("JPEG Lossless SV1", "jpeg_lossless"),
    "1.2.840.10008.1.2.4.80": Syntax("JPEG-LS Lossless", "jpeg_ls"),
    "1.2.840.10008.1.2.4.81": Syntax("JPEG-LS Near Lossless", "jpeg_ls", lossy=True),
    "1.2.840.10008.1.2.4.90": Syntax("JPEG 2000 Lossless", "jpeg_2000"),
    "1.2.840.10008.1.2.4.91": Syntax("JPEG 2000", "jpeg_2000", lossy=True),
    "1.2.840.10008.1.2.4.201": Syntax("HTJ2K Lossless", "htj2k"),
    "1.2.840.10008.1.2.4.202": Syntax("HTJ2K Lossless RPCL", "htj2k"),
    "1.2.840.10008.1.2.4.203": Syntax("HTJ2K", "jpeg_2000", lossy=True),  # OpenJPH wraps what overshoots
}

UNSUPPORTED: dict[str, str] = {
    "1.2.840.113619.5.2": "GE private implicit big endian",
    "1.2.840.10008.1.2.1.98": "encapsulated uncompressed",
    **{f"1.2.840.10008.1.2.4.{number}": "retired JPEG" for number in (*range(52, 57), *range(58, 67))},
    **{f"1.2.840.10008.1.2.4.{number}": "MPEG video" for number in range(100, 109)},
    "1.2.840.10008.1.2.4.92": "JPEG 2000 multi-component",
    "1.2.840.10008.1.2.4.93": "JPEG 2000 multi-component",
    "1.2.840.10008.1.2.4.94": "JPIP referenced",
    "1.2.840.10008.1.2.4.95": "JPIP referenced",
    "1.2.840.10008.1.2.4.204": "JPIP referenced",
    "1.2.840.10008.1.2.4.205": "JPIP referenced",
    **{f"1.2.840.10008.1.2.7.{number}": "SMPTE video" for number in range(1, 4)},
    "1.2.840.10008.1.2.4.110": "JPEG XL",
    "1.2.840.10008.1.2.4.111": "JPEG XL",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
}


@dataclass(frozen=True)
class Codec:
    """How frames of one kind are read: `package` is what must be installed, `read` checks and decodes.

    `read` returns the array and the colour model of its samples where the stream itself names one.
    `begins` says of a fragment's first bytes whether a frame begins there.
    """

    package: str
    version: Callable[[], str]
    read: Callable[[bytes, PixelFormat, Syntax], tuple[Array, str | None]]
    begins: Callable[[bytes], bool] = begins_jpeg


def syntax_of(uid: str) -> Syntax:
    """The table's row. Raises Refusal `transfer_syntax_unsupported`; only known UIDs are repeated."""
    if uid in SYNTAXES:
        return SYNTAXES[uid]
    known = UNSUPPORTED.get(uid)
    raise Refusal("transfer_syntax_unsupported", f"{known} ({uid})" if known else "private or unknown")


def decode(data: bytes, form: PixelFormat, syntax: Syntax) -> tuple[Array, str | None]:
    """One frame's bit patterns, and the colour model that the stream names.

    Raises Refusal: `decoder_missing`, `decode_error`, or one of the checks of the stream's header.
    """
    codec = CODECS[syntax.codec]
    try:
        array, colour = codec.read(data, form, syntax)
    except Refusal:
        raise
    except ImportError:
        raise Refusal("decoder_missing", codec.package) from None
    except (KeyboardInterrupt, SystemExit):
        raise
    except MemoryError:
        raise Refusal("limit_exceeded", "memory") from None
    except BaseException as error:  # noqa: BLE001  a Rust panic is a BaseException
        raise Refusal("decode_error", f"{codec.package}: {type(error).__name__}") from None
    shape = (form.rows, form.columns, form.samples)[: 2 if form.samples == 1 else 3]
    if array.shape != shape:
        raise Refusal("decode_error", f"the decoder returned the shape {array.shape}, expected {shape}")
    return array, colour


def _rle(data: bytes, form: PixelFormat, syntax: Syntax) -> tuple[Array, None]:
    """A segment for each byte of each sample, the highest byte first (PS3.5 G.2)."""
    pixels, size = form.rows * form.columns, form.bits_allocated // 8
    packed = rle_segments(data, segments=form.samples * size, segment_bytes=pixels)
    unpack = importlib.import_module("imagecodecs").packbits_decode
    # Each byte of a sample is a segment of its own, so that equal high bytes compress well.
    planes = [np.frombuffer(unpack(segment, out=pixels), np.uint8) for segment in packed]
    if any(len(plane) != pixels for plane in planes):
        raise Refusal("decode_error", "an RLE segment is too short for the frame")
    samples = [_joined(planes[first : first + size]) for first in range(0, len(planes), size)]
    shape = (form.rows, form.columns)
    if form.samples == 1:
        return samples[0].reshape(shape), None
    return np.stack(samples, axis=-1).reshape(*shape, form.samples), None


def _joined(planes: Sequence[Array]) -> Array:
    """Numbers from their bytes, the highest first."""
    whole: Array = planes[0].astype(f"<u{len(planes)}")
    for plane in planes[1:]:
        whole <<= 8
        whole |= plane
    return whole


def _deflate(data: bytes, form: PixelFormat, syntax: Syntax) -> tuple[Array, None]:
    size = -(-form.frame_bits // 8)
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    raw = stream.decompress(data, size + 2)
    if not stream.eof or size > len(raw) or len(raw) > size + 1:
        raise Refusal("decode_error", "a deflated frame has not the size of the image")
    return unpack_native(raw, form, "<"), None


def _jpeg(data: bytes, form: PixelFormat, syntax: Syntax) -> tuple[Array, str | None]:
    stream = read_jpeg(data)
    _hold_against(stream, form, (_BASELINE, _EXTENDED))
    blocks = -(-form.rows // 8) * -(-form.columns // 8)
    if 4 * len(data) < blocks:  # a block takes two bits at least
        raise Refusal("decode_error", "a JPEG frame is too short for its size")
    codecs = importlib.import_module("imagecodecs")
    if form.samples == 1:
        return codecs.jpeg_decode(data, bitspersample=stream.bits), None
    # A stream that names no model is what the header says; one that does is right, since it was made with it.
    colour = stream.colour or ("RGB" if form.photometric == "RGB" else "YBR")
    # Colours are left as the stream has them: turning them is the value chain's, in one way for all codecs.
    space = "RGB" if colour == "RGB" else "YCBCR"
    return codecs.jpeg8_decode(data, colorspace=space, outcolorspace=space), stream.colour


def _jpeg_lossless(data: bytes, form: PixelFormat, syntax: Syntax) -> tuple[Array, None]:
    _hold_against(read_jpeg(data), form, (_LOSSLESS,))
    if 8 * len(data) < form.samples_per_frame:  # a difference takes one bit at least
        raise Refusal("decode_error", "a JPEG frame is too short for its size")
    return importlib.import_module("imagecodecs").ljpeg_decode(data), None


def _jpeg_ls(data: bytes, form: PixelFormat, syntax: Syntax) -> tuple[Array, None]:
    stream = read_jpeg(data)
    _hold_against(stream, form, (_JPEG_LS,))
    return _fitted(importlib.import_module("imagecodecs").jpegls_decode(data), stream, form, syntax), None


def _jpeg_2000(data: bytes, form: PixelFormat, syntax: Syntax) -> tuple[Array, str | None]:
    data = without_boxes(data)
    stream = read_jpeg2000(data)
    _hold_against(stream, form, (_JPEG_2000,))
    array = importlib.import_module("imagecodecs").jpeg2k_decode(data, numthreads=1)
    return _fitted(array, stream, form, syntax), stream.colour


def _htj2k(data: bytes, form: PixelFormat, syntax: Syntax) -> tuple[Array, str | None]:
    data = without_boxes(data)
    stream = read_jpeg2000(data)
    _hold_against(stream, form, (_JPEG_2000,))
    array = importlib.import_module("imagecodecs").htj2k_decode(data, planar=False)
    return _fitted(array, stream, form, syntax), stream.colour


def _hold_against(stream: Codestream, form: PixelFormat, processes: tuple[int, ...]) -> None:
    """Raises Refusal unless the stream is of the announced kind and has the announced frame."""
    if stream.process not in processes:
        raise Refusal("transfer_syntax_unsupported", "the stream is of another JPEG process than announced")
    of_stream = (stream.rows, stream.columns, stream.samples)
    if of_stream != (form.rows, form.columns, form.samples):
        raise Refusal(
            "inconsistent_pixel_attributes",
            "rows, columns, samples of the compressed frame are {}, {}, {}, of the header {}, {}, {}".format(
                *of_stream, form.rows, form.columns, form.samples
            ),
        )
    if not _bits_fit(stream, form):
        raise Refusal(
            "inconsistent_pixel_attributes",
            f"{stream.bits} bits in the compressed frame, BitsAllocated {form.bits_allocated}, "
            f"BitsStored {form.bits_stored}",
        )


def _bits_fit(stream: Codestream, form: PixelFormat) -> bool:
    """Whether the stream's numbers, cut to BitsStored, have their sign where the header puts it."""
    # JPEG and JPEG-LS have two bits at least; a segmentation of JPEG 2000 has one (PS3.5 8.2.4).
    least = 1 if stream.process == _JPEG_2000 else 2
    if not least <= stream.bits <= form.bits_allocated:
        return False
    if stream.signed and not form.signed:
        return stream.bits == form.bits_stored
    return bool(stream.signed) or not form.signed or stream.bits >= form.bits_stored


def _fitted(array: Array, stream: Codestream, form: PixelFormat, syntax: Syntax) -> Array:
    """The array with lossy overshoot cut to what BitsStored can hold: it would wrap around otherwise."""
    if not syntax.lossy or stream.bits <= form.bits_stored or bool(stream.signed) != form.signed:
        return array
    half = 1 << (form.bits_stored - 1)
    low, high = (-half, half - 1) if form.signed else (0, 2 * half - 1)
    return np.clip(array, low, high)


def _version_of(distribution: str) -> Callable[[], str]:
    def version() -> str:
        metadata = importlib.import_module("importlib.metadata")
        return str(metadata.version(distribution))

    return version


def _native(data: bytes, form: PixelFormat, syntax: Syntax) -> tuple[Array, None]:
    order = ">" if syntax is SYNTAXES["1.2.840.10008.1.2.2"] else "<"
    return unpack_native(data, form, order), None


_IMAGECODECS = _version_of("imagecodecs")
CODECS: dict[str, Codec] = {
    "native": Codec("numpy", _version_of("numpy"), _native),
    "deflate": Codec("zlib", lambda: zlib.ZLIB_RUNTIME_VERSION, _deflate, lambda start: True),
    "rle": Codec("imagecodecs", _IMAGECODECS, _rle, begins_rle),
    "jpeg": Codec("imagecodecs", _IMAGECODECS, _jpeg),
    "jpeg_lossless": Codec("imagecodecs", _IMAGECODECS, _jpeg_lossless),
    "jpeg_ls": Codec("imagecodecs", _IMAGECODECS, _jpeg_ls),
    "jpeg_2000": Codec("imagecodecs", _IMAGECODECS, _jpeg_2000),
    "htj2k": Codec("imagecodecs", _IMAGECODECS, _htj2k),
}
