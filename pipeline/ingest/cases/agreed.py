"""What the files of one case say alike of the patient, the machine and the examination.

A case holds one value of each. Where its files differ, none is right for all of its planes, so none is kept
(as of the frames of an enhanced object); a file that is silent contradicts nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pipeline.records import Attribute

DIFFER: Final = "headers_differ"
"""The note of a case whose files differ in one of these."""

_ONCE: Final = (
    "body_part_examined", "contrast_bolus_agent", "convolution_kernel", "image_laterality", "laterality",
    "magnetic_field_strength", "manufacturer", "manufacturer_model_name", "patient_age", "patient_sex",
    "study_date", "study_day", "view_position",
)  # fmt: skip
"""What patient, study, series and equipment have once (PS3.3 A.1.4), and what makes groups."""
_BURNED_IN: Final = "burned_in_annotation"


def agreed(
    own: Mapping[str, Attribute], said: Iterable[Mapping[str, Attribute]]
) -> tuple[dict[str, Attribute], tuple[str, ...]]:
    """The case's `own` attributes with those that its files have all `said` alike, and notes.

    That text is burned into the pixels is true of a case as soon as one file says so.
    """
    distinct = list({id(each): each for each in said}.values())  # most files of a series share one record
    values = {name: {each[name] for each in distinct if each.get(name, "") != ""} for name in _ONCE}
    differing = {name for name, found in values.items() if len(found) > 1}
    attributes = {name: value for name, value in own.items() if name not in differing}
    for name, found in values.items():
        if len(found) == 1 and name not in attributes:
            attributes[name] = next(iter(found))
    if any(each.get(_BURNED_IN) == "YES" for each in distinct):
        attributes[_BURNED_IN] = "YES"
    return attributes, (DIFFER,) if differing else ()
