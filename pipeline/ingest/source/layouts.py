"""Layouts of data sets, told by names of folders and files: the decathlon's, nnU-Net's, BIDS, paired folders.

They are read as they lie. What a layout says of masks and patients is inferred from each path; what its
`dataset.json` says of the modality is taken where the settings are silent (https://bids.neuroimaging.io;
nnU-Net, `documentation/dataset_format.md`).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Final

from pipeline.config.ingest import Formats
from pipeline.errors import DataError
from pipeline.ingest.source.described_labels import Called, label_lines
from pipeline.ingest.source.described_pairs import contradicted_pairs
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.paired_folders import images_called_as, is_in_masks
from pipeline.ingest.source.remote import is_url

FILE: Final = "dataset.json"
IMAGE_FOLDERS: Final = frozenset({"imagesTr", "imagesTs", "imagesVal"})
"""Folders that hold images of many patients."""

_MASK_FOLDERS: Final = frozenset({"labelsTr", "labelsTs", "labelsVal"})
_MASK_SUFFIX: Final = re.compile(r"_(dseg|probseg|mask)\.[A-Za-z.]+")
_SAYING_WHAT: Final = ("label", "desc", "seg", "atlas")
"""Entities that say what a mask of BIDS marks: the first one that its name has."""
_NATIVE: Final = "orig"
"""The space of the image itself, whichever it is; its suffix says the same, as `space-T1w` of a T1w."""
_OF_DERIVATIVES: Final = frozenset({"atlas", "den", "desc", "label", "res", "scale", "seg", "space"})
"""Entities that say how an image was made of another one (BIDS, common derivatives)."""
SUBJECT: Final = re.compile(r"(?:^|/)(sub-[A-Za-z0-9]+)/")
"""Of a path in BIDS, as its tables name it."""
_SUBJECT_OF_NAME: Final = re.compile(r"sub-[A-Za-z0-9]+")
_DERIVED: Final = re.compile(r"(?:^|/)derivatives/")
_DERIVED_FROM: Final = re.compile(r"(?:^|(?<=/))derivatives/(?:[^/]+/)*?(?=sub-[A-Za-z0-9]+(?:/|$))")
_NIFTI_ENDING: Final = re.compile(r"\.nii(\.gz)?$")
_FIRST: Final = "_0000"
_CHANNEL: Final = re.compile(r"_\d{4}(?=\.)")
_MOST_BYTES: Final = 16 << 20
_VOLUMES: Final = (".nii.gz", ".nii")
_ENDINGS: Final = {".png": "png", ".tif": "tiff", ".tiff": "tiff", ".jpg": "jpeg", ".jpeg": "jpeg"}
_MODALITIES: Final = (
    ("CT", re.compile(r"\s*CT\b", re.IGNORECASE)),
    ("PT", re.compile(r"\s*(PET|PT|SUV)\b", re.IGNORECASE)),
    ("MR", re.compile(r"\s*(MRI?|T1\w*|T2\w*|FLAIR|PD\w*|ADC|DWI|HBV|SWI)\b", re.IGNORECASE)),
)


def is_mask_by_place(relative: str) -> bool:
    """Whether a path is that of a mask: below `labelsTr` or `masks`, or in BIDS with the suffix of one.

    >>> is_mask_by_place("imagesTr/a.nii.gz"), is_mask_by_place("all.zip/labelsTr/a.nii.gz")
    (False, True)
    """
    *folders, name = relative.split("/")
    if not _MASK_FOLDERS.isdisjoint(folders) or is_in_masks(relative):
        return True
    return bool(subject_of(relative)) and _MASK_SUFFIX.search(name) is not None


def names_in_folders(paths: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """The names in each folder."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        folder, _, name = path.rpartition("/")
        names[folder].append(name)
    return names


