"""One file of RAW to one `Header`: what it is, whose, and what the planning of cases needs to know.

Real identifiers live in this module's local variables only; everything in a `Header` is a pseudonym,
a number, or a word that the standard defines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from pipeline.config import Limits
from pipeline.ingest import objects
from pipeline.ingest.attributes import attributes_of
from pipeline.ingest.container import Container, open_container
from pipeline.ingest.dataset import Buffer, Dataset
from pipeline.ingest.decode import open_pixels
from pipeline.ingest.files import ChangedWhileRead, open_file
from pipeline.ingest.frames import Frame
from pipeline.ingest.pixels import pixel_element, pixel_format
from pipeline.ingest.planes import Identity, frames_of
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.transforms import functional_groups, palette_of, transforms_of
from pipeline.pseudonyms import Key
from pipeline.records import Attribute

_CHARACTER_SETS = frozenset(
    "ISO_IR 6|ISO_IR 13|ISO_IR 100|ISO_IR 101|ISO_IR 109|ISO_IR 110|ISO_IR 126|ISO_IR 127|ISO_IR 138|ISO_IR 144|"
    "ISO_IR 148|ISO_IR 166|ISO_IR 192|ISO_IR 203|GB18030|GBK|ISO 2022 IR 6|ISO 2022 IR 13|ISO 2022 IR 58|"
    "ISO 2022 IR 87|ISO 2022 IR 100|ISO 2022 IR 101|ISO 2022 IR 109|ISO 2022 IR 110|ISO 2022 IR 126|"
    "ISO 2022 IR 127|ISO 2022 IR 138|ISO 2022 IR 144|ISO 2022 IR 148|ISO 2022 IR 149|ISO 2022 IR 159|"
    "ISO 2022 IR 166|ISO 2022 IR 203|".split("|")
)
_IDENTIFIER_KEYWORDS = (
    ("sop", "SOPInstanceUID"),
    ("series", "SeriesInstanceUID"),
    ("study", "StudyInstanceUID"),
    ("accession", "AccessionNumber"),
    ("patient", "PatientID"),
)


@dataclass(frozen=True)
class Header:
    """What is known of a file before its pixels are decoded.

    `reason` is "ok" for an image that can be planned; `image` says whether the file claims to be an image.
    `frames` are there for every wanted image whose header is understood, also where its pixels are refused:
    a volume without them would be incomplete.
    """

    size: int
    mtime_ns: int
    digest: str = ""
    reason: str = "ok"
    detail: str = ""
    notes: tuple[str, ...] = ()
    image: bool = False
    sop_id: str = ""
    series_id: str = ""
    patient_id: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()
    frames: tuple[Frame, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True)
class Selection:
    """Which images are wanted, and what one file may cost."""

    modalities: tuple[str, ...]
    limits: Limits


def read_header(path: bytes, relative: str, *, key: Key, selection: Selection) -> Header:
    """The header of the file at `path`; `relative` is its path from RAW with forward slashes.

    Whatever the file holds, the reason says it; nothing is raised for it.
    """
    try:
        with open_file(path) as opened:
            blank = Header(opened.size, opened.mtime_ns)
            if not opened.size:
                return replace(blank, reason="empty_file")
            if opened.size > selection.limits.file_mb << 20:
                return replace(blank, reason="limit_exceeded", detail=f"{opened.size} bytes")
            blank = replace(blank, digest=key.digest(opened.data))
            header = _of_bytes(opened.data, blank, key=key, selection=selection)
    except (OSError, ChangedWhileRead) as error:
        return Header(0, 0, reason="io_error", detail=type(error).__name__)
    return _with_names(header, relative, key) if header.image else header


def _of_bytes(data: Buffer, blank: Header, *, key: Key, selection: Selection) -> Header:
    limits = selection.limits
    header = blank
    try:
        container = open_container(data, depth=limits.depth, inflated_bytes=limits.decoded_mb << 20)
        dataset = container.dataset
        header = replace(header, notes=container.notes)
        objects.check_kind(dataset)
        header = _identified(replace(header, image=True), dataset, key)
        objects.check_selected(dataset, selection.modalities)
        header = _planned(header, container, key)
        _check_pixels(container, decoded_bytes=limits.decoded_mb << 20)
    except Refusal as refusal:
        return replace(header, reason=refusal.reason, detail=refusal.detail)
    except (RecursionError, OverflowError, ValueError) as error:
        return replace(header, reason="corrupt_dataset", detail=type(error).__name__)
    return header


def _identified(header: Header, dataset: Dataset, key: Key) -> Header:
    """With pseudonyms for everything the file says about whose it is."""
    texts = {kind: dataset.text(keyword) for kind, keyword in _IDENTIFIER_KEYWORDS}
    pseudonyms = {kind: key.pseudonym(kind, text) for kind, text in texts.items() if text}
    issuer = dataset.text("IssuerOfPatientID")
    return replace(
        header,
        sop_id=pseudonyms.get("sop", ""),
        series_id=pseudonyms.get("series", ""),
        patient_id=key.pseudonym("patient", issuer, texts["patient"]) if texts["patient"] else "",
        identifiers=tuple(pseudonyms.items()),
        attributes=attributes_of(dataset),
    )


def _planned(header: Header, container: Container, key: Key) -> Header:
    """With the frames and all notes that the header alone tells."""
    dataset = container.dataset
    for value, keyword in (
        (header.sop_id, "SOPInstanceUID"),
        (header.series_id, "SeriesInstanceUID"),
        (header.patient_id, "PatientID"),
        (dataset.text("StudyInstanceUID"), "StudyInstanceUID"),
    ):
        if not value:
            raise Refusal("missing_attribute", keyword)
    keyword, element = pixel_element(dataset) or ("PixelData", (b"OW", 0, 0))
    form = pixel_format(dataset, keyword, encapsulated=True)
    groups = functional_groups(dataset, form.frames)
    transforms = transforms_of(groups, form, keyword)
    reference = dataset.text("FrameOfReferenceUID")
    identity = Identity(
        patient_id=header.patient_id,
        study_id=dict(header.identifiers)["study"],
        series_id=header.series_id,
        sop_id=header.sop_id,
        frame_of_reference=key.pseudonym("frame", reference) if reference else "",
    )
    frames = frames_of(groups, form, identity, transforms)
    notes = {*header.notes, *transforms[0].notes, *_notes(dataset, frames)}
    return replace(header, frames=frames, notes=tuple(sorted(notes)))


def _notes(dataset: Dataset, frames: tuple[Frame, ...]) -> list[str]:
    notes = []
    if dataset.text("LossyImageCompression") == "01":
        notes.append("lossy")
    if frames[0].spacing_kind == "detector_plane":
        notes.append("detector_plane")
    if not _CHARACTER_SETS.issuperset(dataset.words("SpecificCharacterSet")):
        notes.append("charset_unknown")
    return notes


def _check_pixels(container: Container, *, decoded_bytes: int) -> None:
    """Raises Refusal for everything that is wrong with the pixels and can be known without decoding."""
    if container.dataset.truncation is not None:
        raise container.dataset.truncation
    source = open_pixels(container, decoded_bytes=decoded_bytes)
    palette_of(container.dataset, source.form)


def _with_names(header: Header, relative: str, key: Key) -> Header:
    """With the pseudonyms by which a table of labels may name the file."""
    name = PurePosixPath(relative)
    named = (("path", relative), ("name", name.name), ("stem", name.stem))
    pairs = tuple((kind, key.pseudonym(kind, text)) for kind, text in named)
    return replace(header, identifiers=(*header.identifiers, *pairs))
