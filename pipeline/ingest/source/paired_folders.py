"""Pictures and volumes with their masks, paired by names: in folders `images` and `masks`, or in one.

The folders may lie below others that say the part (`train/images`, `train/masks`) or above them
(`images/train`, `masks/train`). A mask is called as its image is, or so with `_mask` or the like at the end;
in one folder it has to be so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

IMAGES: Final = frozenset({"images", "image", "imgs", "img"})
"""Names of folders that hold images of many patients, in small letters."""
_MASKS: Final = frozenset({"masks", "mask", "segmentations", "segmentation", "ground_truth", "groundtruth"})
_OF_MASKS: Final = re.compile(r"[_-](masks?|seg|segmentation|labels?|gt|ground_?truth)$", re.IGNORECASE)
_BESIDE: Final = re.compile(
    r"(?<=.)[ _-](masks?|seg|segmentation|labels?|gt|ground_?truth)([ _-]?\d{1,2})?$", re.IGNORECASE
)
_OF_IMAGES: Final = re.compile(r"[_-](image|img)$", re.IGNORECASE)
_VOLUME: Final = re.compile(r"\.nii(\.gz)?$", re.IGNORECASE)
_PICTURE: Final = re.compile(r"\.(png|tiff?|jpe?g)$", re.IGNORECASE)


def is_in_masks(relative: str) -> bool:
    """Whether a path is that of a mask, below a folder that is called so.

    >>> is_in_masks("train/masks/a.png"), is_in_masks("train/images/a.png"), is_in_masks("masks.zip")
    (True, False, False)
    """
    return _at(relative.split("/")[:-1]) is not None


def images_called_as(relative: str, names: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The paths of the images whose name a mask has, whatever their ending; `names` are those in each folder.

    >>> images_called_as("train/masks/a_mask.png", {"train/images": ["a.jpg", "b.jpg"]})
    ('train/images/a.jpg',)
    >>> images_called_as("masks/x/a.png", {"images/x": ["a.tif", "a.png"], "images": ["a.png"]})
    ('images/x/a.png', 'images/x/a.tif')
    """
    *folders, name = relative.split("/")
    at, stem = _at(folders), _stem(name)
    if at is None or not stem:
        return ()
    called = {stem, _OF_MASKS.sub("", stem)}
    ending = _VOLUME if _VOLUME.search(name) else _PICTURE
    homes = ("/".join([*folders[:at], word, *folders[at + 1 :]]) for word in _spelt(IMAGES))
    return tuple(
        f"{home}/{image}"
        for home in homes
        for image in sorted(names.get(home, ()))
        if ending.search(image) and not called.isdisjoint({_stem(image), _OF_IMAGES.sub("", _stem(image))})
    )


def is_called_as_mask(relative: str) -> bool:
    """Whether a file is called as the mask of another in its folder is.

    >>> [is_called_as_mask(name) for name in ("a/b_mask.png", "a/b mask_1.png", "a/mask.png")]
    [True, True, False]
    """
    return _BESIDE.search(_stem(relative.rpartition("/")[2])) is not None


def images_beside(relative: str, names: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The paths of the images in its own folder of which a file is called as the mask, whatever their ending.

    >>> images_beside("a/b_mask.png", {"a": ["b.jpg", "b_mask.png", "c.png"]})
    ('a/b.jpg',)
    """
    folder, slash, name = relative.rpartition("/")
    stem = _stem(name)
    own = _BESIDE.sub("", stem)
    ending = _VOLUME if _VOLUME.search(name) else _PICTURE
    if own in ("", stem):
        return ()
    beside = sorted(names.get(folder, ()))
    return tuple(f"{folder}{slash}{one}" for one in beside if ending.search(one) and _stem(one) == own)


def _at(folders: Sequence[str]) -> int | None:
    """Where the last folder of masks stands in a path, None where none does."""
    found = [at for at, folder in enumerate(folders) if folder.lower() in _MASKS]
    return found[-1] if found else None


def _stem(name: str) -> str:
    """The name without the ending of a format, "" for one without."""
    for ending in (_VOLUME, _PICTURE):
        if ending.search(name):
            return ending.sub("", name)
    return ""


def _spelt(words: frozenset[str]) -> list[str]:
    return [spelt for word in sorted(words) for spelt in (word, word.capitalize(), word.upper())]
