"""What is packed, by its first bytes; and where a file lies inside an archive that is read in place.

Nothing is unpacked to disk: a member is read out of its archive each time, as a file is out of a folder.
"""

from __future__ import annotations

import contextlib
import tarfile
from dataclasses import dataclass
from typing import Literal

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.formats.nifti import announced_bytes
from pipeline.ingest.formats.nifti_header import HEADER_BYTES, is_nifti
from pipeline.ingest.limits import most_unpacked
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.source.inflating import Inflating

Packing = Literal["zip", "tar", "tar.gz"]
READABLE: tuple[Packing, ...] = ("zip", "tar", "tar.gz")

_MAGIC = {
    b"PK\x03\x04": ("zip", 0), b"PK\x05\x06": ("zip", 0), b"\x1f\x8b": ("gzip", 0),
    b"7z\xbc\xaf\x27\x1c": ("7z", 0), b"Rar!\x1a\x07": ("RAR", 0), b"BZh": ("bzip2", 0),
    b"\xfd7zXZ\x00": ("xz", 0), b"\x28\xb5\x2f\xfd": ("zstd", 0), b"CD001": ("ISO 9660", 32769),
}  # fmt: skip
_TAR_BLOCK = 512


@dataclass(frozen=True)
class Member:
    """Where the `size` bytes of a file lie in its archive, whose token, path in RAW, size and time these are.

    `offset` is that of a zip's local header, or of the bytes in a tar as it is when inflated; `packed` is
    their number in a zip, `method` and `crc` what its directory says. `version` stands for the file's time:
    it changes with its bytes, or with the archive where that says nothing of them.
    """

    archive: str
    archive_path: str
    packing: Packing
    archive_size: int
    archive_mtime_ns: int
    version: int
    size: int
    offset: int
    packed: int = 0
    method: int = 0
    crc: int = 0


def opened_packing(data: Buffer, file_bytes: int) -> tuple[str, Buffer]:
    """How the bytes of a file are packed, "" if they aren't, and the bytes: inflated for a file in gzip.

    Raises Refusal where a gzip stream is damaged or inflates to more than is allowed.
    """
    packing = packing_of(data)
    if packing != "gzip":
        return packing, data
    stream = Inflating(lambda start, length: bytes(data[start : start + length]))
    stream.most_bytes = most_unpacked(len(data), file_bytes)
    if is_tar(stream.read_at(0, _TAR_BLOCK)):
        return "tar.gz", data
    head = stream.read_at(0, HEADER_BYTES)
    if is_nifti(head):  # masks deflate by more than any image: how large it is to become, its header tells
        with contextlib.suppress(Refusal):  # it is told where the header is read
            stream.most_bytes = max(stream.most_bytes, min(file_bytes, announced_bytes(head)))
    plain = stream.read_at(0, stream.most_bytes + 1)
    inner = packing_of(plain)
    return (f"{inner} inside gzip" if inner else ""), plain


def packing_of(data: Buffer) -> str:
    """How the bytes of a file are packed, by what they begin with; "" for anything else."""
    # A preamble is anybody's 128 bytes, and may look like an archive.
    if data[128:132] == b"DICM":
        return ""
    for magic, (packing, start) in _MAGIC.items():
        if data[start : start + len(magic)] == magic:
            return packing
    return "tar" if is_tar(data[:_TAR_BLOCK]) else ""


def is_tar(block: bytes) -> bool:
    """Whether a first block of 512 bytes is the header of a tape archive: its checksum says so."""
    if block[148:156].strip(b"\0 01234567"):  # eight octal digits, in all but a handful of files not
        return False
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True
