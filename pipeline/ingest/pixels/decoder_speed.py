"""How fast each decoder is on this machine, measured on a picture made here; for `scanloom doctor`."""

from __future__ import annotations

import statistics
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.container import BIG_ENDIAN
from pipeline.ingest.pixels.codecs import CODECS, SYNTAXES, Syntax, decode
from pipeline.ingest.pixels.pixel_format import PixelFormat
from pipeline.ingest.reasons import Refusal

_SIDE, _BITS, _REPEATS = 512, 12, 5


@dataclass(frozen=True)
class DecoderRow:
    """One transfer syntax: who decodes it, in which version, and how long a 512 x 512 slice takes.

    `milliseconds` is None where the decoder isn't installed or gives wrong pixels. JPEG Baseline holds
    8 bits, all others 12 in 16.
    """

    name: str
    uid: str
    decoder: str
    version: str
    milliseconds: float | None


def decoder_table() -> list[DecoderRow]:
    """The table of transfer syntaxes, in the order of the standard, measured now (in this process)."""
    return [_row(uid, syntax) for uid, syntax in SYNTAXES.items()]


def _row(uid: str, syntax: Syntax) -> DecoderRow:
    codec = CODECS[syntax.codec]
    try:
        return DecoderRow(syntax.name, uid, codec.package, codec.version(), _milliseconds(uid, syntax))
    except (ImportError, Refusal):
        return DecoderRow(syntax.name, uid, codec.package, "missing", None)


def _milliseconds(uid: str, syntax: Syntax) -> float | None:
    bits = 8 if uid.endswith(".4.50") else _BITS
    image = _picture(bits)
    form = _form(bits)
    data = _ENCODERS[syntax.codec](image.byteswap() if uid == BIG_ENDIAN else image)
    seconds = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        array, _ = decode(data, form, syntax)
        seconds.append(time.perf_counter() - started)
    if not syntax.lossy and not np.array_equal(array, image):
        return None
    return 1000 * statistics.median(seconds)


def _picture(bits: int) -> NDArray[Any]:
    """A disc with soft shading and noise, as smooth and as noisy as a slice is: `(512, 512)`."""
    axis = np.linspace(-1.0, 1.0, _SIDE)
    radius = np.hypot(axis[:, None], axis[None, :])
    noise = np.random.default_rng(1).normal(0.0, 0.004, (_SIDE, _SIDE))
    values = np.where(radius < 0.8, 0.5 + 0.2 * np.cos(9.0 * radius) + noise, 0.02)
    picture: NDArray[Any] = (values * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    return picture


def _form(bits: int) -> PixelFormat:
    return PixelFormat(
        rows=_SIDE, columns=_SIDE, frames=1, samples=1, photometric="MONOCHROME2", kind="integer",
        bits_allocated=8 if bits == 8 else 16, bits_stored=bits, signed=False, planar=False,
    )  # fmt: skip


def _deflated(image: NDArray[Any]) -> bytes:
    stream = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return stream.compress(image.tobytes()) + stream.flush()


def _run_length(image: NDArray[Any]) -> bytes:
    import imagecodecs

    planes = image.view(np.uint8).reshape(_SIDE, _SIDE, 2)
    segments = [bytes(imagecodecs.packbits_encode(planes[..., byte])) for byte in (1, 0)]
    return struct.pack("<16I", 2, 64, 64 + len(segments[0]), *[0] * 13) + b"".join(segments)


def _jpeg(image: NDArray[Any]) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.jpeg_encode(image, bitspersample=8 if image.dtype == np.uint8 else _BITS))


def _jpeg_lossless(image: NDArray[Any]) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.ljpeg_encode(image, bitspersample=_BITS))


def _jpeg_ls(image: NDArray[Any]) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.jpegls_encode(image))


def _jpeg_2000(image: NDArray[Any]) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.jpeg2k_encode(image, codecformat="j2k", reversible=True, bitspersample=_BITS))


def _htj2k(image: NDArray[Any]) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.htj2k_encode(image, reversible=True))


_ENCODERS: dict[str, Callable[[NDArray[Any]], bytes]] = {
    "native": lambda image: image.tobytes(),
    "deflate": _deflated,
    "rle": _run_length,
    "jpeg": _jpeg,
    "jpeg_lossless": _jpeg_lossless,
    "jpeg_ls": _jpeg_ls,
    "jpeg_2000": _jpeg_2000,
    "htj2k": _htj2k,
}
