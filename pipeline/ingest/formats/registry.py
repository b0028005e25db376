"""The formats beside DICOM that are read: a module each, with the names of `description.Format`."""

from __future__ import annotations

import importlib
from typing import Final, cast

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.formats.description import Format
from pipeline.ingest.formats.nifti_header import is_nifti

FORMATS: Final = {
    "jpeg": "pipeline.ingest.formats.jpeg",
    "nifti": "pipeline.ingest.formats.nifti",
    "png": "pipeline.ingest.formats.png",
    "tiff": "pipeline.ingest.formats.tiff",
}
"""The module of each format, by the name under which `ingest.formats` states what such files are."""

_MAGIC: Final = {
    b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"II*\0": "tiff", b"MM\0*": "tiff",
    b"II+\0": "tiff", b"MM\0+": "tiff",
}  # fmt: skip
_UNREAD: Final = {
    b"GIF8": "GIF", b"NRRD0": "NRRD", b"\x89HDF\r\n\x1a\n": "HDF5 or MINC", b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"ObjectType": "MetaImage", b"%PDF-": "PDF",
}  # fmt: skip
_LONGEST: Final = 10  # bytes: the longest of these starts, MetaImage's


def format_of(data: Buffer) -> str:
    """The key of FORMATS of a file that begins as one of them does, whatever it is called; else ""."""
    # A preamble is anybody's 128 bytes: slides are written so that they are TIFF and DICOM at once.
    if data[128:132] == b"DICM":
        return ""
    start = bytes(data[:_LONGEST])
    named = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), "")
    return named or ("nifti" if is_nifti(data) else "")


def unread_format_of(data: Buffer) -> str:
    """What a file of no format that is read is, where it begins as one that is known; else ""."""
    start = bytes(data[:_LONGEST])
    return next((name for magic, name in _UNREAD.items() if start.startswith(magic)), "")


def format_module(name: str) -> Format:
    """The module of a format, imported when a file needs it."""
    return cast(Format, importlib.import_module(FORMATS[name]))
