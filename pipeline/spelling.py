"""The ways in which a value of a table may be written where it is read from the scans."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.invisible import visible

RETYPED: Final = frozenset({"patient", "accession", "stem"})
"""Identifiers that people type, and that a spreadsheet takes for numbers, so that leading zeros go."""

_UIDS: Final = frozenset({"sop", "series", "study"})
_LIKE_A_UID: Final = re.compile(r"[^\s/\\]*\d[^\s/\\]*")
"""Words without spaces and with a digit; that it has nothing else but points is not kept by all programs."""

_WHOLE: Final = re.compile(r"(\d+)\.0+")
_KEPT_AS_TEXT: Final = re.compile(r"""^(?:'(?=\d)|=\"(?=.*\"$))(.*?)\"?$""")
"""An apostrophe before a number, or a formula around it, by which spreadsheets keep its zeros."""
_DASHES: Final = re.compile("[‐-―−]")
_WIDTHS: Final = range(2, 17)
"""Identifiers have at most 16 characters (PS3.5 6.2, value representation SH)."""


def spellings(kind: str, value: str, folder: str) -> Iterator[str]:
    """The ways one value may be written as `kind`; `folder` is the table's folder as seen from RAW."""
    for written in _as_written(kind, value, folder):
        yield written
        if not written.isascii():  # file systems differ in how they compose accents
            yield from {unicodedata.normalize(form, written) for form in ("NFC", "NFD")} - {written}


def other_spellings(kind: str, value: str) -> Iterator[str]:
    """The spellings of a number with other leading zeros, of a word in capital and in small letters.

    And of any that has what programs put into it: marks that nobody sees, their own spaces and dashes, an
    apostrophe or a formula that keeps a number as text.

    >>> list(other_spellings("series", "P\\u200b1")), list(other_spellings("series", '="007"'))
    (['P1'], ['007'])
    """
    typed = _as_typed(value)
    if typed != value:
        yield from spellings(kind, typed, "")
    bare = whole(typed)
    if kind not in RETYPED:
        return
    if bare.isascii() and bare.isdigit():
        number = bare.lstrip("0") or "0"
        others = {number, *(number.zfill(width) for width in _WIDTHS)}
    else:
        others = {bare.upper(), bare.lower()}
    yield from sorted(others - {bare})


def whole(value: str) -> str:
    """123 for the 123.0 that spreadsheets make of it."""
    match = _WHOLE.fullmatch(value)
    return match.group(1) if match else value


def _as_typed(value: str) -> str:
    """The value as somebody typed it, before programs put something into it."""
    plain = _KEPT_AS_TEXT.sub(r"\1", visible(value))
    return " ".join(_DASHES.sub("-", plain).split())


def folder_in_raw(path: Path, raw: Path) -> str:
    """The table's folder as seen from RAW, empty when it lies outside or in RAW itself."""
    folder = path.resolve().parent
    inside = folder.is_relative_to(raw.resolve()) and folder != raw.resolve()
    return folder.relative_to(raw.resolve()).as_posix() if inside else ""


def _as_written(kind: str, value: str, folder: str) -> Iterator[str]:
    if kind == "path":
        yield from _paths(value, folder)
    elif kind in _UIDS and not _LIKE_A_UID.fullmatch(value):
        return
    elif kind in {"name", "stem"}:
        name = PurePosixPath(value.replace("\\", "/")).name
        yield name
        if kind == "stem":
            yield PurePosixPath(name).stem
            yield f"{name}.nii"  # what is left of the name of a `.nii.gz` file without its last ending
    else:
        yield value
    if whole(value) != value and kind != "path":
        yield whole(value)


def _paths(value: str, folder: str) -> Iterator[str]:
    """The path from the table's folder, as it stands, and without each of its leading folders."""
    parts = [part for part in value.replace("\\", "/").split("/") if part not in {"", "."}]
    if folder:
        yield "/".join((folder, *parts))
    for start in range(len(parts)):
        yield "/".join(parts[start:])
