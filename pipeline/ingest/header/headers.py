"""One file of RAW to one `Header`: what it is, whose, and what the planning of cases needs to know.

Real identifiers live in this module's local variables only; everything in a `Header` is a pseudonym,
a number, or a word that the standard defines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.ingest.dicom import objects
from pipeline.ingest.dicom.container import Container, open_container
from pipeline.ingest.dicom.dataset import Dataset, date_of, pixel_keyword
from pipeline.ingest.dicom.elements import Buffer
from pipeline.ingest.dicom.templates import Templates
from pipeline.ingest.header.attributes import attributes_of, renewed_attributes
from pipeline.ingest.header.dates import POLICIES
from pipeline.ingest.header.frame_attributes import attributes_of_frames
from pipeline.ingest.header.owners import NOBODY, OWNER, Owners, ordered, owner_of
from pipeline.ingest.header.planes import Identity, frames_of, renewed_frame
from pipeline.ingest.header.series_rules import Rule, open_rules
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.pixels.decode import open_pixels
from pipeline.ingest.pixels.pixel_format import PixelFormat, check_limits, pixel_format
from pipeline.ingest.pixels.transforms import functional_groups, palette_of, transforms_of
from pipeline.ingest.reasons import ARCHIVE, Refusal
from pipeline.ingest.series.frames import Frame
from pipeline.ingest.source.archives import READABLE, opened_packing
from pipeline.ingest.source.discover import Found
from pipeline.ingest.source.files import ChangedWhileRead, OpenFile, open_file
from pipeline.ingest.source.remote import is_url
from pipeline.pseudonyms import Key
from pipeline.records import Attribute

_CODE_TABLES = (6, 13, 100, 101, 109, 110, 126, 127, 138, 144, 148, 166, 192, 203)
_CHARACTER_SETS = frozenset(
    [
        *("", "GB18030", "GBK"),
        *(f"ISO_IR {number}" for number in _CODE_TABLES),
        *(f"ISO 2022 IR {number}" for number in (*_CODE_TABLES, 58, 87, 149, 159)),
    ]
)
_GZIP = ".gz"
_KEEPS_PLACE = frozenset({"truncated_pixel_data", "decode_error", "transfer_syntax_unsupported"})
"""Reasons of broken pixels whose plane still counts as one of its volume's slices."""
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
    a volume without them would be incomplete. `owned` says that the patient is told by `ingest.patient_from`.
    `archive` is the token of the archive that the file lies in, `members` the number of files in one.
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
    open_rules: tuple[str, ...] = ()
    owned: bool = False
    archive: str = ""
    members: int = 0


@dataclass(frozen=True)
class Selection:
    """Which images are wanted, and what one file may cost.

    `text_reviewed` says that a person looked at the pixels of this data set for text about patients,
    `dates` what a case may tell of its study's date; an image must fit one of the `rules`, if there are any.
    """

    modalities: tuple[str, ...]
    limits: FileLimits
    text_reviewed: bool = False
    dates: str = "none"
    rules: tuple[Rule, ...] = ()
    include: tuple[str, ...] = ()
    owners: Owners = NOBODY


@dataclass(slots=True)
class Findings:
    """What was found in a file until something stopped the reading; `ownerless` says why nobody owns it."""

    file: Found
    notes: tuple[str, ...] = ()
    image: bool = False
    pseudonyms: dict[str, str] = field(default_factory=dict)
    patient_id: str = ""
    owned: bool = False
    ownerless: Refusal | None = None
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    open_rules: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    broken: Refusal | None = None


def read_header(file: Found, *, key: Key, selection: Selection, templates: Templates[Findings]) -> Header:
    """The header of a file of RAW. Whatever the file holds, the reason says it; nothing is raised for it.

    The `templates` are of files read before under the same key and selection.
    """
    try:
        with open_file(file.path, file.member) as opened:
            return _of_file(opened, file, key=key, selection=selection, templates=templates)
    except Refusal as refusal:
        return Header(file.size, file.mtime_ns, reason=refusal.reason, detail=refusal.detail)
    except (OSError, ChangedWhileRead) as error:
        return Header(0, 0, reason="io_error", detail=type(error).__name__)


