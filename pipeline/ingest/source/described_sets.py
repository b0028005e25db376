"""What a `dataset.json` says of its data set: taken where the settings are silent, told where it isn't so."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Final

from pipeline.config.ingest import Formats
from pipeline.errors import DataError
from pipeline.ingest.source.described_labels import Called, label_lines
from pipeline.ingest.source.described_pairs import contradicted_pairs
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.layouts import (
    FORMAT_OF_ENDING,
    case_of_channel,
    images_of_mask,
    names_in_folders,
    start_of_channel,
    told_apart_by,
)
from pipeline.ingest.source.remote import is_url

FILE: Final = "dataset.json"
_MOST_BYTES: Final = 16 << 20
_MODALITIES: Final = (
    ("CT", re.compile(r"\s*CT\b", re.IGNORECASE)),
    ("PT", re.compile(r"\s*(PET|PT|SUV)\b", re.IGNORECASE)),
    ("MR", re.compile(r"\s*(MRI?|T1\w*|T2\w*|FLAIR|PD\w*|ADC|DWI|HBV|SWI)\b", re.IGNORECASE)),
)


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
    name = FORMAT_OF_ENDING.get(str(data.get("file_ending", "")).lower(), "nifti")
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
    return [*lines, *_of_fewer_channels(data, here - cases), *_of_another_ending(data, here)]


def _of_fewer_channels(data: Mapping[str, Any], channels: set[str]) -> list[str]:
    """A line on cases, of these files of channels, that have fewer of them than the file says."""
    announced, found = _channels(data), Counter(map(case_of_channel, channels))
    if not (few := sum(number < announced for number in found.values())):
        return []
    have = "1 case has" if few == 1 else f"{few:,} cases have"
    return [
        f"note: {FILE} names {announced} channels, and {have} fewer files; say in `ingest.formats` how many "
        "`channels` are read"
    ]


def _of_another_ending(data: Mapping[str, Any], here: set[str]) -> list[str]:
    """A line where the file names an ending that no image has."""
    ending = data.get("file_ending")
    if not isinstance(ending, str) or any(name.lower().endswith(ending.lower()) for name in here):
        return []
    return [f"note: {FILE} says that images end otherwise than all of those in imagesTr do (`file_ending`)"]


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
