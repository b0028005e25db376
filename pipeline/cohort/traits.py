"""What tells the scans of a patient apart beside identifiers: attributes that their headers state.

A table says 'left' where a header says L, so both are brought to one word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pipeline.records import OTHER, Case
from pipeline.tables.words import number

LATERALITY: Final = "laterality"

_SIDES: Final = {
    "L": ("l", "left", "lt", "li", "links", "gauche", "sinistra", "izquierda", "izquierdo"),
    "R": ("r", "right", "rt", "re", "rechts", "droite", "destra", "derecha", "derecho"),
    "B": ("b", "both", "bilateral", "beide", "beidseits", "bds"),
}
"""The sides of PS3.3 C.7.3.1 (Laterality), and how tables write them."""
_SIDE_OF: Final = {word: side for side, words in _SIDES.items() for word in words}


def traits_of(cases: Iterable[Case]) -> dict[str, dict[str, frozenset[str]]]:
    """For each attribute and each of its words, the scans that have it; numbers are words, too."""
    traits: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for case in cases:
        for name, value in _stated(case):
            if value != "" and value != OTHER:
                traits[name][_word(value)].add(case.case_id)
    return {name: {word: frozenset(ids) for word, ids in words.items()} for name, words in traits.items()}


def trait_words(name: str, cell: str) -> tuple[str, ...]:
    """The words of the attribute `name` that a cell of the table may mean, none for an empty one.

    >>> trait_words("laterality", "links"), trait_words("echo_time", "4,0")
    (('L',), ('4',))
    """
    if not cell:
        return ()
    if name.endswith(LATERALITY) and cell.casefold() in _SIDE_OF:
        return (_SIDE_OF[cell.casefold()],)
    return (_word(cell),)


def _stated(case: Case) -> Iterator[tuple[str, str | float | int]]:
    attributes: Mapping[str, str | float | int] = case.attributes
    yield "modality", case.modality
    yield from ((name, value) for name, value in attributes.items() if name != LATERALITY)
    # An image's own laterality says more than that of the body part (PS3.3 C.8.11.7).
    yield LATERALITY, attributes.get("image_laterality", attributes.get(LATERALITY, ""))


def _word(value: str | float | int) -> str:
    """A number in one spelling, with a decimal comma or point; a word in capital letters."""
    read = number(value) if isinstance(value, str) else float(value)
    return str(value).upper() if read is None else f"{read:g}"
