"""What a DICOM file says of itself, read until something stops it: whose it is, its attributes, its planes.

Real identifiers live in this module's local variables only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.ingest.dicom import objects
from pipeline.ingest.dicom.container import Container, beginning_of, open_container
from pipeline.ingest.dicom.dataset import Dataset, date_of, pixel_keyword
from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.dicom.templates import Templates
from pipeline.ingest.header import quantities
from pipeline.ingest.header.attributes import attributes_of, renewed_attributes
from pipeline.ingest.header.dates import POLICIES
from pipeline.ingest.header.frame_attributes import attributes_of_frames
from pipeline.ingest.header.header import Channel, Marks, Selection
from pipeline.ingest.header.hints import Hints, hints_of_texts
from pipeline.ingest.header.identifiers import UNIDENTIFIED, Identification, identify, identity_of
from pipeline.ingest.header.marks import CLASSES, marks_of
from pipeline.ingest.header.planes import frames_of, renewed_frame
from pipeline.ingest.header.series_rules import Rule, open_rules
from pipeline.ingest.pixels.decode import open_pixels
from pipeline.ingest.pixels.pixel_format import PixelFormat, check_limits, pixel_format
from pipeline.ingest.pixels.transforms import functional_groups, palette_of, transforms_of
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.frames import Frame
from pipeline.ingest.source.discover import SourcePath
from pipeline.pseudonyms import Key
from pipeline.records import Attribute

# The defined terms of SpecificCharacterSet (PS3.3 C.12.1.1.2), by their numbers.
_CODE_TABLES = (6, 13, 100, 101, 109, 110, 126, 127, 138, 144, 148, 166, 192, 203)
_CHARACTER_SETS = frozenset(
    [
        *("", "GB18030", "GBK"),
        *(f"ISO_IR {number}" for number in _CODE_TABLES),
        *(f"ISO 2022 IR {number}" for number in (*_CODE_TABLES, 58, 87, 149, 159)),
    ]
)
_KEEPS_PLACE = frozenset({"truncated_pixel_data", "decode_error", "transfer_syntax_unsupported"})
"""Reasons of broken pixels whose plane still counts as one of its volume's slices."""


@dataclass(slots=True)
class PartialHeader:
    """What is known of a file when its reading stops; `broken` says what is wrong with its pixels."""

    file: SourcePath
    notes: tuple[str, ...] = ()
    image: bool = False
    identification: Identification = UNIDENTIFIED
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    hints: Hints = ()
    open_rules: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    broken: Refusal | None = None
    marks: Marks | None = None
    may_mark: tuple[str, ...] = ()
    channel: Channel | None = None


def understand(
    partial: PartialHeader, data: Buffer, key: Key, selection: Selection, templates: Templates[PartialHeader]
) -> None:
    """Reads on until the header is understood, or raises Refusal with what was found so far kept."""
    limits = selection.limits
    container = open_container(
        data, depth=limits.depth, inflated_bytes=limits.decoded_bytes, templates=templates
    )
    template, sop = container.template, container.dataset.text("SOPInstanceUID")
    if template is None or not sop:
        _read(partial, container, key, selection)
    elif template in templates.concluded:
        known = templates.concluded[template]
        pseudonyms = {**known.identification.pseudonyms, "sop": key.pseudonym("sop", sop)}
        partial.identification = replace(known.identification, pseudonyms=pseudonyms)
        _take_over(partial, known, container, selection, fragments=template.fragments)
    else:
        _read(partial, container, key, selection)
        # Only such can be taken over; what is noted may be of a slice's own values.
        # What is wrong with one file says nothing of the next, and an owner may be told by a path.
        alone = partial.broken is not None or partial.identification.owned or container.dataset.encoding.notes
        if len(partial.frames) == 1 and not alone:
            templates.concluded[template] = partial


def _take_over(
    partial: PartialHeader,
    known: PartialHeader,
    container: Container,
    selection: Selection,
    *,
    fragments: bool,
) -> None:
    """As `_read`, for a header that says the same as the known one but for what is a slice's own.

    `fragments` says that the pixels lie in fragments, which are each file's own.
    """
    dataset = container.dataset
    partial.notes, partial.image = container.notes, True  # what is told if one of the next steps refuses
    partial.attributes = renewed_attributes(known.attributes, dataset)
    partial.hints = known.hints
    _match(partial, dataset, selection.rules)
    if fragments:
        _form_of(partial, container, decoded_bytes=selection.limits.decoded_bytes)
    partial.frames = (renewed_frame(known.frames[0], dataset, partial.identification.pseudonyms["sop"]),)
    partial.notes = known.notes
    if dataset.encoding.notes:
        partial.notes = tuple(sorted({*known.notes, *dataset.encoding.notes}))


