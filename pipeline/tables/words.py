"""What one word of a table is: a number, a date, a list of findings; and how words are told to people."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from pipeline.invisible import visible

_WHOLE: Final = re.compile(r"([+-]?\d+)\.0+")
_NUMBER: Final = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_MONTH: Final = (
    "(?:january|february|march|april|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|may|jun|jul|aug|sept|sep|oct|nov|dec"
    "|januar|februar|märz|mai|juni|juli|oktober|dezember|mrz|mär|okt|dez|jänner"
    "|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre"
    "|janv|févr|fevr|avr|juil|aout|déc|enero|ene|abr|ago|dic|gen|mag|giu|lug|set|ott)"
)
_CLOCK: Final = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
_DATE: Final = re.compile(
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}})"
    rf"|\d{{1,2}}\.?[-/. ]\s*{_MONTH}\.?(?:[-/. ]\s*\d{{2,4}})?|{_MONTH}\.?[-/. ]\s*\d{{1,4}})"
    rf"(?:[T ]{_CLOCK})?"
    rf"|{_CLOCK}",
    re.IGNORECASE,
)
_FIVE_DIGITS: Final = re.compile(r"\d{5}")
_OF_A_DAY: Final = 5  # digits
_FEW_WORDS: Final = 10  # different ones, a choice: numbers with more levels are measured
SERIAL_DAYS: Final = range(36526, 54789)
"""The numbers by which spreadsheets count the days of 2000 to 2049."""
_BARS: Final = re.compile(r"[|;\n]")
_BRACKETED: Final = re.compile(r"\[.*\]|\{.*\}|\(.*,.*\)")
_SEPARATORS: Final = ("|", ";", ",", "/", "+", "&")
_AND: Final = re.compile(r"\s*(?:[,/+&]|\band\b|\bund\b)\s*")
_PLAIN_YAML: Final = re.compile(r"[^\W\d_][\w./-]*(?: [\w./-]+)*")
_WORDS_OF_YAML: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_SHOWN: Final = 8  # a choice: a target with more words is told by the commonest


NOT_AVAILABLE: Final = frozenset({"", "nan", "n/a", "na", "n.a.", "<na>", "#n/a", "nat", "null"})
"""What programs write for a missing value, in lower case: no word of a language."""

MISSING: Final = NOT_AVAILABLE | {
    "none", "unknown", "missing", "n/k", "n.k.", "n/d", "n.d.", "n. d.", "tbd", "tba", "pending", "no data",
    "not available", "not known", "not reported", "not recorded", "not specified", "not stated",
    "not applicable",
    "unbekannt", "nicht bekannt", "fehlt", "fehlend", "k.a.", "k. a.", "k.a", "keine angabe", "keine angaben",
    "nicht erhoben", "nicht verfügbar", "nicht angegeben", "ohne angabe", "o.a.", "o. a.", "unbek.",
    "inconnu", "inconnue", "manquant", "non disponible", "non renseigné", "non précisé",
    "desconocido", "desconocida", "no disponible", "sin datos", "no consta", "desconhecido", "sem dados",
    "sconosciuto", "non disponibile", "non noto", "onbekend", "niet bekend", "okänd", "okänt", "ukendt",
    "ukjent", "nieznany", "brak danych", "неизвестно", "нет данных", "н/д", "不明", "未知",
}  # fmt: skip
"""Words for a missing value, in lower case, whatever the table; of other languages what says so alone."""


NO_FINDING: Final = frozenset(
    {
        "no finding", "no findings", "normal", "kein befund", "keine befunde", "ohne befund", "o.b.", "o. b.",
        "unauffällig", "normalbefund", "aucune anomalie", "sans anomalie", "sin hallazgos", "nessun reperto",
    }
)  # fmt: skip
"""What lists of findings say where there is none, in lower case, whatever the language."""


def normal(word: str) -> str:
    """The one spelling of words that nobody means to differ: by spaces and marks that nobody sees, 1.0, TRUE.

    >>> normal("no\\u00a0 finding"), normal("1.0"), normal("TRUE")
    ('no finding', '1', 'true')
    """
    text = " ".join(visible(unicodedata.normalize("NFC", word)).split())
    whole = _WHOLE.fullmatch(text)
    if whole:
        return whole.group(1)
    return text.casefold() if text.casefold() in {"true", "false"} else text


def number(word: str) -> float | None:
    """The number that a word is, with a decimal point or comma; None where it is none."""
    value = float(word.replace(",", ".")) if _NUMBER.fullmatch(word) else math.inf
    return value if math.isfinite(value) else None


def both_signs(words: Sequence[str]) -> tuple[str, str] | None:
    """A word with a decimal comma and one with a point, where a column has both; None where it has one."""
    comma = next((word for word in words if "," in word), None)
    point = next((word for word in words if "." in word), None)
    return None if comma is None or point is None else (comma, point)


def thousands(words: Sequence[str]) -> str | None:
    """A word whose comma may part thousands: three digits stand behind every comma of the column."""
    commas = [word for word in words if "," in word]
    groups = [word for word in commas if re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3})+", word)]
    return groups[0] if groups and len(groups) == len(commas) else None


def point_thousands(words: Sequence[str]) -> str | None:
    """A word whose point may part thousands: three digits stand behind every point, and none begins with 0.

    >>> point_thousands(["1.250", "2.300", "980"]), point_thousands(["1.250", "0.500"])
    ('1.250', None)
    """
    points = [word for word in words if "." in word]
    groups = [word for word in points if re.fullmatch(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", word)]
    return groups[0] if groups and len(groups) == len(points) else None


def is_date(word: str) -> bool:
    """Whether a word is a day or a time of day.

    >>> [is_date(word) for word in ("2024-02-01", "1-Feb", "01.02.24", "1:20", "1-2", "mark 1")]
    [True, True, True, True, False, False]
    """
    return bool(_DATE.fullmatch(word))


def serial_days(words: Collection[str]) -> list[str]:
    """The words that are days as a spreadsheet counts them, among words most of which are no numbers.

    Or among a few that are: grades stand beside what became of a 1-2.
    """
    numbers = {word for word in words if number(word) is not None}
    short = {word for word in numbers if len(word) < _OF_A_DAY}
    if 2 * len(numbers) > len(words) and (len(words) > _FEW_WORDS or len(words) == len(numbers) - len(short)):
        return []
    return sorted(word for word in numbers if _FIVE_DIGITS.fullmatch(word) and int(word) in SERIAL_DAYS)


def several_findings(words: Collection[str]) -> list[str]:
    """The words that name several findings: by bars, by brackets, or by commas between words of the column.

    >>> several_findings(["Mass", "Effusion", "Effusion, Mass", "Pneumonia, viral"])
    ['Effusion, Mass']
    """
    listed = [word for word in words if _BARS.search(word) or _BRACKETED.fullmatch(word)]
    pieces = {word: _AND.split(word) for word in words if number(word) is None and not is_date(word)}
    joined = {word: parts for word, parts in pieces.items() if len(parts) > 1 and all(parts)}
    joined = {word: parts for word, parts in joined.items() if not all(piece.isdigit() for piece in parts)}
    often = Counter(piece for parts in joined.values() for piece in set(parts))
    listed += [
        word
        for word, parts in joined.items()
        if any(piece in pieces or often[piece] > 1 for piece in parts) and word not in listed
    ]
    return sorted(listed)


def pieces_of(words: Collection[str]) -> tuple[str, list[str]]:
    """What parts the findings in lists of them, and all of them by name; nothing parts what has no such sign.

    >>> pieces_of(["Mass|Effusion", "Mass"]), pieces_of(["Mass", "Effusion"])
    (('|', ['Effusion', 'Mass']), ('', []))
    """
    separator = next((sign for sign in _SEPARATORS if any(sign in word for word in words)), "")
    if not separator:
        return "", []
    return separator, sorted(
        {piece for word in words for part in word.split(separator) if (piece := normal(part))}
    )


def quoted(words: Sequence[str]) -> str:
    """The first words, quoted, and how many more."""
    shown = [f"'{word}'" for word in words[:5]]
    return " and ".join(shown) + (f" and {len(words) - 5} more" if len(words) > 5 else "")


def counted(counts: Mapping[str, int]) -> str:
    """Words with their numbers, the most frequent first."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = ", ".join(f"{repr(word) if word else 'empty'} {count:,}" for word, count in ordered[:_SHOWN])
    return shown + (f" and {len(ordered) - _SHOWN} more words" if len(ordered) > _SHOWN else "")


def as_yaml(value: str | Sequence[str] | Mapping[str, Sequence[str]]) -> str:
    """Words as they are written in a line of YAML, quoted where they need it.

    >>> as_yaml({"yes": ["yes", "1"]})
    '{"yes": ["yes", "1"]}'
    """
    if isinstance(value, str):
        plain = _PLAIN_YAML.fullmatch(value) and value.casefold() not in _WORDS_OF_YAML
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{as_yaml(key)}: {as_yaml(words)}" for key, words in value.items()) + "}"
    return "[" + ", ".join(map(as_yaml, value)) + "]"