def images_of_mask(relative: str, names: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The paths of the images that a mask may be of; `names` are those in each folder.

    Of one that lies directly in `labelsTr` it is the image of its name, or that one's first channel. In BIDS
    it is one with the entities of the mask, its space, and its suffix where the name of the mask has one. It
    lies where the mask was derived from, or beside it; that of another space lies beside a derived mask, too.
    Of one in a folder `masks` it is any of its name in a folder `images`.

    >>> images_of_mask("labelsTr/a.nii.gz", {"imagesTr": ["a_0000.nii.gz", "b_0000.nii.gz"]})
    ('imagesTr/a_0000.nii.gz',)
    >>> images_of_mask("sub-1/sub-1_T1w_mask.nii", {"sub-1": ["sub-1_T1w.nii", "sub-1_T2w.nii"]})
    ('sub-1/sub-1_T1w.nii',)
    """
    folder, _, name = relative.rpartition("/")
    above, slash, own = folder.rpartition("/")
    if own in _MASK_FOLDERS:
        images = f"{above}{slash}{own.replace('labels', 'images')}"
        found = [one for one in _named_as(name) if one in names.get(images, ())][:1]
        return tuple(f"{images}/{one}" for one in found)
    if not _MASK_FOLDERS.isdisjoint(folder.split("/")):  # all that is there is masks
        return ()
    if called := images_called_as(relative, names):
        return called
    homes = [_DERIVED_FROM.sub("", folder), *([folder] if _value("space", name) else [])]
    paired = (
        tuple(f"{home}/{one}" for one in sorted(names.get(home, ())) if _is_marked_by(name, one))
        for home in homes
    )
    return next(filter(None, paired), ())


def label_of_mask(relative: str) -> str:
    """What the name of a mask of one structure says that it marks, in BIDS; "" where it doesn't say.

    >>> label_of_mask("sub-1/anat/sub-1_label-lesion_mask.nii.gz")
    'lesion'
    >>> label_of_mask("sub-1/anat/sub-1_desc-brain_mask.nii.gz")
    'brain'
    """
    *_, name = relative.split("/")
    match = _MASK_SUFFIX.search(name)
    if match is None or match[1] == "dseg" or not subject_of(relative):
        return ""
    return next(filter(None, (_value(entity, name) for entity in _SAYING_WHAT)), "")


def _is_marked_by(mask: str, image: str) -> bool:
    """Whether a file is an image of BIDS that a mask in its folder, or derived from there, may be of."""
    if not _NIFTI_ENDING.search(image) or _MASK_SUFFIX.search(image):
        return False
    (entities, suffixes), (own, said) = _entities(mask), _entities(image)
    suffix = "".join(said[-1:])
    if own != entities or (len(suffixes) > 1 and suffix != suffixes[-2]):
        return False
    of_mask, of_image = (
        "" if space in (_NATIVE, suffix) else space
        for space in (_value("space", mask), _value("space", image))
    )
    return of_mask == of_image


def _value(entity: str, name: str) -> str:
    """What a name of BIDS says by an entity; "" where it has none."""
    parts = _NIFTI_ENDING.sub("", name).split("_")
    return next((part.partition("-")[2] for part in parts if part.startswith(f"{entity}-")), "")


def _named_as(name: str) -> list[str]:
    """The names that the image of a mask below `labelsTr` may have, the likeliest first."""
    ending = next((one for one in (*_VOLUMES, *_ENDINGS) if name.lower().endswith(one)), "")
    if not ending:
        return []
    stem, own = name[: -len(ending)], name[-len(ending) :]
    others = _VOLUMES if ending in _VOLUMES else tuple(_ENDINGS)
    return [f"{stem}{channel}{one}" for one in dict.fromkeys((own, *others)) for channel in ("", "_0000")]


def _entities(name: str) -> tuple[list[str], list[str]]:
    """The entities `key-value` that name of BIDS shares with those derived from it, and its suffixes."""
    parts = name.partition(".")[0].split("_")
    entities = [part for part in parts if "-" in part and part.partition("-")[0] not in _OF_DERIVATIVES]
    return entities, [part for part in parts if "-" not in part]


def has_a_formats_name(relative: str) -> bool:
    """Whether a path ends as those of volumes and pictures do that a layout pairs with others."""
    return relative.lower().endswith((*_VOLUMES, *_ENDINGS))


def is_derivative(relative: str) -> bool:
    """Whether a path is that of a derived image of BIDS."""
    return bool(subject_of(relative)) and is_below_derivatives(relative)


def is_below_derivatives(relative: str) -> bool:
    """Whether a path is below a folder `derivatives`."""
    return _DERIVED.search(relative) is not None


def subject_of(relative: str) -> str:
    """The subject of a BIDS path, as its tables name it; "" for any other path.

    >>> subject_of("study/sub-07/ses-1/anat/sub-07_T1w.nii.gz")
    'sub-07'
    """
    match = SUBJECT.search(relative)
    return match[1] if match else ""


def is_of_two_subjects(relative: str) -> bool:
    """Whether a BIDS path names one subject by its folder, and another by the name of the file.

    >>> is_of_two_subjects("sub-07/anat/sub-08_T1w.nii.gz"), is_of_two_subjects("sub-07/anat/T1w.nii.gz")
    (True, False)
    """
    match = _SUBJECT_OF_NAME.match(relative.rpartition("/")[2])
    return match is not None and subject_of(relative) not in ("", match[0])


def case_of_channel(relative: str) -> str:
    """The path of the case whose channel a file of nnU-Net is, which ends in four digits; "" for any other.

    >>> case_of_channel("imagesTr/case_12_0000.nii.gz")
    'imagesTr/case_12.nii.gz'
    """
    folder, _, name = relative.rpartition("/")
    if folder.rpartition("/")[2] not in IMAGE_FOLDERS or not _CHANNEL.search(name):
        return ""
    return f"{folder}/{_CHANNEL.sub('', name, count=1)}"


def channel_of(relative: str) -> int | None:
    """The number of a channel of nnU-Net by its path; None for any other.

    >>> channel_of("imagesTr/case_12_0003.nii.gz")
    3
    """
    match = _CHANNEL.search(relative.rpartition("/")[2]) if case_of_channel(relative) else None
    return int(match[0][1:]) if match else None


def first_channel(relative: str) -> str:
    """The path of the first channel of the case that a channel belongs to.

    >>> first_channel("imagesTr/case_12_0003.nii.gz")
    'imagesTr/case_12_0000.nii.gz'
    """
    folder, _, name = relative.rpartition("/")
    return f"{folder}/{_CHANNEL.sub(_FIRST, name, count=1)}"


def told_apart_by(mask: str) -> str:
    """What the images begin with that a mask tells to be cases, not channels: "" where it tells nothing.

    No mask of nnU-Net is called as a channel behind the first is. Where one is, as in a decathlon of patients
    `p_0001`, `p_0002`, ..., four digits are a number of cases.

    >>> told_apart_by("labelsTr/p_0002.nii.gz"), told_apart_by("labelsTr/p_0000.nii.gz")
    ('imagesTr/p', '')
    """
    folder, _, name = mask.rpartition("/")
    match = _CHANNEL.search(name)
    above, slash, own = folder.rpartition("/")
    if own not in _MASK_FOLDERS or match is None or match[0] == _FIRST or not has_a_formats_name(name):
        return ""
    return f"{above}{slash}{own.replace('labels', 'images')}/{name[: match.start()]}"


def start_of_channel(relative: str) -> str:
    """What the path of a channel begins with, up to its number; "" for any other.

    >>> start_of_channel("imagesTr/case_12_0003.nii.gz")
    'imagesTr/case_12'
    """
    if not case_of_channel(relative):
        return ""
    folder, _, name = relative.rpartition("/")
    return f"{folder}/{_CHANNEL.split(name, maxsplit=1)[0]}"


def with_layout(
    formats: Formats, paths: Sequence[SourcePath], called: Called = MappingProxyType({})
) -> tuple[Formats, list[str]]:
    """The formats with what a `dataset.json` states where the settings are silent, and lines for the person.

    Such a file lies beside `imagesTr`; what it says of images, masks and labels is held against what is
    there, and against what the settings say that files call structures. Raises DataError where masks are read
    and such a file gives them to other images than their names do.
    """
    there = {file.relative for file in paths}
    lines: list[str] = []
    for file in paths:
        folder = file.relative.removesuffix(FILE)
        described = PurePosixPath(file.relative).name == FILE and not file.reason and not is_url(file.path)
        if not described or not any(name.startswith(f"{folder}imagesTr/") for name in there):
            continue
        data = _read(file)
        if data is None:
            lines.append(
                f"note: {FILE} is no JSON of a data set; state in `ingest.formats` what its images are"
            )
            continue
        if called and (contradicted := contradicted_pairs(data, folder, _calls_of_image(there))):
            raise DataError(contradicted)
        formats, line = _stated(formats, data)
        lines += [line, *_lacking(data, folder, there), *label_lines(data, called)]
    return formats, lines


def _calls_of_image(there: Iterable[str]) -> Callable[[str], frozenset[str]]:
    """What the image of a mask may be called: by its own path, or by that of the case whose channel it is."""
    names = names_in_folders(there)

    def calls(mask: str) -> frozenset[str]:
        images = images_of_mask(mask, names)
        return frozenset({*images, *map(case_of_channel, images)} - {""})

    return calls


def _stated(formats: Formats, data: Mapping[str, Any]) -> tuple[Formats, str]:
    name = _ENDINGS.get(str(data.get("file_ending", "")).lower(), "nifti")
    modality = _modality(data)
    settings = formats.named()[name]
    if settings is not None:
        contradicts = f", where {FILE} says {modality}" if modality not in ("", settings.modality) else ""
        return formats, f"{FILE}: {name} is {settings.modality} by `ingest.formats`{contradicts}"
    if not modality:
        return formats, f"note: {FILE} tells no modality that is known; state it in `ingest.formats`"
    stated = Formats.model_validate(
        {**formats.model_dump(), name: {"modality": modality, "channels": _channels(data) or None}}
    )
    return stated, f"{FILE}: {name} is {modality}"


def _modality(data: Mapping[str, Any]) -> str:
    """The one modality of all channels; "" where they differ or aren't known."""
    channels = data.get("channel_names", data.get("modality"))
    words = channels.values() if isinstance(channels, dict) else channels
    if not isinstance(words, Iterable):
        return ""
    found = {
        next((modality for modality, pattern in _MODALITIES if pattern.match(str(word))), "")
        for word in words
    }
    return found.pop() if len(found) == 1 else ""


def _channels(data: Mapping[str, Any]) -> int:
    """How many channels a case has; 0 where it isn't told."""
    channels = data.get("channel_names", data.get("modality"))
    return len(channels) if isinstance(channels, dict | list) else 0


def _lacking(data: Mapping[str, Any], folder: str, there: set[str]) -> list[str]:
    """What the file says of its images and masks that isn't so."""
    training = data.get("training")
    entries = [entry for entry in training if isinstance(entry, dict)] if isinstance(training, list) else []
    here = {name for name in there if name.startswith(f"{folder}imagesTr/")}
    apart = {told_apart_by(name) for name in there} - {""}
    # Both are in use: cases, and channels of them.
    cases = {name if start_of_channel(name) in apart else case_of_channel(name) or name for name in here}
    lines = []
    for key, what, found in (("image", "images", there | cases), ("label", "masks", there)):
        listed = {str(PurePosixPath(folder) / str(entry[key])) for entry in entries if entry.get(key)}
        if missing := len(listed - found):
            lines.append(f"note: {FILE} lists {len(listed):,} {what}, {missing:,} of which are not there")
        if key == "image" and listed:
            lines += _unlisted(sum(not {name, case_of_channel(name)} & listed for name in here))
    count = data.get("numTraining")
    if isinstance(count, int) and count != len(cases):
        lines.append(f"note: {FILE} counts {count:,} cases for training, and {len(cases):,} are there")
    return lines


def _unlisted(count: int) -> list[str]:
    if not count:
        return []
    are = "1 file lies" if count == 1 else f"{count:,} files lie"
    return [f"note: {are} in imagesTr that {FILE} doesn't list; read all the same"]


def _read(file: SourcePath) -> Mapping[str, Any] | None:
    if file.size > _MOST_BYTES:
        return None
    try:
        data = json.loads(Path(file.path.decode("utf-8", "surrogateescape")).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
