"""Files that claim to be the same image or series: copies, of which one is kept, and conflicts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.ingest.header.header import Header
from pipeline.ingest.series.frames import Frame

PixelDigest = Callable[[str, int], str]
"""A text for frame `index` of the file `token`, equal for equal pixels."""


@dataclass(frozen=True)
class Outcome:
    """The one reason of a file."""

    reason: str
    detail: str = ""


def patient_conflicts(headers: Mapping[str, Header]) -> dict[str, Outcome]:
    """Files of a series, or copies of an image, that name two patients."""
    conflicts: dict[str, Outcome] = {}
    for name in ("series_id", "sop_id"):
        patients: defaultdict[str, set[str]] = defaultdict(set)
        tokens: defaultdict[str, list[str]] = defaultdict(list)
        for token, header in headers.items():
            identifier = getattr(header, name)
            # Whose a mask is is compared with its scan's own: one that went astray spoils no images.
            if header.image and not header.marks and identifier and header.patient_id:
                patients[identifier].add(header.patient_id)
                tokens[identifier].append(token)
        for identifier, whose in patients.items():
            if len(whose) > 1:
                owned = any(headers[token].owned for token in tokens[identifier])
                by = ", told by ingest.patient_from" if owned else ""
                outcome = Outcome("patient_conflict", f"{len(whose)} patients{by}")
                conflicts |= dict.fromkeys(tokens[identifier], outcome)
    return conflicts


def one_copy_each(
    usable: Mapping[str, Header], outcomes: dict[str, Outcome], pixel_digest: PixelDigest
) -> dict[str, str]:
    """One token for each image, by its pseudonym; identical copies are told, conflicting ones marked."""
    copies: defaultdict[str, list[str]] = defaultdict(list)
    for token, header in usable.items():
        copies[header.sop_id].append(token)
    chosen = {}
    for sop_id, tokens in copies.items():
        tokens.sort(key=lambda token: (usable[token].series_id, usable[token].digest, token))
        # A broken copy beside a sound one doesn't spoil the image.
        sound = [token for token in tokens if outcomes[token].reason == "ok"]
        chosen[sop_id] = sound[0] if sound else tokens[0]
        if len(sound) < 2:
            continue
        if _same_image([(token, usable[token]) for token in sound], pixel_digest):
            outcomes |= dict.fromkeys(sound[1:], Outcome("duplicate_identical"))
        else:
            outcomes |= dict.fromkeys(sound, Outcome("duplicate_uid_conflict", f"{len(sound)} files"))
    return chosen


def _same_image(copies: Sequence[tuple[str, Header]], pixel_digest: PixelDigest) -> bool:
    """Whether files with one identity hold the same planes with the same pixels."""
    # Equal bytes need no look at their pixels, which is the usual copy.
    if len({header.digest for _, header in copies}) == 1:
        return True
    planes = {tuple(_without_place(frame) for frame in header.frames) for _, header in copies}
    if len({repr(frames) for frames in planes}) > 1:
        return False
    count = len(copies[0][1].frames)
    return len({tuple(pixel_digest(token, i) for i in range(count)) for token, _ in copies}) == 1


def _without_place(frame: Frame) -> str:
    """What must agree between copies; where they are filed and how colours were stored needn't."""
    unlike = replace(frame, study_id="", series_id="", photometric="", image_type=(), position_decimals=())
    return repr(replace(unlike, frame_of_reference=""))
