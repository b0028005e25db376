"""Each element of a header alone, by the digests of its values: what nothing else reads may tell a label."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from pydicom.datadict import keyword_for_tag

from pipeline.cohort import shortcuts
from pipeline.cohort.shortcuts import Features, Truths
from pipeline.records import ELEMENTS

_TAG: Final = 8  # hex digits
_TECHNICAL: Final = {
    "00020010": "transfer syntax",
    "00080005": "specific character set",
    "00080070": "manufacturer",
    "00081090": "manufacturer model name",
    "00181000": "device serial number",
    "00181004": "plate ID",
    "00181020": "software versions",
    "00181030": "protocol name",
    "0018700a": "detector ID",
    "00400241": "performed station",
}
"""Of how a scan was made and sent: like a scanner's settings, a reason to warn where they go with a label."""
_PIECES: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z]|$)|[A-Z]?[a-z]+")
_LIKELY: Final = 0.9  # of the cases, classes alike heavy, that the commonest class of each value gets right

Hints = Sequence[Mapping[str, tuple[str, ...]]]
"""The keyed words of each field, case by case."""


def technical(hints: Hints) -> dict[str, Features]:
    """The values of what the scanner and its programs say of themselves, by name."""
    values = _by_field(hints)
    return {
        name: shortcuts.columns_of_words(values[tag]) for tag, name in _TECHNICAL.items() if tag in values
    }


def telling(hints: Hints, truth: Truths) -> dict[str, Features]:
    """The values of each element that might tell the truth, by its keyword or tag; the others can't."""
    return {
        _name(tag): shortcuts.columns_of_words(words)
        for tag, words in _by_field(hints).items()
        if _may_tell(words, truth)
    }


def names(field: str, asked_for: str) -> bool:
    """Whether a field of the patient is what is asked for, such as the age: it tells nothing beside it.

    >>> names("patient age", "Age (years)"), names("PatientSex", "sex"), names("Manufacturer", "age")
    (True, True, False)
    """
    first, *rest = _words(field) or [""]
    return first == "patient" and not set(rest).isdisjoint(_words(asked_for))


def _by_field(hints: Hints) -> dict[str, list[tuple[str, ...]]]:
    """The words of each element, case by case."""
    found: dict[str, list[tuple[str, ...]]] = {}
    nothing: list[tuple[str, ...]] = [()] * len(hints)
    for place, each in enumerate(hints):
        for word in each.get(ELEMENTS, ()):
            words = found.setdefault(word[:_TAG], nothing.copy())
            words[place] = (*words[place], word)
    return found


def _may_tell(words: Sequence[tuple[str, ...]], truth: Truths) -> bool:
    """Whether its values, each taken for the side that most of its cases are on, are nearly always right.

    Values of few cases are taken together: no tree could learn from them.
    """
    _, value, count = np.unique([" ".join(each) for each in words], return_inverse=True, return_counts=True)
    value = np.where(count[value] < shortcuts.LEAF, 0, value + 1)
    sides = truth.of_case[:, None] == np.arange(len(truth.classes))
    for side in sides.T:
        inside, outside = (
            np.bincount(value[of], minlength=value.max() + 1) / max(of.sum(), 1) for of in (side, ~side)
        )
        if np.maximum(inside, outside).sum() / 2 > _LIKELY:
            return True
    return False


def _name(tag: str) -> str:
    """The keyword of an element, else its tag."""
    return keyword_for_tag(int(tag, 16)) or f"element ({tag[:4]},{tag[4:]})"


def _words(text: str) -> list[str]:
    return [piece.casefold() for piece in _PIECES.findall(text)]
