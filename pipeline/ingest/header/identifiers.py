"""Pseudonyms for everything that a file says, or that its path says, about whose it is.

Real identifiers live in this module's local variables only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.ingest.dicom.dataset import Dataset, date_of
from pipeline.ingest.header.aliases import aliases_of
from pipeline.ingest.header.owners import OWNER, Owners, ordered, owner_of
from pipeline.ingest.header.planes import Identity
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.layouts import case_of_channel
from pipeline.pseudonyms import Key

_GZIP = ".gz"
_KEYWORDS = (
    ("sop", "SOPInstanceUID"),
    ("series", "SeriesInstanceUID"),
    ("study", "StudyInstanceUID"),
    ("accession", "AccessionNumber"),
    ("patient", "PatientID"),
)
_OF_SERIES = ("SeriesNumber", "SeriesDescription", "ProtocolName")
FRAME = "frame"
"""The kind of a frame of reference: two patient IDs in one are one acquisition."""
_STANDARD = "1.2.840.10008."  # the root of the UIDs that the standard itself gives (PS3.6 annex A)
_OPTIONAL = "accession"
"""The one identifier that an image may lack: it is a matter of the order, not of the image."""


@dataclass(frozen=True)
class Identification:
    """Whose a file is, in pseudonyms by kind.

    `owned` says that the patient is told by `ingest.patient_from`, `ownerless` why nobody owns the file;
    `aliases` are kind and pseudonym of what else names the patient.
    """

    pseudonyms: Mapping[str, str] = field(default_factory=dict)
    patient_id: str = ""
    owned: bool = False
    ownerless: Refusal | None = None
    aliases: tuple[tuple[str, str], ...] = ()


UNIDENTIFIED = Identification()


def identify(dataset: Dataset, file: SourcePath, *, key: Key, owners: Owners) -> Identification:
    """What the data set says about whose it is; without a PatientID, what the settings say."""
    patient = owners.named(dataset.text("PatientID"))
    aliases = aliases_of(dataset, patient, dummies=owners.dummies, key=key)
    aliases += frames_of_patients(dataset, key)
    pseudonyms = {}
    for kind, keyword in _KEYWORDS:
        text = patient if kind == "patient" else dataset.text(keyword)
        if text:
            pseudonyms[kind] = key.pseudonym(kind, text)
    if not patient:
        owner = _by_owner(dataset.text("StudyInstanceUID"), file, pseudonyms, key=key, owners=owners)
        return replace(owner, aliases=aliases)
    day = date_of(dataset.text("StudyDate"))
    if day is not None:  # a table may name a patient's scans of a day; both together name no date
        pseudonyms["day"] = key.pseudonym("day", patient, day.isoformat())
    patient_id = key.pseudonym("patient", dataset.text("IssuerOfPatientID"), patient)
    return Identification(pseudonyms, patient_id, aliases=aliases)


def identify_by_content(
    content: str, file: SourcePath, *, study: str, key: Key, owners: Owners
) -> Identification:
    """Whose a file is that names nobody: an image and a series by itself, told by `content`.

    `content` is the digest of its bytes: the same bytes are the same image, wherever they lie; `study` that
    of the first file of its case.
    """
    pseudonyms = {
        "sop": key.pseudonym("sop", content),
        "series": key.pseudonym("series", content),
        "study": key.pseudonym("study", study),
    }
    return _by_owner(study, file, pseudonyms, key=key, owners=owners)


def identity_of(identification: Identification, dataset: Dataset, key: Key) -> Identity:
    """The image's identity. Raises Refusal `missing_attribute` when nothing says whose image it is."""
    pseudonyms = identification.pseudonyms
    for kind, keyword in _KEYWORDS:
        if kind not in pseudonyms and kind != _OPTIONAL:
            raise (kind == "patient" and identification.ownerless) or Refusal("missing_attribute", keyword)
    reference = dataset.text("FrameOfReferenceUID")
    return Identity(
        patient_id=identification.patient_id,
        study_id=pseudonyms["study"],
        series_id=pseudonyms["series"],
        sop_id=pseudonyms["sop"],
        frame_of_reference=key.pseudonym(FRAME, reference) if reference else "",
        series_words=_words_of_series(dataset, key),
    )


