"""The files of a zip archive by its directory, and their bytes."""

from __future__ import annotations

import bz2
import stat
import zipfile
import zlib
from collections.abc import Callable
from typing import BinaryIO

from pipeline.ingest.limits import FileLimits, most_unpacked
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.source.archives import Member

_LOCAL_HEADER_BYTES, _LOCAL_MAGIC = 30, b"PK\x03\x04"
_ENCRYPTED = 0x1  # of the general purpose flags, APPNOTE.TXT 4.4.4
_STORED, _DEFLATED, _BZIP2 = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2
_UNIX = 3
_OFFICE = (
    frozenset({"[Content_Types].xml", "_rels/.rels"}),
    frozenset({"mimetype", "META-INF/manifest.xml"}),
)
"""What every document of an office program holds: Office Open XML, and OpenDocument."""


def directory(stream: BinaryIO, size: int, limits: FileLimits) -> list[zipfile.ZipInfo]:
    """What a zip of `size` bytes holds, in the order of its bytes, without folders.

    Raises Refusal: `archive_damaged`, `limit_exceeded` for a bomb, `not_dicom` for an office document.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it meets in foreign bytes, the archive can't be read
        raise Refusal("archive_damaged", type(error).__name__) from None
    if len(infos) > limits.members:
        raise Refusal("limit_exceeded", f"more than {limits.members} files in an archive")
    names = {info.filename for info in infos}
    if any(parts <= names for parts in _OFFICE):
        raise Refusal("not_dicom", "a document of an office program")
    infos.sort(key=lambda info: info.header_offset)
    # Overlapping entries are how small archives unfold to terabytes.
    _check_apart(infos, size)
    # No limit but that of bombs: `file_mb` bounds each file, not the archive.
    total, most = sum(info.file_size for info in infos), most_unpacked(size, 1 << 62)
    if total > most:
        raise Refusal("limit_exceeded", f"unfolds to {total} bytes, allowed {most}")
    return infos


def refusal_of(info: zipfile.ZipInfo, file_bytes: int) -> tuple[str, str]:
    """The reason, with its detail, for which a file of the directory is not read; ("", "") where it is."""
    mode = info.external_attr >> 16 if info.create_system == _UNIX else 0
    if stat.S_ISLNK(mode):
        return "link_not_followed", ""
    if stat.S_IFMT(mode) and not stat.S_ISREG(mode):
        return "special_file", ""
    if info.flag_bits & _ENCRYPTED:
        return "encrypted", ""
    if info.compress_type not in (_STORED, _DEFLATED, _BZIP2):
        return "archive_not_opened", f"compression method {info.compress_type} of zip"
    if max(info.file_size, info.compress_size) > file_bytes:
        return "limit_exceeded", f"{max(info.file_size, info.compress_size)} bytes"
    if info.file_size > most_unpacked(info.compress_size, file_bytes):
        return "limit_exceeded", f"unfolds to {info.file_size} bytes"
    return "", ""


def read(pread: Callable[[int, int], bytes], member: Member) -> bytes:
    """The bytes of a file, compared with their checksum. Raises Refusal `archive_damaged`."""
    header = pread(member.offset, _LOCAL_HEADER_BYTES)
    if header[:4] != _LOCAL_MAGIC or len(header) < _LOCAL_HEADER_BYTES:
        raise Refusal("archive_damaged", "the local header is not one")
    # The lengths of the local header count: those of the directory may differ (APPNOTE.TXT 4.3.7).
    name, extra = (int.from_bytes(header[place : place + 2], "little") for place in (26, 28))
    data = pread(member.offset + _LOCAL_HEADER_BYTES + name + extra, member.packed)
    try:
        if member.method == _DEFLATED:
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, member.size + 1)
        elif member.method == _BZIP2:
            data = bz2.BZ2Decompressor().decompress(data, member.size + 1)
    except (OSError, EOFError, ValueError, zlib.error):
        raise Refusal("archive_damaged", "the compressed data are damaged") from None
    if len(data) != member.size or zlib.crc32(data) != member.crc:
        raise Refusal("archive_damaged", "size or checksum is not the one of the directory")
    return data


def _check_apart(infos: list[zipfile.ZipInfo], size: int) -> None:
    """Raises Refusal where files of the directory share bytes: a bomb, or damage."""
    starts = [info.header_offset for info in infos] + [size]
    for info, following in zip(infos, starts[1:], strict=True):
        if info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size > following:
            raise Refusal("archive_damaged", "files of its directory overlap")
