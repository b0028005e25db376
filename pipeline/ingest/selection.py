"""What a plane is, by its header's own words: a scout, a derived picture, an image, a slice of a volume."""

from __future__ import annotations

from pipeline.ingest.frames import Frame
from pipeline.ingest.nuclear import VOLUME_WORDS

__all__ = ["exclusion_of", "is_slice"]

_VOLUME_MODALITIES = frozenset({"CT", "MR", "PT"})
_NUCLEAR_MEDICINE = "NM"
_PLANAR_WORDS = frozenset({"STATIC", "DYNAMIC", "GATED", "WHOLE BODY", "TOMO", "GATED TOMO"})
"""Value 3 of ImageType of projections by a gamma camera (PS3.3 C.8.4.9.1.3)."""
# Objects of projection modalities whose frames are slices with positions of their own (PS3.3 A.47-A.59).
_VOLUME_OBJECTS = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.6.2",  # Enhanced US Volume
        "1.2.840.10008.5.1.4.1.1.13.1.1",  # X-Ray 3D Angiographic
        "1.2.840.10008.5.1.4.1.1.13.1.2",  # X-Ray 3D Craniofacial
        "1.2.840.10008.5.1.4.1.1.13.1.3",  # Breast Tomosynthesis
    }
)
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_DERIVED_WORDS = frozenset(
    {"CPR", "MINIP", "MIP", "MPR", "REFORMATTED", "SCREEN", "SCREENSHOT", "SSD", "VRT"}
)
_DERIVED_VALUES = frozenset(
    {"CURVED_MPR", "MAX_IP", "MIN_IP", "PROJECTION IMAGE", "SURFACE_RENDER", "VOLUME_RENDER"}
)


def is_slice(frame: Frame) -> bool:
    """Whether the plane is a cut through the body, which can be stacked; else it is a picture of its own."""
    if frame.modality == _NUCLEAR_MEDICINE:
        kinds = frame.image_type[2:3]
        told = not VOLUME_WORDS.isdisjoint(kinds) or not _PLANAR_WORDS.isdisjoint(kinds)
        return not VOLUME_WORDS.isdisjoint(kinds) if told else frame.position_mm is not None
    return frame.modality in _VOLUME_MODALITIES or frame.sop_class in _VOLUME_OBJECTS


def exclusion_of(frame: Frame) -> str:
    """`localizer` or `derived_not_selected` for planes that are no original slice, else an empty text.

    Derived are captured screens, and projections and reformats that say so in ImageType (PS3.3
    C.7.6.1.1.2); the word DERIVED alone is not enough, since compressed originals have it, too.
    """
    if "LOCALIZER" in frame.image_type:
        return "localizer"
    if not is_slice(frame):
        return ""
    captured = frame.sop_class == _SECONDARY_CAPTURE or frame.sop_class.startswith(f"{_SECONDARY_CAPTURE}.")
    kinds = frame.image_type[2:]
    words = {word for kind in kinds for word in kind.replace("_", " ").split()}
    reformatted = bool(_DERIVED_VALUES.intersection(kinds) or _DERIVED_WORDS.intersection(words))
    if captured or (reformatted and {"DERIVED", "SECONDARY"}.intersection(frame.image_type[:2])):
        return "derived_not_selected"
    return ""
