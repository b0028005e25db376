"""From the bytes of a file to its data set, transfer syntax and notes (PS3.10 section 7, PS3.5 annex A).

Preamble and meta group may be missing; then the syntax is the one under which the whole file parses.
A deflated data set is inflated in pieces up to a limit before anything of it is read.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import Any

from pipeline.ingest.dicom.dataset import Dataset, walk, walk_as_far
from pipeline.ingest.dicom.encoding import Buffer, Elements, Encoding, Order
from pipeline.ingest.dicom.templates import Template, Templates
from pipeline.ingest.limits import most_unpacked
from pipeline.ingest.reasons import Refusal

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Container:
    """An opened DICOM file: its data set, the UID of its transfer syntax ("" if none can be known), notes.

    `template` is the header that it shares with others of its series, None where that isn't known.
    """

    dataset: Dataset
    syntax: str
    notes: tuple[str, ...] = ()
    template: Template | None = None


def open_container(
    data: Buffer, *, depth: int, inflated_bytes: int, templates: Templates[Any] | None = None
) -> Container:
    """The data set of a file; `templates` hold the headers seen before.

    Raises Refusal: `not_dicom`, `corrupt_dataset`, `truncated_pixel_data` or `limit_exceeded`.
    """
    start, preamble = _beginning(data)
    known = None if templates is None else templates.find(data, depth)
    if known is not None:
        template, dataset = known
        return Container(dataset, template.syntax, template.notes, template)
    container, meta = _opened(data, start, depth, inflated_bytes, preamble=preamble)
    if not preamble:
        container = replace(container, notes=("no_preamble", *container.notes))
    if templates is None or container.dataset.data is not data:
        return container
    learned = templates.learn(container.dataset, container.syntax, container.notes, meta)
    return replace(container, template=learned)


def _opened(
    data: Buffer, start: int, depth: int, inflated_bytes: int, *, preamble: bool
) -> tuple[Container, Dataset]:
    """The data set read element by element, and the meta group."""
    if data[start : start + 2] != b"\2\0":
        container = _without_meta(data, start, depth=depth, preamble=preamble)
        return container, Dataset(data, Encoding(explicit=True, depth=depth), {}, start)
    meta, meta_end = _meta(data, start, Encoding(explicit=True, depth=depth))
    length = meta.whole("FileMetaInformationGroupLength")
    # Wrong in many files, which is harmless; a meta group beyond the file's end is damage.
    if length is not None and length > len(data):
        raise Refusal("corrupt_dataset", "the meta group is longer than the file")
    syntax = meta.text("TransferSyntaxUID")
    if not syntax:
        container = _without_meta(data, meta_end, depth=depth, preamble=preamble)
    elif syntax == DEFLATED:
        inflated = inflate(data, meta_end, limit=inflated_bytes)
        container = _declared(inflated, 0, syntax, depth=depth)
    else:
        container = _declared(data, meta_end, syntax, depth=depth)
    return container, meta


def beginning_of(data: Buffer, *, depth: int, most_bytes: int) -> Dataset:
    """What can be read of a file that is damaged or too large: its elements up to the damage.

    Raises Refusal where it doesn't even begin as DICOM, or is deflated.
    """
    start, _ = _beginning(data)
    syntax = ""
    if data[start : start + 2] == b"\2\0":
        meta, start = _meta(data, start, Encoding(explicit=True, depth=depth))
        syntax = meta.text("TransferSyntaxUID")
    if syntax == DEFLATED:
        raise Refusal("corrupt_dataset", "the deflated data are damaged")
    order: Order = ">" if syntax == BIG_ENDIAN or data[start : start + 2] == b"\0\x08" else "<"
    encoding = Encoding(_looks_explicit(data, start), order, depth)
    return walk_as_far(data, start, min(len(data), most_bytes), encoding)


def inflate(data: Buffer, start: int, *, limit: int) -> bytes:
    """The inflated bytes of a raw deflate stream. Raises Refusal when damaged or over the limit."""
    limit = most_unpacked(len(data) - start, limit)
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = bytearray()
    pending = bytes(data[start:])
    try:
        while not stream.eof:
            piece = stream.decompress(pending, _CHUNK)
            pending = stream.unconsumed_tail
            inflated += piece
            if len(inflated) > limit:
                raise Refusal("limit_exceeded", f"inflates to more than {limit} bytes")
            if not piece and not pending:
                break
    except zlib.error:
        raise Refusal("corrupt_dataset", "the deflated data are damaged") from None
    if not stream.eof:
        raise Refusal("corrupt_dataset", "the deflated data break off")
    trailer = zlib.crc32(inflated).to_bytes(4, "little") + len(inflated).to_bytes(4, "little")
    if stream.unused_data.removeprefix(trailer).strip(b"\0"):  # some writers end as gzip does
        raise Refusal("corrupt_dataset", "bytes follow the deflated data")
    return bytes(inflated)


def _beginning(data: Buffer) -> tuple[int, bool]:
    """Where the first element lies, and whether a preamble stands before it."""
    if data[128:132] == b"DICM":
        return 132, True
    if data[:4] == b"DICM":
        return 4, False
    # without a preamble, a group 2 or 8 in either byte order must be at the beginning
    for start in (0, 1) if data[:1] == b" " else (0,):  # some writers leave a stray blank
        if data[start : start + 2] in (b"\2\0", b"\x08\0", b"\0\x08") and len(data) >= start + 8:
            return start, False
    raise Refusal("not_dicom")


def _meta(data: Buffer, start: int, encoding: Encoding) -> tuple[Dataset, int]:
    """The meta group and where it ends, by its elements: its stated length is wrong in many files."""
    elements: Elements = {}
    position = start
    while data[position : position + 2] == b"\2\0":
        vr = data[position + 4 : position + 6]
        header, size = (12, 4) if vr in (b"OB", b"OW", b"SQ", b"UN", b"UT") else (8, 2)
        tag = 0x00020000 | int.from_bytes(data[position + 2 : position + 4], "little")
        length = int.from_bytes(data[position + header - size : position + header], "little")
        start = position + header
        if tag in elements and data[start : start + length] != Dataset(
            data, encoding, elements, start
        ).value_of(tag):
            raise Refusal(
                "corrupt_dataset", "an element of the meta group stands there twice, with two values"
            )
        elements[tag] = (vr, position + header, length)
        position += header + length
        if position > len(data):
            raise Refusal("corrupt_dataset", "the meta group breaks off")
    return Dataset(data, encoding, elements, position), position


def _declared(data: Buffer, start: int, syntax: str, *, depth: int) -> Container:
    """The data set under the syntax that the meta group names, or else with the other representation."""
    order: Order = ">" if syntax == BIG_ENDIAN else "<"
    explicit = syntax != IMPLICIT
    # Some archives rewrite a file in the other representation and leave its meta group as it was.
    mismatch = order == "<" and _looks_explicit(data, start) != explicit
    try:
        dataset = walk(data, start, len(data), Encoding(explicit != mismatch, order, depth))
    except Refusal:
        if not mismatch:
            raise
        dataset, mismatch = walk(data, start, len(data), Encoding(explicit, order, depth)), False
    return Container(dataset, syntax, ("vr_mismatch",) if mismatch else ())


def _without_meta(data: Buffer, start: int, *, depth: int, preamble: bool) -> Container:
    """The data set under the one syntax in which the whole file parses and is an object of DICOM."""
    # A first element of group 8 in big endian has its bytes the other way round.
    big = data[start : start + 2] == b"\0\x08"
    encoding = Encoding(explicit=_looks_explicit(data, start), order=">" if big else "<", depth=depth)
    try:
        dataset = walk(data, start, len(data), encoding)
    except Refusal as refusal:
        if encoding.explicit or refusal.reason == "limit_exceeded":
            raise
        raise Refusal(*_damaged_or_foreign(data, start, refusal)) from None
    known = any(keyword in dataset for keyword in ("SOPClassUID", "Modality", "Rows"))
    if not preamble and not known:
        raise Refusal("not_dicom")
    if big:
        return Container(dataset, BIG_ENDIAN, ("no_meta",))
    syntax = EXPLICIT if encoding.explicit else IMPLICIT
    pixels = dataset.elements.get(0x7FE00010)
    encapsulated = pixels is not None and pixels[2] == 0xFFFFFFFF
    return Container(dataset, "" if encapsulated else syntax, ("no_meta",))


def _looks_explicit(data: Buffer, start: int) -> bool:
    """Whether the first element has a value representation: two capital letters."""
    letters = bytes(data[start + 4 : start + 6])
    return len(letters) == 2 and letters.isalpha() and letters.isupper()


def _damaged_or_foreign(data: Buffer, start: int, refusal: Refusal) -> tuple[str, str]:
    """A file that begins like an implicit data set is a damaged one; anything else is no DICOM."""
    number = int.from_bytes(data[start + 2 : start + 4], "little")
    length = int.from_bytes(data[start + 4 : start + 8], "little")
    # Up to the SOP instance UID (0008,0018), and no value before it is longer than a UID (PS3.5 6.2).
    begins_well = number <= 0x0018 and length <= 64
    return (refusal.reason, refusal.detail) if begins_well else ("not_dicom", "")