def _of_file(
    opened: OpenFile, file: Found, *, key: Key, selection: Selection, templates: Templates[Findings]
) -> Header:
    size, mtime_ns = opened.size, opened.mtime_ns
    packing, data = opened_packing(opened.data, selection.limits.file_bytes)
    if not len(data):
        return Header(size, mtime_ns, reason="empty_file")
    if packing:
        reason, detail = _of_archive(file, packing)
        return Header(size, mtime_ns, reason=reason, detail=detail)
    if size > selection.limits.file_bytes:
        return Header(size, mtime_ns, reason="limit_exceeded", detail=f"{size} bytes")
    found, reason, detail = Findings(file), "ok", ""
    try:
        _look(found, data, key, selection, templates)
    except Refusal as refusal:
        reason, detail = refusal.reason, refusal.detail
    if found.broken is not None:
        reason, detail = found.broken.reason, found.broken.detail
    return Header(
        size,
        mtime_ns,
        digest=key.content_digest(data),
        reason=reason,
        detail=detail,
        notes=found.notes,
        image=found.image,
        sop_id=found.pseudonyms.get("sop", ""),
        series_id=found.pseudonyms.get("series", ""),
        patient_id=found.patient_id,
        identifiers=_identifiers(found, key) if found.image else (),
        frames=found.frames,
        attributes=found.attributes,
        open_rules=found.open_rules,
        owned=found.owned,
    )


def _of_archive(file: Found, packing: str) -> tuple[str, str]:
    """The reason of an archive, and its detail; one that can be read in place is yet to be listed."""
    if file.member is not None:
        return "archive_not_opened", f"{packing} inside an archive"
    if is_url(file.path):
        return "archive_not_opened", f"{packing} behind a URL"
    return (ARCHIVE, "") if packing in READABLE else ("archive_not_opened", packing)


def _look(
    found: Findings, data: Buffer, key: Key, selection: Selection, templates: Templates[Findings]
) -> None:
    """Reads on until the header is understood, or raises Refusal with what was found so far kept."""
    limits = selection.limits
    container = open_container(
        data, depth=limits.depth, inflated_bytes=limits.decoded_bytes, templates=templates
    )
    template, sop = container.template, container.dataset.text("SOPInstanceUID")
    if template is None or not sop:
        _understand(found, container, key, selection)
    elif template in templates.concluded:
        known = templates.concluded[template]
        found.pseudonyms = {**known.pseudonyms, "sop": key.pseudonym("sop", sop)}
        _take_over(found, known, container, selection, fragments=template.fragments)
    else:
        _understand(found, container, key, selection)
        # Only such can be taken over; what is noted may be of a slice's own values.
        alone = found.broken is not None or found.owned or container.dataset.encoding.notes
        if len(found.frames) == 1 and not alone:
            templates.concluded[template] = found


def _take_over(
    found: Findings, known: Findings, container: Container, selection: Selection, *, fragments: bool
) -> None:
    """As `_understand`, for a header that says the same as the known one but for what is a slice's own.

    `fragments` says that the pixels lie in fragments, which are each file's own.
    """
    dataset = container.dataset
    found.notes, found.image = container.notes, True  # what is told if one of the next steps refuses
    found.patient_id = known.patient_id
    found.attributes = renewed_attributes(known.attributes, dataset)
    _match(found, dataset, selection.rules)
    if fragments:
        _form_of(found, container, decoded_bytes=selection.limits.decoded_bytes)
    found.frames = (renewed_frame(known.frames[0], dataset, found.pseudonyms["sop"]),)
    found.notes = known.notes
    if dataset.encoding.notes:
        found.notes = tuple(sorted({*known.notes, *dataset.encoding.notes}))


def _understand(found: Findings, container: Container, key: Key, selection: Selection) -> None:
    dataset, limits = container.dataset, selection.limits
    found.notes = container.notes
    objects.check_kind(dataset)
    found.image = True
    _identify(found, dataset, key, selection)
    objects.check_selected(dataset, selection.modalities, selection.include)
    _match(found, dataset, selection.rules)
    if not selection.text_reviewed:
        objects.check_text(dataset)
    form = _form_of(found, container, decoded_bytes=limits.decoded_bytes)
    identity = _identity(found, dataset, key)
    groups = functional_groups(dataset, form.frames)
    transforms = transforms_of(groups, form, pixel_keyword(dataset) or "PixelData")
    found.attributes = attributes_of_frames(found.attributes, groups)
    found.frames = frames_of(groups, form, identity, transforms)
    notes = {*found.notes, *transforms[0].notes, *_notes(dataset, found.frames), *dataset.encoding.notes}
    found.notes = tuple(sorted(notes))


def _identify(found: Findings, dataset: Dataset, key: Key, selection: Selection) -> None:
    """Pseudonyms for everything the file says about whose it is, and the attributes that may be kept."""
    patient = selection.owners.named(dataset.text("PatientID"))
    for kind, keyword in _IDENTIFIER_KEYWORDS:
        text = patient if kind == "patient" else dataset.text(keyword)
        if text:
            found.pseudonyms[kind] = key.pseudonym(kind, text)
    if patient:
        found.patient_id = key.pseudonym("patient", dataset.text("IssuerOfPatientID"), patient)
    else:
        _find_owner(found, dataset, key, selection.owners)
    found.attributes = attributes_of(dataset)
    day = date_of(dataset.text("StudyDate"))
    if day is not None and found.patient_id:
        found.attributes = {**found.attributes, **POLICIES[selection.dates](day, found.patient_id, key)}
    if day is not None and patient:  # a table may name a patient's scans of a day; both together name no date
        found.pseudonyms["day"] = key.pseudonym("day", patient, day.isoformat())


