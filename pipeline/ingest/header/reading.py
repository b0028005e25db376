"""One file of RAW to one `Header`: opened, told from archives and empty files, understood."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.dicom.templates import Templates
from pipeline.ingest.formats.registry import format_of, unread_format_of
from pipeline.ingest.header.formatted import mark_by_place, understand_format
from pipeline.ingest.header.header import Header, Selection
from pipeline.ingest.header.hints import hints_of_path
from pipeline.ingest.header.identifiers import UNIDENTIFIED, identifiers_of
from pipeline.ingest.header.understanding import PartialHeader, mark_by_beginning, understand
from pipeline.ingest.reasons import ARCHIVE, Refusal
from pipeline.ingest.source.archives import READABLE, opened_packing
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.fetched import Keep, keep
from pipeline.ingest.source.files import ChangedWhileRead, OpenFile, open_file
from pipeline.ingest.source.remote import is_url
from pipeline.pseudonyms import Key
from pipeline.records import MAY_MARK


def read_header(
    file: SourcePath,
    *,
    key: Key,
    selection: Selection,
    templates: Templates[PartialHeader],
    keep_in: Keep | None = None,
) -> Header:
    """The header of a file of RAW. Whatever the file holds, the reason says it; nothing is raised for it.

    The `templates` are of files read before under the same key and selection; `keep_in` is where the bytes of
    an image stay until its pixels are read.
    """
    try:
        with open_file(file.path, file.member) as opened:
            header = _of_file(opened, file, key=key, selection=selection, templates=templates)
            if keep_in is not None and (header.frames or (header.marks and header.reason == "ok")):
                header = replace(header, kept=keep(keep_in, opened.data))
            return header
    except Refusal as refusal:
        return Header(file.size, file.mtime_ns, reason=refusal.reason, detail=refusal.detail)
    except (OSError, ChangedWhileRead) as error:
        return Header(0, 0, reason="io_error", detail=type(error).__name__)


def told_by_place(file: SourcePath, header: Header, *, key: Key, selection: Selection) -> Header:
    """The header of a refused mask, with the image that its layout pairs it with, where that can be read."""
    partial = PartialHeader(file)
    with contextlib.suppress(Refusal, OSError, ChangedWhileRead):
        mark_by_place(partial, digest=header.digest, key=key, selection=selection)
    if partial.marks is None and not partial.may_mark:
        return header
    refusal = Refusal(header.reason, header.detail)
    size, mtime_ns = header.size, header.mtime_ns
    return _header(partial, refusal, size=size, mtime_ns=mtime_ns, digest=header.digest, key=key)


def _of_file(
    opened: OpenFile, file: SourcePath, *, key: Key, selection: Selection, templates: Templates[PartialHeader]
) -> Header:
    size, mtime_ns = opened.size, opened.mtime_ns
    packing, data = opened_packing(opened.data, selection.limits.file_bytes)
    if not len(data):
        return Header(size, mtime_ns, reason="empty_file")
    if packing:
        reason, detail = _of_archive(file, packing)
        return Header(size, mtime_ns, reason=reason, detail=detail)
    partial, refusal, digest = PartialHeader(file), None, ""
    try:
        # After the packing: an archive may be larger than any one file in it.
        if size > selection.limits.file_bytes:
            raise Refusal("limit_exceeded", f"{size} bytes")
        digest = key.content_digest(data)
        if name := format_of(data):
            understand_format(partial, name, data, digest=digest, key=key, selection=selection)
        else:
            understand(partial, data, key, selection, templates)
    except Refusal as raised:
        refusal = _with_kind(raised, data)
        if selection.masks and partial.identification is UNIDENTIFIED:
            with contextlib.suppress(Refusal):
                mark_by_beginning(partial, data, key, selection)
    return _header(partial, partial.broken or refusal, size=size, mtime_ns=mtime_ns, digest=digest, key=key)


def _with_kind(refusal: Refusal, data: Buffer) -> Refusal:
    """The refusal, with the name of the format where the file is of one that is known and not read."""
    kind = unread_format_of(data) if refusal.reason == "not_dicom" and not refusal.detail else ""
    return Refusal("format_not_read", kind) if kind else refusal


def _header(
    partial: PartialHeader, refusal: Refusal | None, *, size: int, mtime_ns: int, digest: str, key: Key
) -> Header:
    identification = partial.identification
    return Header(
        size,
        mtime_ns,
        digest=digest,
        reason=refusal.reason if refusal else "ok",
        detail=refusal.detail if refusal else "",
        notes=partial.notes,
        image=partial.image,
        sop_id=identification.pseudonyms.get("sop", ""),
        series_id=_series_of(partial),
        patient_id=identification.patient_id,
        identifiers=(*_names_of(partial, key), *((MAY_MARK, name) for name in partial.may_mark)),
        frames=partial.frames,
        attributes=partial.attributes,
        hints=(*partial.hints, *hints_of_path(partial.file.relative, key)) if partial.frames else (),
        open_rules=partial.open_rules,
        owned=identification.owned,
        marks=partial.marks,
        may_mark=partial.may_mark,
        channel=partial.channel,
    )


def _names_of(partial: PartialHeader, key: Key) -> tuple[tuple[str, str], ...]:
    return identifiers_of(partial.identification, partial.file, key) if partial.image else ()


def _series_of(partial: PartialHeader) -> str:
    """The series that the file is planned with: of the images that it marks, or of its first channel."""
    leading = partial.marks or partial.channel
    return leading.series_id if leading else partial.identification.pseudonyms.get("series", "")


def _of_archive(file: SourcePath, packing: str) -> tuple[str, str]:
    """The reason of an archive, and its detail; one that can be read in place is yet to be listed."""
    if file.member is not None:
        return "archive_not_opened", f"{packing} inside an archive"
    if is_url(file.path):
        return "archive_not_opened", f"{packing} behind a URL"
    return (ARCHIVE, "") if packing in READABLE else ("archive_not_opened", packing)
