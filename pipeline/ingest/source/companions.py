"""Which other files of RAW a file needs to be understood: a mask its image, a channel the first of its case.

They are told by the paths alone, of folders and of archives, as the layouts of nnU-Net and BIDS name them. A
file that is called as a channel may be a case of its own: then its companion is the mask that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.layouts import (
    channel_of,
    first_channel,
    has_a_formats_name,
    images_of_mask,
    is_mask_by_place,
    names_in_folders,
    start_of_channel,
    told_apart_by,
)
from pipeline.ingest.source.paired_folders import images_beside, is_called_as_mask

__all__ = ["channel_number", "gaining", "is_mask", "with_companions"]


def with_companions(files: Sequence[SourcePath], known: Iterable[SourcePath]) -> list[SourcePath]:
    """The files, each with those that it needs of the known ones."""
    needing = [file for file in files if _may_need(file.relative)]
    if not needing:
        return list(files)
    there: dict[str, SourcePath] = {}
    for file in known:
        if not file.reason:
            there.setdefault(file.relative, file)
    names, apart = names_in_folders(there), _told_apart(there)
    found = {file.token: _companions(file, there, names, apart) for file in needing}
    return [replace(file, companions=found[file.token]) if found.get(file.token) else file for file in files]


def is_mask(file: SourcePath) -> bool:
    """Whether a file is a mask by its place, or by its name beside the image that it is then the mask of."""
    return is_mask_by_place(file.relative) or (is_called_as_mask(file.relative) and bool(file.companions))


def channel_number(file: SourcePath) -> int | None:
    """The number of the channel that a file is, by its name; None for any other.

    Nor is it one where masks are called as the files of its case are: each of these is a case of its own.
    """
    if any(is_mask_by_place(one.relative) for one in file.companions):
        return None
    return channel_of(file.relative)


def gaining(files: Sequence[SourcePath], fresh: Set[str]) -> set[str]:
    """The tokens of files that are paired with a fresh one now, to be read again."""
    new = [file for file in files if file.token in fresh]
    # What DICOM files alone bring costs no look at the others, which may be very many.
    if not any(has_a_formats_name(file.relative) for file in new):
        return set()
    standing = with_companions([file for file in files if file.token not in fresh], files)
    return {file.token for file in standing if any(one.token in fresh for one in file.companions)}


def _may_need(relative: str) -> bool:
    return is_mask_by_place(relative) or is_called_as_mask(relative) or bool(start_of_channel(relative))


def _told_apart(there: Mapping[str, SourcePath]) -> Mapping[str, SourcePath]:
    """The first mask that says so of each start of names whose four digits count cases, not channels."""
    return {start: there[path] for path in sorted(there, reverse=True) if (start := told_apart_by(path))}


def _companions(
    file: SourcePath,
    there: Mapping[str, SourcePath],
    names: Mapping[str, Sequence[str]],
    apart: Mapping[str, SourcePath],
) -> tuple[SourcePath, ...]:
    if not is_mask_by_place(file.relative):
        if is_called_as_mask(file.relative):
            return tuple(there[path] for path in images_beside(file.relative, names))
        mask = apart.get(start_of_channel(file.relative))
        if mask is not None:
            return (mask,)
        first = there.get(first_channel(file.relative)) if channel_of(file.relative) else None
        return (first,) if first else ()
    return tuple(there[path] for path in images_of_mask(file.relative, names))
