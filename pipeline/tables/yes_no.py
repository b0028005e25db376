"""Words that say yes or no, in the languages of tables: which of them say the same in one column."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

_KINDS: Final = {
    "answer": (
        {"yes", "y", "ja", "j", "oui", "si", "sí", "sì", "sim", "tak", "да"},
        {"no", "n", "nein", "non", "não", "nie", "нет", "nee", "nej"},
    ),
    "truth": (
        {"1", "true", "wahr", "vrai", "vero", "verdadero", "verdadeiro"},
        {"0", "false", "falsch", "faux", "falso"},
    ),
    "sign": (
        {"positive", "pos", "positiv", "positif", "positivo", "positiva"},
        {"negative", "neg", "negativ", "négatif", "negatif", "negativo", "negativa"},
    ),
    "presence": (
        {"present", "vorhanden", "présent", "presente"},
        {"absent", "nicht vorhanden", "ausente", "assente"},
    ),
}
"""By what they answer, the words of both sides: of one kind they are translations of each other."""

YES: Final = frozenset().union(*(yes for yes, _ in _KINDS.values()))
NO: Final = frozenset().union(*(no for _, no in _KINDS.values()))

_KIND_OF: Final = {
    word: (kind, side) for kind, sides in _KINDS.items() for side, words in enumerate(sides) for word in words
}


def meanings(words: Collection[str]) -> dict[str, str]:
    """What each word of a column in small letters says, by a key that translations of it have, too.

    Letters alone (j, y) may be names of classes: they are answers beside words that are. Where all are, two
    codings beside each other, each with both sides, say the same: nobody asks for 0, 1, no and yes.

    >>> meanings(["ja", "yes", "maybe"])
    {'ja': 'answer 0', 'yes': 'answer 0', 'maybe': 'maybe'}
    >>> len(set(meanings(["0", "1", "no", "yes"]).values())), len(set(meanings(["0", "1", "no"]).values()))
    (2, 3)
    """
    known = {word: _KIND_OF[word] for word in words if word in _KIND_OF}
    answers_alone = len(known) == len(words)
    sides = set(known.values())
    kinds = {kind for kind, _ in sides}
    if answers_alone and len(sides) == 2 * len(kinds):
        return {word: f"side {side}" for word, (_, side) in known.items()}
    spelt_out = {kind for word, (kind, _) in known.items() if len(word) > 1}
    said = {word: (kind, side) for word, (kind, side) in known.items() if answers_alone or kind in spelt_out}
    return {word: "{} {}".format(*said[word]) if word in said else word for word in words}
