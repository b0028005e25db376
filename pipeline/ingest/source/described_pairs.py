"""Which masks a `dataset.json` gives to which images, held against the names by which they are paired."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

_FILE: Final = "dataset.json"
_LISTS: Final = ("training", "validation", "test")
_MOST_TOLD: Final = 5


def contradicted_pairs(
    data: Mapping[str, Any], folder: str, calls_of: Callable[[str], frozenset[str]]
) -> str:
    """A sentence on the entries whose mask is another image's by its name, "" where there are none.

    `folder` is that of the file, `calls_of` says what the image of a mask may be called; nothing where names
    give it none. Paths may name patients, so entries are told by their numbers.
    """
    told = [
        f"{number} of `{key}`"
        for key in _LISTS
        for number, image, mask in _entries(data.get(key), folder)
        if (calls := calls_of(mask)) and image not in calls
    ]
    if not told:
        return ""
    more = f" and {len(told) - _MOST_TOLD:,} more" if len(told) > _MOST_TOLD else ""
    entries = f"{'entry' if len(told) == 1 else 'entries'} {', '.join(told[:_MOST_TOLD])}{more}"
    return (
        f"{_FILE} gives images other masks than those of their names ({entries}), and only one can be right. "
        f"Rename the masks as their images are called, or mend these entries or leave them out of {_FILE}."
    )


def _entries(listed: object, folder: str) -> Iterator[tuple[int, str, str]]:
    """The number of each entry, from 1, with the paths of its image and mask."""
    for number, entry in enumerate(listed if isinstance(listed, list) else (), 1):
        image, mask = (entry.get("image"), entry.get("label")) if isinstance(entry, dict) else ("", "")
        # Channels in a list of their own are told by the first.
        image = image[0] if isinstance(image, list) and image else image
        if isinstance(image, str) and isinstance(mask, str) and image and mask:
            yield number, str(PurePosixPath(folder) / image), str(PurePosixPath(folder) / mask)