def _read(partial: PartialHeader, container: Container, key: Key, selection: Selection) -> None:
    dataset, limits = container.dataset, selection.limits
    partial.notes = container.notes
    if selection.masks and dataset.text("SOPClassUID") in CLASSES:
        _read_mask(partial, dataset, key, selection)
        return
    objects.check_kind(dataset)
    partial.image = True
    partial.identification = identify(dataset, partial.file, key=key, owners=selection.owners)
    partial.attributes = _attributes(dataset, partial.identification.patient_id, key, selection.dates)
    partial.hints = hints_of_texts(dataset, key)
    objects.check_selected(dataset, selection.modalities, selection.include)
    _match(partial, dataset, selection.rules)
    if not selection.text_reviewed:
        objects.check_text(dataset)
    form = _form_of(partial, container, decoded_bytes=limits.decoded_bytes)
    identity = identity_of(partial.identification, dataset, key)
    groups = functional_groups(dataset, form.frames)
    transforms = transforms_of(groups, form, pixel_keyword(dataset) or "PixelData")
    partial.attributes = attributes_of_frames(partial.attributes, groups)
    partial.frames = frames_of(groups, form, identity, transforms)
    notes = {*partial.notes, *transforms[0].notes, *_notes(dataset, partial.frames), *dataset.encoding.notes}
    partial.notes = tuple(sorted(notes))


def _read_mask(partial: PartialHeader, dataset: Dataset, key: Key, selection: Selection) -> None:
    """As `_read`, for an object that marks structures in images.

    What it marks is kept first: it is of that scan, too, if it can't be used.
    """
    partial.image = True
    partial.identification = identify(dataset, partial.file, key=key, owners=selection.owners)
    partial.marks = marks_of(dataset, key)
    if partial.marks is None:
        study = partial.identification.pseudonyms.get("study")
        partial.may_mark = (study,) if study else ()
    identity_of(partial.identification, dataset, key)
    if partial.marks is None:
        raise Refusal("mask_reference_missing", "it names no series")
    partial.broken = dataset.truncation


def mark_by_beginning(partial: PartialHeader, data: Buffer, key: Key, selection: Selection) -> None:
    """Keeps which images a mask marks that is too large, or damaged behind what says it.

    Raises Refusal where nothing says it.
    """
    limits = selection.limits
    dataset = beginning_of(data, depth=limits.depth, most_bytes=limits.file_bytes)
    if dataset.text("SOPClassUID") in CLASSES:
        _read_mask(partial, dataset, key, selection)


def _attributes(dataset: Dataset, patient_id: str, key: Key, dates: str) -> Mapping[str, Attribute]:
    """What may be kept of the data set, and what the settings let a case tell of its study's date."""
    attributes = attributes_of(dataset)
    day = date_of(dataset.text("StudyDate"))
    return {**attributes, **POLICIES[dates](day, patient_id, key)} if day and patient_id else attributes


def _match(partial: PartialHeader, dataset: Dataset, rules: tuple[Rule, ...]) -> None:
    """Raises Refusal `rule_not_selected` where the header alone says that the image fits no rule."""
    partial.open_rules = tuple(open_rules(rules, partial.attributes, dataset.text("SeriesDescription")))
    if rules and not partial.open_rules:
        raise Refusal("rule_not_selected", "no rule of ingest.select")


def _form_of(partial: PartialHeader, container: Container, *, decoded_bytes: int) -> PixelFormat:
    """The pixel module; what no decoder is needed to see wrong with the pixels goes to `partial.broken`.

    Raises Refusal where the plane has no place among others.
    """
    dataset = container.dataset
    try:
        if dataset.truncation is not None:
            raise dataset.truncation
        source = open_pixels(container, decoded_bytes=decoded_bytes)
        palette_of(dataset, source.form)
        return source.form
    except Refusal as refusal:
        partial.broken = refusal
        if refusal.reason not in _KEEPS_PLACE:
            raise
    form = pixel_format(dataset, pixel_keyword(dataset) or "PixelData", encapsulated=True)
    check_limits(form, decoded_bytes=decoded_bytes)
    return form


def _notes(dataset: Dataset, frames: tuple[Frame, ...]) -> list[str]:
    notes = quantities.notes_of(dataset)
    if dataset.text("LossyImageCompression") == "01":
        notes.append("lossy")
    if frames[0].spacing_kind == "detector_plane":
        notes.append("detector_plane")
    if not _CHARACTER_SETS.issuperset(dataset.words("SpecificCharacterSet")):
        notes.append("charset_unknown")
    return notes
