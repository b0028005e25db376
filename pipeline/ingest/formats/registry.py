"""The formats beside DICOM that are read: a module each, with the names of `description.Format`."""

from __future__ import annotations

import importlib
import re
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
_PICTURE, _VOLUME, _FILM = "a kind of picture", "a kind of volume", "a film"
_UNREAD: Final = {
    rb"GIF8[79]a": ("GIF", _PICTURE),
    rb"BM.{4}\0{4}.{4}[\x0c(46@l|]\0{3}": ("BMP", _PICTURE),  # two letters alone begin many a text
    rb"RIFF.{4}WEBP": ("WebP", _PICTURE),
    rb".{4}ftyp(?:avif|avis)": ("AVIF", _PICTURE),
    rb".{4}ftyp(?:heic|heix|hevc|hevx|mif1|msf1)": ("HEIC", _PICTURE),
    rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51": ("JPEG 2000", _PICTURE),
    rb"\0\0\0\x0cJXL ": ("JPEG XL", _PICTURE),
    rb"8BPS\0[\x01\x02]": ("Photoshop", _PICTURE),
    rb"P[56]\s+(?:#[^\n]*\n)?\d+\s+\d+\s+\d+\s": ("PNM", _PICTURE),
    rb"NRRD0": ("NRRD", _VOLUME),
    rb"(?:ObjectType|NDims)\s*=": ("MetaImage", _VOLUME),
    rb"\x89HDF\r\n\x1a\n|CDF[\x01\x02]": ("HDF5 or MINC", _VOLUME),
    rb"(?:\x5c\x01\0\0|\0\0\x01\x5c).{34}r\0|(?:\x5c\x01\0\0|\0\0\x01\x5c).{344}\Z": ("Analyze", _VOLUME),
    rb"RIFF.{4}AVI |.{4}ftyp(?:isom|mp4|qt  |M4V )": ("MPEG or AVI", _FILM),
    rb"%PDF-": ("PDF", "a document"),
}
"""How files begin that are of no format that is read, with the name of that format and what it holds."""
_LONGEST: Final = 349  # bytes: one more than the longest of these, a header of Analyze


def format_of(data: Buffer) -> str:
    """The key of FORMATS of a file that begins as one of them does, whatever it is called; else ""."""
    # A preamble is anybody's 128 bytes: slides are written so that they are TIFF and DICOM at once.
    if data[128:132] == b"DICM":
        return ""
    start = bytes(data[: max(map(len, _MAGIC))])
    named = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), "")
    return named or ("nifti" if is_nifti(data) else "")


def unread_format_of(data: Buffer) -> str:
    """Words on what a file of no format that is read is, where it begins as one that is known; else ""."""
    start = bytes(data[:_LONGEST])
    found = (
        f"{name}, {kind}" for begin, (name, kind) in _UNREAD.items() if re.match(begin, start, re.DOTALL)
    )
    return next(found, "")


def format_module(name: str) -> Format:
    """The module of a format, imported when a file needs it."""
    return cast(Format, importlib.import_module(FORMATS[name]))