def _words_of_series(dataset: Dataset, key: Key) -> str:
    """A pseudonym of what all images of one series say alike, "" where they say nothing."""
    words = [dataset.text(keyword) for keyword in _OF_SERIES]
    return key.pseudonym("series_words", *words) if any(words) else ""


def identifiers_of(identification: Identification, file: SourcePath, key: Key) -> tuple[tuple[str, str], ...]:
    """Kind and pseudonym of every word by which a table of labels, or a person, may name the image."""
    owner = ((OWNER, identification.patient_id),) if identification.owned else ()
    return (*identification.pseudonyms.items(), *_names(file, key), *owner, *identification.aliases)


def frames_of_patients(dataset: Dataset, key: Key) -> tuple[tuple[str, str], ...]:
    """The kind and pseudonym of the frame of reference, which is of one patient's scans alone.

    Not of one that the standard defines, as that of an atlas, which many share (PS3.3 C.7.4.1).
    """
    reference = dataset.text("FrameOfReferenceUID")
    is_shared = not reference or reference.startswith(_STANDARD)
    return () if is_shared else ((FRAME, key.pseudonym(FRAME, reference)),)


def _by_owner(
    study: str, file: SourcePath, pseudonyms: Mapping[str, str], *, key: Key, owners: Owners
) -> Identification:
    """Whose the file is by something else than its PatientID, where the settings say by what."""
    known: Iterable[tuple[str, str]] = ()
    if owners.rows:
        known = ordered([*pseudonyms.items(), *_names(file, key)])
    try:
        patient_id, word = owner_of(owners, file.relative, study, identifiers=known, key=key)
    except Refusal as refusal:
        return Identification(pseudonyms, ownerless=refusal)
    return Identification({**pseudonyms, "patient": word}, patient_id, owned=True)


def _names(file: SourcePath, key: Key) -> tuple[tuple[str, str], ...]:
    """Pseudonyms of the words by which a table of labels may name the file; its token is that of the path."""
    as_it_lies: tuple[tuple[str, str], ...] = (("path", file.token), *_called(file.relative, key))
    for image in file.companions:
        if image.relative == file.relative:  # a mask that goes by what names its image
            as_it_lies = tuple(dict.fromkeys((*as_it_lies, ("path", image.token))))
    # A table may name a file as it was before it was packed, or the case that it is a channel of.
    paths = {file.relative: None}
    if file.member is not None or file.relative.endswith(_GZIP):
        paths |= dict.fromkeys(_as_unpacked(file))
    paths |= {case: None for path in paths if (case := case_of_channel(path))}
    others = [path for path in paths if path != file.relative]
    pairs = [pair for path in others for pair in (("path", key.pseudonym("path", path)), *_called(path, key))]
    return (*as_it_lies, *(pair for pair in dict.fromkeys(pairs) if pair not in as_it_lies))


def _called(path: str, key: Key) -> tuple[tuple[str, str], tuple[str, str]]:
    """The name of a file, and the name without its ending."""
    name = path.rpartition("/")[2]
    stem = name[: name.rindex(".")] if "." in name[1:] else name
    return ("name", key.pseudonym("name", name)), ("stem", key.pseudonym("stem", stem))


def _as_unpacked(file: SourcePath) -> list[str]:
    """The paths that the file would have, were it unpacked where its archive lies, or to a folder there."""
    paths = [file.relative]
    if file.member is not None:
        archive = file.member.archive_path
        inside = file.relative[len(archive) + 1 :]
        folder, slash, _ = archive.rpartition("/")
        of_its_name = archive.removesuffix(_GZIP).rpartition(".")[0]
        paths = [f"{folder}{slash}{inside}", f"{of_its_name}/{inside}"]
    return [*paths, *(path.removesuffix(_GZIP) for path in paths)]
