"""The error for cells of findings that can't be read: what is wrong with them, and a line that ends well."""

from __future__ import annotations

from collections import Counter
from typing import Final

from pipeline.errors import ConfigError, nearest
from pipeline.tables.words import as_yaml, counted, number
from pipeline.tasks.contract import Refuse
from pipeline.tasks.multilabel.cells import ABSENT, PRESENT, Columns, Listed

_DOUBT: Final = "-1"
_MOST: Final = 8  # words, a choice: more are no answers to yes or no, and no line of YAML should hold them
_SEPARATORS: Final = ("|", ";", ",", "/", "+", "&", "\n")


def unreadable(
    how: Columns | Listed, column: str, words: Counter[str], *, where: str, refuse: Refuse
) -> ConfigError:
    """The error for `words` of a column, with the scans that have each; `where` one of them stands first."""
    if isinstance(how, Listed):
        return _in_lists(how, words, where=where, refuse=refuse)
    problem = _no_answer(how, column, words, where)
    return refuse(("cohort", "target"), problem or _third_words(column, words, where))


def _in_lists(how: Listed, words: Counter[str], *, where: str, refuse: Refuse) -> ConfigError:
    column, listed = how.column, as_yaml(sorted(words))
    both = sorted(word for word in words if how.contradicts(word))
    if both:
        return refuse(
            ("cohort", "target"),
            f"the column '{column}' has cells that say both that there is no finding and that there is one: "
            f"'{both[0]}' ({words[both[0]]:,}; first {where}). Mend them in the table.",
        )
    sign, parted = _parted(how, words)
    if sign:
        return refuse(
            ("cohort", "separator"),
            f"the column '{column}' parts findings by {as_yaml(sign)}, as in '{parted}' (first {where}), and "
            f"`separator` is {as_yaml(how.separator)}. Say `separator: {as_yaml(sign)}`, or write all cells "
            "alike.",
        )
    return refuse(
        ("cohort", "findings"),
        f"the column '{column}' lists what is none of `findings`: {counted(words)} (first {where}; "
        f"{nearest(words.most_common(1)[0][0], how.names)}). Add it to `findings`; or copy this below "
        f"`cohort:`, where it says that a scan has none of them: `classes: {{{ABSENT}: {listed}}}`, or where "
        f"it says nothing of them: `missing: {listed}`.",
    )


def _parted(how: Listed, words: Counter[str]) -> tuple[str, str]:
    """Another sign that parts a word into findings, and that word; empty where none does."""
    for sign in _SEPARATORS:
        other = Listed(how.names, how.column, sign, how.none, how.missing)
        found = next((word for word in sorted(words) if sign in word and not other.unread(word)), "")
        if found and sign != how.separator:
            return sign, found
    return "", ""


def _no_answer(how: Columns, column: str, words: Counter[str], where: str) -> str:
    """What is wrong with cells that answer another question than yes or no; empty where they don't."""
    listed = next((word for word in sorted(words) if word.count("|") >= len(how.names)), "")
    if listed:
        return (
            f"one of the columns {column} has a bar in a cell ('{listed}' in one row, {where}), so it lists "
            "findings and doesn't say yes or no. Name it alone, as in `target: NAME`, with `separator: "
            '"|"` and `findings: [...]`, those that are asked for; or write yes or no.'
        )
    if len(words) <= _MOST:
        return ""
    numbers = [value for word in words if (value := number(word)) is not None]
    if len(numbers) == len(words):
        return (
            f"the column '{column}' holds numbers with {len(words)} levels ({min(numbers):g} to "
            f"{max(numbers):g}; first {where}), neither yes nor no. Write 1 where the finding is there and 0 "
            "where it isn't; or ask for the number: `task: regression`."
        )
    return (
        f"the column '{column}' has {len(words)} words that are neither yes nor no: {counted(words)} (first "
        f"{where}). Name a column of yes and no, or write 1 where the finding is there and 0 where it isn't."
    )


def _third_words(column: str, words: Counter[str], where: str) -> str:
    """What to say of a few words that are neither yes nor no."""
    listed = as_yaml(sorted(words))
    doubt = f" ({_DOUBT} often marks doubt, which is unknown only if you say so)" if _DOUBT in words else ""
    said = f"{counted(words)} (first {where}){doubt}"
    found = f"the column '{column}' has words that are neither yes nor no: {said}"
    if {"+", "-"}.issubset(words):
        meant = as_yaml({PRESENT: ["+"], ABSENT: ["-"]})
        return f"{found}. If they mean there and not there, copy this below `cohort:`: `classes: {meant}`."
    return (
        f"{found}. Mend the table, or copy one of these below `cohort:`, or parts of each: "
        f"`missing: {listed}` where they leave a finding unknown, `classes: {{{PRESENT}: {listed}}}` where "
        f"it is there, `classes: {{{ABSENT}: {listed}}}` where it isn't."
    )
