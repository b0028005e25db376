"""What tells the scans of a patient apart beside identifiers: attributes that their headers state.

A table says 'left' where a header says L, so both are brought to one word.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pipeline.records import OTHER, Case
from pipeline.tables.words import number

LATERALITY: Final = "laterality"

_SIDES: Final = {
    "L": (
        "l", "left", "lt", "li", "links", "linke", "linker", "linkes", "os", "gauche", "sinistra", "sinistro",
        "izquierda", "izquierdo",
    ),
    "R": (
        "r", "right", "rt", "re", "rechts", "rechte", "rechter", "rechtes", "od", "droite", "droit", "destra",
        "destro", "derecha", "derecho",
    ),
    "B": ("b", "both", "bilateral", "beide", "beidseits", "bds", "ou"),
}  # fmt: skip
"""The sides of PS3.3 C.7.3.1 (Laterality), and how tables write them."""
_LETTERS: Final = re.compile(r"[^\W\d_]+")
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

    >>> [trait_words("laterality", cell) for cell in ("links", "Re. Mamma")], trait_words("echo_time", "4,0")
    ([('L',), ('R',)], ('4',))
    """
    if not cell:
        return ()
    side = _side(cell) if name.endswith(LATERALITY) else ""
    return (side or _word(cell),)


def _side(cell: str) -> str:
    """The one side that a cell names, alone or beside what is on it; "" where it names none, or several."""
    words = _LETTERS.findall(cell.casefold())
    if side := _SIDE_OF.get("".join(words)):  # as in O.D.
        return side
    # A letter beside other words may stand for anything.
    sides = {_SIDE_OF[word] for word in words if len(word) > 1 and word in _SIDE_OF}
    return sides.pop() if len(sides) == 1 else ""


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
