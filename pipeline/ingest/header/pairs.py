"""The image that a layout pairs with a mask, found beside it and told by its bytes as any image is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from pipeline.ingest.limits import FileLimits
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.source.archives import opened_packing
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.files import open_file
from pipeline.ingest.source.remote import is_url
from pipeline.pseudonyms import Key

__all__ = ["paired"]


def paired(
    mask: SourcePath, candidates: Sequence[str], *, key: Key, limits: FileLimits
) -> tuple[SourcePath, str]:
    """The mask as if it lay where its image does, and the digest of the image's bytes.

    `candidates` are paths below RAW, the likeliest first. Raises Refusal `mask_reference_missing` where none
    of them is there, or where the mask lies in an archive or behind a URL.
    """
    if mask.member is not None or is_url(mask.path):
        raise Refusal("mask_reference_missing", "it lies in an archive or behind a URL")
    root = mask.path[: len(mask.path) - len(os.fsencode(mask.relative))]
    for relative in candidates:
        try:
            with open_file(root + os.fsencode(relative)) as opened:
                _, data = opened_packing(opened.data, limits.file_bytes)
                return replace(mask, relative=relative), key.content_digest(data)
        except FileNotFoundError:
            continue
    raise Refusal("mask_reference_missing", "no image is paired with it")
