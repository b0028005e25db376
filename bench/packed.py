"""Archives that are damaged at random, and archives made to exhaust a reader or to lead it astray."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence

from numpy.random import Generator

from bench.mutations import mutated, renamed

_IN_ONE = 5
_NAMES = ("/etc/a", "../../b", "c/../../d", "n" * 9000)


def damaged_archive(sources: Sequence[bytes], number: int, rng: Generator) -> bytes:
    """A zip, tar or tar.gz of a few real files, whole or with bytes changed, cut out or missing."""
    chosen = rng.integers(len(sources), size=_IN_ONE)
    files = {
        f"{place}.dcm": renamed(sources[int(index)], number * _IN_ONE + place)
        for place, index in enumerate(chosen)
    }
    pack = (zipped, tarred, lambda packed: gzip.compress(tarred(packed), 1))[number % 3]
    whole = pack(files)
    return mutated(whole, whole, rng) if rng.integers(4) else whole


def archive_bombs() -> dict[str, bytes]:
    """Small archives, by name, that announce or unfold to far more than a reader should take, or lie."""
    zeros, text = bytes(1 << 20), b"text"
    return {
        "zip-256-MB": zipped({"zeros": zeros * 256}),
        "zip-of-2000-files": zipped({f"{number}": text for number in range(2000)}),
        "zip-of-zips": zipped({f"{number}.zip": zipped({"zeros": zeros * 64}) for number in range(9)}),
        "zip-overlapping": _overlapping(zeros),
        "zip-names": _named(
            zipped_twice, ("/etc/a", "../../b", "c\\..\\d", "", "/", "..", "a\0b", "n" * 9000)
        ),
        "zip-directory-of-4-GB": _directory_of_4_gb(),
        "zip-locked": _patched(zipped({"a": text}), ((b"PK\x03\x04", 6, 1), (b"PK\x01\x02", 8, 1))),
        "zip-method-99": _patched(zipped({"a": text}), ((b"PK\x03\x04", 8, 99), (b"PK\x01\x02", 10, 99))),
        "tar-names": _named(tarred, _NAMES),
        "tar-links": _tar_of_links(),
        "tar-8-EB": _tar_of_size(8 << 60),
        "tar-name-of-1-GB": _tar_of_size(1 << 30, tarfile.GNUTYPE_LONGNAME),
        "tar-pax-of-1-GB": _tar_of_size(1 << 30, tarfile.XHDTYPE),
        "tar-sparse-without-end": _sparse(),
        "tar-cut": tarred({"a": zeros, "b": zeros})[: 1 << 20],
        "tgz-2-GB": gzip.compress(_tar_of_size(1 << 31)[:512] + zeros * 8) + gzip.compress(zeros * 64) * 32,
        "tgz-of-200-000-files": gzip.compress(tarred({"a": b""})[:512] * 200_000 + bytes(1024)),
        "gz-2-GB": gzip.compress(zeros * 64) * 32,
        "gz-in-gz": gzip.compress(gzip.compress(gzip.compress(zeros * 64))),
        "gz-of-empty-parts": gzip.compress(b"") * 50_000,
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip with these files."""
    return zipped_twice(list(files.items()))


def zipped_twice(files: Sequence[tuple[str, bytes]]) -> bytes:
    """A zip with these files; a name may come again."""
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def tarred(files: Mapping[str, bytes] | Sequence[tuple[str, bytes]]) -> bytes:
    """A tape archive with these files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in files.items() if isinstance(files, Mapping) else files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def _named(pack: Callable[[Sequence[tuple[str, bytes]]], bytes], names: Sequence[str]) -> bytes:
    """Each name twice."""
    return pack([(name, name.encode() + number) for name in names for number in (b"1", b"2")])


def _patched(data: bytes, places: Sequence[tuple[bytes, int, int]]) -> bytes:
    """With a byte set behind the first of each mark."""
    changed = bytearray(data)
    for mark, offset, value in places:
        changed[changed.index(mark) + offset] = value
    return bytes(changed)


def _overlapping(kernel: bytes) -> bytes:
    """A thousand names for one kernel of zeros (D. Fifield, A better zip bomb, WOOT 2019)."""
    changed = bytearray(zipped({f"{number}": kernel if not number else b"" for number in range(999)}))
    first = changed.index(b"PK\x01\x02")
    size, place = changed[first + 16 : first + 28], first
    while (place := changed.find(b"PK\x01\x02", place + 4)) > 0:
        changed[place + 16 : place + 28], changed[place + 42 : place + 46] = size, bytes(4)
    return bytes(changed)


def _directory_of_4_gb() -> bytes:
    changed = bytearray(zipped({"a": b"text"}))
    end = changed.index(b"PK\x05\x06")
    changed[end + 8 : end + 16] = struct.pack("<HHI", 0xFFFE, 0xFFFE, 0xFFFFFFF0)
    return bytes(changed)


def _tar_of_links() -> bytes:
    stream = io.BytesIO()
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for number, kind in enumerate(kinds):
            info = tarfile.TarInfo(f"{number}")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    return stream.getvalue()


def _tar_of_size(size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A file whose header announces more bytes than there are."""
    info = tarfile.TarInfo("a")
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT) + bytes(2048)


def _sparse() -> bytes:
    """A sparse file whose map says again and again that it goes on."""
    header = bytearray(tarfile.TarInfo("a").tobuf(tarfile.GNU_FORMAT))
    header[156:157], header[482] = tarfile.GNUTYPE_SPARSE, 1
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + (bytes(504) + b"\1" + bytes(7)) * 2000
