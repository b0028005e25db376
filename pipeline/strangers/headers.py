"""What headers of training scans say, and what of a new one's was never among it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pipeline.records import Attribute, Case

WORDS: Final = (
    "body_part_examined", "manufacturer", "manufacturer_model_name", "modality", "photometric_interpretation",
    "spacing_kind", "value_unit", "view_position",
)  # fmt: skip
"""What makes another kind of scan, or another machine."""
NUMBERS: Final = ("magnetic_field_strength", "kvp", "slice_thickness", "spacing")
_KNOWN_SHARE: Final = 0.95
"""Of the training patients must have an attribute, for its absence or presence to mean anything."""
_BEYOND: Final = 0.25
"""So much of a range, or of a number itself, may a new number lie outside of it (a choice)."""

Words = dict[str, tuple[str, ...]]
Ranges = dict[str, tuple[float, float]]


def known(cases: Sequence[Case]) -> tuple[Words, Ranges]:
    """The words of each attribute that nearly all cases have, and the ranges of the numbers."""
    said = [_said(case) for case in cases]
    words: Words = {}
    ranges: Ranges = {}
    for name in (*WORDS, *NUMBERS):
        values = [each[name] for each in said if name in each]
        if len(values) < _KNOWN_SHARE * max(len(said), 1) or not values:
            continue
        if name in WORDS:
            words[name] = tuple(sorted({str(value) for value in values}))
        else:
            numbers = [float(value) for value in values]
            ranges[name] = (min(numbers), max(numbers))
    return words, ranges


def oddities(
    case: Case, words: Mapping[str, Sequence[str]], ranges: Mapping[str, Sequence[float]]
) -> list[str]:
    """What of a header was never seen in training, each as a few words."""
    said = _said(case)
    odd = [
        f"{_name(name)} {said[name]} never seen"
        for name in words
        if name in said and str(said[name]) not in words[name]
    ]
    for name, (low, high) in ranges.items():
        if name in said and not _within(float(said[name]), low, high):
            odd.append(f"{_name(name)} {float(said[name]):.3g} outside {low:.3g} to {high:.3g}")
    return odd


def _said(case: Case) -> dict[str, Attribute]:
    own: dict[str, Attribute] = {
        "modality": case.modality,
        "value_unit": case.value_unit,
        "spacing_kind": case.geometry.spacing_kind,
        "spacing": max(case.geometry.spacing),
    }
    listed: Iterable[str] = (*WORDS, *NUMBERS)
    return own | {name: case.attributes[name] for name in listed if name in case.attributes}


def _within(value: float, low: float, high: float) -> bool:
    room = _BEYOND * max(high - low, abs(low), abs(high))
    return low - room <= value <= high + room


def _name(name: str) -> str:
    return name.replace("_", " ")
