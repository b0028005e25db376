"""The image that a layout pairs with a mask, told by its bytes as any image is."""

from __future__ import annotations

from dataclasses import replace

from pipeline.ingest.limits import FileLimits
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.source.archives import opened_packing
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.files import open_file
from pipeline.ingest.source.layouts import subject_of
from pipeline.ingest.source.paired_folders import is_in_masks
from pipeline.pseudonyms import Key

__all__ = ["as_if_there", "paired"]


def paired(file: SourcePath, *, key: Key, limits: FileLimits) -> tuple[SourcePath, str]:
    """The companion of a file, and the digest of its bytes. Raises Refusal `mask_reference_missing`."""
    if not file.companions:
        raise Refusal("mask_reference_missing", "no image is paired with it")
    if len(file.companions) > 1:
        by_entities = subject_of(file.relative) and not is_in_masks(file.relative)
        of_its_name = "may be its own" if by_entities else "are called as it is"
        raise Refusal("mask_reference_missing", f"{len(file.companions)} images {of_its_name}")
    image = file.companions[0]
    try:
        with open_file(image.path, image.member) as opened:
            return image, key.content_digest(opened_packing(opened.data, limits.file_bytes)[1])
    except FileNotFoundError:
        raise Refusal("mask_reference_missing", "no image is paired with it") from None


def as_if_there(mask: SourcePath, image: SourcePath) -> SourcePath:
    """The mask as if it lay where its image does: what names this one names it, too."""
    return replace(mask, relative=image.relative, companions=(image,))
