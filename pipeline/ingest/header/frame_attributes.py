"""What the functional groups of an enhanced object say of the allow-list (PS3.3 C.7.6.16)."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.ingest.dicom.dataset import Dataset
from pipeline.ingest.header.attributes import attributes_of
from pipeline.ingest.pixels.transforms import FunctionalGroups
from pipeline.records import Attribute

_SEQUENCES = (
    "CTAcquisitionDetailsSequence",
    "CTExposureSequence",
    "CTReconstructionSequence",
    "CTXRayDetailsSequence",
    "FrameVOILUTSequence",
    "MREchoSequence",
    "MRModifierSequence",
    "MRTimingAndRelatedParametersSequence",
    "PixelMeasuresSequence",
    "PixelValueTransformationSequence",
)


def attributes_of_frames(top: Mapping[str, Attribute], groups: FunctionalGroups) -> dict[str, Attribute]:
    """The attributes of the `top` level, with those of the functional groups in their place.

    Of these, what all frames have in common: what differs belongs to no object, only to its frames.
    """
    shared = _of_group(groups.shared)
    values = [{**shared, **_of_group(own)} for own in groups.frames] or [shared]
    # What differs between frames is dropped, not averaged: no attribute of a case may be of some of it alone.
    names = {name for one in values for name in one}
    common = {name: values[0][name] for name in names if len({one.get(name) for one in values}) == 1}
    return {**{name: value for name, value in top.items() if name not in names}, **common}


def _of_group(group: Dataset | None) -> dict[str, Attribute]:
    attributes: dict[str, Attribute] = {}
    for sequence in _SEQUENCES:
        if group is not None and sequence in group:
            for item in group.items(sequence)[:1]:
                attributes |= attributes_of(item)
    return attributes
