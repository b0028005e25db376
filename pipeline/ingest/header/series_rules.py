"""Which series a study wants: the rules of `ingest.select`, on listed attributes and the description.

The description is matched in memory, while the header is read; a case keeps the name of its rule alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pipeline.errors import nearest
from pipeline.ingest.header.attributes import NUMBER_NAMES, WORD_NAMES, canonical_word
from pipeline.records import OTHER, Attribute

DESCRIPTION = "series_description"
_ENDS = {"at_least": -math.inf, "at_most": math.inf}

Refuse = Callable[[tuple[str | int, ...], str], Exception]


@dataclass(frozen=True)
class Rule:
    """One way to be wanted: all `words` and `bounds` (lowest, highest) hold, and the pattern is found."""

    name: str
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    description: str = ""


def parse(select: Mapping[str, Mapping[str, Any]], refuse: Refuse) -> tuple[Rule, ...]:
    """The rules in their order.

    `refuse` words an error at a place of the file, as `Config.refuse` does; it is raised for an attribute,
    word, number or pattern that can't be.
    """
    return tuple(_rule(name, conditions, refuse) for name, conditions in select.items())


def open_rules(rules: Iterable[Rule], attributes: Mapping[str, Attribute], description: str) -> list[str]:
    """The rules that an image may still fit by what its own header says; what it doesn't say is left open."""
    return [
        rule.name
        for rule in rules
        if re.search(rule.description, description)
        and all(_holds(rule, name, attributes[name]) for name in _conditions(rule) if name in attributes)
    ]


def fitting_rule(rules: Iterable[Rule], still_open: set[str], attributes: Mapping[str, Attribute]) -> str:
    """The first of the open rules that a case fits in all its conditions; "" if none."""
    for rule in rules:
        decided = rule.name in still_open and all(name in attributes for name in _conditions(rule))
        if decided and all(_holds(rule, name, attributes[name]) for name in _conditions(rule)):
            return rule.name
    return ""


def _conditions(rule: Rule) -> list[str]:
    return [*rule.words, *rule.bounds]


def _holds(rule: Rule, name: str, value: Attribute) -> bool:
    if name in rule.words:
        return bool(rule.words[name].intersection(str(value).split("\\")))
    lowest, highest = rule.bounds[name]
    return lowest <= float(value) <= highest


def _rule(name: str, conditions: Mapping[str, Any], refuse: Refuse) -> Rule:
    words: dict[str, frozenset[str]] = {}
    bounds: dict[str, tuple[float, float]] = {}
    place = ("ingest", "select", name)
    for attribute, wanted in conditions.items():
        refuse_here = partial(refuse, (*place, attribute))
        if attribute in WORD_NAMES:
            words[attribute] = _words(attribute, wanted, refuse_here)
        elif attribute in NUMBER_NAMES:
            bounds[attribute] = _bounds(wanted, refuse_here)
        elif attribute != DESCRIPTION:
            known = [DESCRIPTION, *WORD_NAMES, *NUMBER_NAMES]
            raise refuse_here(f"unknown attribute '{attribute}' ({nearest(attribute, known)}).")
    pattern = _pattern(conditions.get(DESCRIPTION, ""), partial(refuse, (*place, DESCRIPTION)))
    return Rule(name, words, bounds, pattern)


def _words(attribute: str, wanted: Any, refuse: Callable[[str], Exception]) -> frozenset[str]:
    listed: Sequence[Any] = wanted if isinstance(wanted, list | tuple) else [wanted]
    for word in listed:
        if not isinstance(word, str) or canonical_word(attribute, word) in ("", OTHER):
            raise refuse(f"'{word}' is no word that `{attribute}` of a case can be.")
    return frozenset(canonical_word(attribute, word) for word in listed)


def _bounds(wanted: Any, refuse: Callable[[str], Exception]) -> tuple[float, float]:
    ends = wanted if isinstance(wanted, dict) else {"at_least": wanted, "at_most": wanted}
    numbers = all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends.values())
    if not ends or not numbers or ends.keys() - _ENDS:
        raise refuse("expected a number, or {at_least: number, at_most: number}.")
    lowest, highest = (float(ends.get(end, open_end)) for end, open_end in _ENDS.items())
    return lowest, highest


def _pattern(wanted: Any, refuse: Callable[[str], Exception]) -> str:
    try:
        return str(re.compile(wanted).pattern)
    except (re.error, TypeError):
        raise refuse(f"'{wanted}' is not a regular expression.") from None