def _find_owner(found: Findings, dataset: Dataset, key: Key, owners: Owners) -> None:
    """Whose the file is by something else than its PatientID, where the settings say by what."""
    known = ordered([*found.pseudonyms.items(), *_names(found.file, key)]) if owners.rows else []
    study = dataset.text("StudyInstanceUID")
    try:
        told = owner_of(owners, found.file.relative, study, identifiers=known, key=key)
    except Refusal as refusal:
        found.ownerless = refusal
    else:
        found.patient_id, found.pseudonyms["patient"] = told
        found.owned = True


def _match(found: Findings, dataset: Dataset, rules: tuple[Rule, ...]) -> None:
    """Raises Refusal `rule_not_selected` where the header alone says that the image fits no rule."""
    found.open_rules = tuple(open_rules(rules, found.attributes, dataset.text("SeriesDescription")))
    if rules and not found.open_rules:
        raise Refusal("rule_not_selected", "no rule of ingest.select")


def _identity(found: Findings, dataset: Dataset, key: Key) -> Identity:
    """Raises Refusal `missing_attribute` when nothing says whose image it is."""
    for kind, keyword in _IDENTIFIER_KEYWORDS:
        if kind not in found.pseudonyms and kind != "accession":
            raise (kind == "patient" and found.ownerless) or Refusal("missing_attribute", keyword)
    reference = dataset.text("FrameOfReferenceUID")
    return Identity(
        patient_id=found.patient_id,
        study_id=found.pseudonyms["study"],
        series_id=found.pseudonyms["series"],
        sop_id=found.pseudonyms["sop"],
        frame_of_reference=key.pseudonym("frame", reference) if reference else "",
    )


def _form_of(found: Findings, container: Container, *, decoded_bytes: int) -> PixelFormat:
    """The pixel module; what is wrong with the pixels as far as no decoder is needed goes to `found.broken`.

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
        found.broken = refusal
        if refusal.reason not in _KEEPS_PLACE:
            raise
    form = pixel_format(dataset, pixel_keyword(dataset) or "PixelData", encapsulated=True)
    check_limits(form, decoded_bytes=decoded_bytes)
    return form


def _notes(dataset: Dataset, frames: tuple[Frame, ...]) -> list[str]:
    notes = []
    if dataset.text("LossyImageCompression") == "01":
        notes.append("lossy")
    if frames[0].spacing_kind == "detector_plane":
        notes.append("detector_plane")
    if not _CHARACTER_SETS.issuperset(dataset.words("SpecificCharacterSet")):
        notes.append("charset_unknown")
    return notes


def _identifiers(found: Findings, key: Key) -> tuple[tuple[str, str], ...]:
    owner = ((OWNER, found.patient_id),) if found.owned else ()
    return (*found.pseudonyms.items(), *_names(found.file, key), *owner)


def _names(file: Found, key: Key) -> tuple[tuple[str, str], ...]:
    """Pseudonyms of the words by which a table of labels may name the file; its token is that of the path."""
    name = file.relative.rpartition("/")[2]
    own = (("path", file.token), ("name", key.pseudonym("name", name)), ("stem", _stem(name, key)))
    if file.member is None and not name.endswith(_GZIP):
        return own
    plain = name.removesuffix(_GZIP)
    paths = dict.fromkeys(_as_unpacked(file))
    return (
        *own,
        *(("path", key.pseudonym("path", path)) for path in paths),
        ("name", key.pseudonym("name", plain)),
        ("stem", _stem(plain, key)),
    )


def _stem(name: str, key: Key) -> str:
    return key.pseudonym("stem", name[: name.rindex(".")] if "." in name[1:] else name)


def _as_unpacked(file: Found) -> list[str]:
    """The paths that the file would have, were it unpacked where its archive lies, or to a folder there."""
    paths = [file.relative]
    if file.member is not None:
        archive = file.member.archive_path
        inside = file.relative[len(archive) + 1 :]
        folder, slash, _ = archive.rpartition("/")
        of_its_name = archive.removesuffix(_GZIP).rpartition(".")[0]
        paths = [f"{folder}{slash}{inside}", f"{of_its_name}/{inside}"]
    return [*paths, *(path.removesuffix(_GZIP) for path in paths)]
