"""Layouts of data sets, told by names of folders and files: the decathlon's, nnU-Net's, BIDS, paired folders.

They are read as they lie. What a layout says of masks and patients is inferred from each path
(https://bids.neuroimaging.io; nnU-Net, `documentation/dataset_format.md`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pipeline.ingest.source.paired_folders import images_called_as, is_in_masks

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
_VOLUMES: Final = (".nii.gz", ".nii")
FORMAT_OF_ENDING: Final = {".png": "png", ".tif": "tiff", ".tiff": "tiff", ".jpg": "jpeg", ".jpeg": "jpeg"}


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
    ending = next((one for one in (*_VOLUMES, *FORMAT_OF_ENDING) if name.lower().endswith(one)), "")
    if not ending:
        return []
    stem, own = name[: -len(ending)], name[-len(ending) :]
    others = _VOLUMES if ending in _VOLUMES else tuple(FORMAT_OF_ENDING)
    return [f"{stem}{channel}{one}" for one in dict.fromkeys((own, *others)) for channel in ("", "_0000")]


def _entities(name: str) -> tuple[list[str], list[str]]:
    """The entities `key-value` that name of BIDS shares with those derived from it, and its suffixes."""
    parts = name.partition(".")[0].split("_")
    entities = [part for part in parts if "-" in part and part.partition("-")[0] not in _OF_DERIVATIVES]
    return entities, [part for part in parts if "-" not in part]


def has_a_formats_name(relative: str) -> bool:
    """Whether a path ends as those of volumes and pictures do that a layout pairs with others."""
    return relative.lower().endswith((*_VOLUMES, *FORMAT_OF_ENDING))


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
