"""What a plane is, by its header's own words: a scout, a derived picture, an image, a slice of a volume."""

from __future__ import annotations

from pipeline.ingest.dicom.sop_classes import PREFIX, SECONDARY_CAPTURE
from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.image_words import VOLUME_WORDS

__all__ = ["INCLUDED_BY", "NIFTI", "exclusion_of", "is_slice"]

NIFTI = "NIfTI"
"""In place of a SOP class: the slices of a NIfTI volume, which are cuts whatever their modality."""
_VOLUME_MODALITIES = frozenset({"CT", "MR", "PT"})
_NUCLEAR_MEDICINE = "NM"
_PLANAR_WORDS = frozenset({"STATIC", "DYNAMIC", "GATED", "WHOLE BODY", "TOMO", "GATED TOMO"})
"""Value 3 of ImageType of projections by a gamma camera (PS3.3 C.8.4.9.1.3)."""
# Objects of projection modalities whose frames are slices with positions of their own (PS3.3 A.47-A.59).
_VOLUME_OBJECTS = frozenset(
    {
        f"{PREFIX}6.2",  # Enhanced US Volume
        f"{PREFIX}13.1.1",  # X-Ray 3D Angiographic
        f"{PREFIX}13.1.2",  # X-Ray 3D Craniofacial
        f"{PREFIX}13.1.3",  # Breast Tomosynthesis
    }
)
_DERIVED_WORDS = frozenset(
    {"CPR", "MINIP", "MIP", "MPR", "REFORMATTED", "SCREEN", "SCREENSHOT", "SSD", "VRT"}
)
_DERIVED_VALUES = frozenset(
    {"CURVED_MPR", "MAX_IP", "MIN_IP", "PROJECTION IMAGE", "SURFACE_RENDER", "VOLUME_RENDER"}
)


INCLUDED_BY = {"localizer": "localizer", "derived_not_selected": "derived"}
"""The word of `ingest.include` that brings in what is left out for the reason."""


def is_slice(frame: Frame) -> bool:
    """Whether the plane is a cut through the body, which can be stacked; else it is a picture of its own.

    A Secondary Capture without place or spacing is a picture, whatever its modality.
    """
    if frame.sop_class in _VOLUME_OBJECTS or frame.sop_class == NIFTI:
        return True
    captured = frame.sop_class == SECONDARY_CAPTURE or frame.sop_class.startswith(f"{SECONDARY_CAPTURE}.")
    if captured and None in (frame.position_mm, frame.orientation, frame.spacing_mm):
        return False
    if frame.modality == _NUCLEAR_MEDICINE:
        return _is_nuclear_slice(frame)
    return frame.modality in _VOLUME_MODALITIES


def _is_nuclear_slice(frame: Frame) -> bool:
    """By value 3 of ImageType, which such objects must have; without it, by a place in space."""
    kinds = frame.image_type[2:3]
    if not VOLUME_WORDS.isdisjoint(kinds):
        return True
    return _PLANAR_WORDS.isdisjoint(kinds) and frame.position_mm is not None


def exclusion_of(frame: Frame) -> tuple[str, str]:
    """`localizer` or `derived_not_selected`, and what says so, for planes that are no original slice.

    ("", "") for all others. Derived are projections and reformats that say so in ImageType (PS3.3
    C.7.6.1.1.2); the word DERIVED alone is not enough, since compressed originals have it, too.
    """
    if "LOCALIZER" in frame.image_type:
        return "localizer", ""
    kinds = frame.image_type[2:]
    if not is_slice(frame) or not {"DERIVED", "SECONDARY"}.intersection(frame.image_type[:2]):
        return "", ""
    words = {word for kind in kinds for word in kind.replace("_", " ").split()}
    telling = _DERIVED_VALUES.intersection(kinds) or _DERIVED_WORDS.intersection(words)
    return ("derived_not_selected", f"ImageType has {min(telling)}") if telling else ("", "")
