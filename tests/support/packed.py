"""Archives written for tests."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping


def zipped(files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    """A zip with these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.comment = comment
    return made.getvalue()


def locked(archive: bytes) -> bytes:
    """The zip with its first file said to be encrypted."""
    made = bytearray(archive)
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        made[made.index(magic) + flags] |= 1
    return bytes(made)


def tarred(files: Mapping[str, bytes], *, mode: str = "w", pax: bool = True, link: str = "") -> bytes:
    """A tape archive with these files, and a link of that name; `mode` as that of `tarfile.open`."""
    made = io.BytesIO()
    kind = tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT
    with tarfile.open(fileobj=made, mode=mode, format=kind) as archive:
        for name, data in files.items():
            add(archive, name, data)
        if link:
            add(archive, link, type=tarfile.SYMTYPE, linkname=link)
    return made.getvalue()


def add(archive: tarfile.TarFile, name: str, data: bytes = b"", **fields: object) -> None:
    """Adds a path to an open tape archive, with fields of its header such as `type`."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    archive.addfile(info, io.BytesIO(data))
