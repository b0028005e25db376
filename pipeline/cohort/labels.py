"""The label of each scan: the target column after the join, with everything that doesn't fit told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.cohort.findings import Exclusion, Finding
from pipeline.cohort.join import Join
from pipeline.errors import ConfigError, DataError, nearest
from pipeline.tables import Table, lines_told

CONFLICT_SHARE: Final = 0.20
"""More scans than this with contradicting labels mean that the table was joined at the wrong level."""

Refuse = Callable[[tuple[str | int, ...], str], ConfigError]


@dataclass(frozen=True)
class Labels:
    """Labels by case_id, with what was left out and what a person should know."""

    of_case: Mapping[str, str]
    exclusions: tuple[Exclusion, ...]
    findings: tuple[Finding, ...]


def label_cases(table: Table, target: str, *, join: Join, case_ids: Collection[str]) -> Labels:
    """The label of each scan of `case_ids` that the table gives exactly one.

    Raises:
        DataError: the target column is missing, no scan has a label, or the labels of more than
            CONFLICT_SHARE of the scans contradict each other.
    """
    values = values_of_case(table, target, join)
    of_case: dict[str, str] = {}
    exclusions = []
    for case_id in sorted(case_ids):
        given = values.get(case_id, {})
        words = sorted(word for word in given if word)
        if len(words) == 1:
            of_case[case_id] = words[0]
        else:
            exclusions.append(_without_label(case_id, words, given))
    conflicts = [item for item in exclusions if item.reason == "label_conflict"]
    _require_labels(of_case, conflicts, target, join)
    findings = [
        *_conflicting(conflicts),
        *_unmatched_rows(table, join),
        *_unused(table, target, of_case),
    ]
    return Labels(of_case, tuple(exclusions), tuple(findings))


def choose_classes(words: Collection[str], positive: str | None, *, refuse: Refuse) -> tuple[str, ...]:
    """The classes in their order: negative and positive, or three and more by name.

    Raises:
        DataError: fewer than two classes, or two that differ only in case.
        ConfigError: `cohort.positive` is missing for two classes, none of them, or given for more.
    """
    classes = sorted(set(words))
    folded = Counter(word.casefold() for word in classes)
    twins = [word for word in classes if folded[word.casefold()] > 1]
    if twins:
        raise DataError(f"The labels {_told(twins)} differ only in case. Write them alike in the table.")
    if len(classes) < 2:
        raise DataError(f"All labelled scans have the label {_told(classes)}. Two classes are needed.")
    place = ("cohort", "positive")
    if len(classes) > 2:
        if positive is not None:
            raise refuse(place, f"'positive' is for two classes, the table has {len(classes)}. Leave it out.")
        return tuple(classes)
    if positive is None:
        raise refuse(
            place, f"'positive' is missing: say which of {_told(classes)} is the finding looked for."
        )
    if positive not in classes:
        raise refuse(place, f"no labelled scan has the class '{positive}' ({nearest(positive, classes)}).")
    return tuple(sorted(classes, key=lambda word: word == positive))


def values_of_case(table: Table, column: str, join: Join) -> dict[str, dict[str, list[int]]]:
    """The different values a column gives each scan, with the lines they stand in.

    Raises:
        DataError: there is no such column; the nearest is named.
    """
    values: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for value, line, case_ids in zip(table.column(column), table.lines, join.cases, strict=True):
        for case_id in case_ids:
            values[case_id][value].append(line)
    return values


def group_values(table: Table, column: str, join: Join) -> dict[str, str]:
    """The value of a column for each scan; empty where rows contradict each other.

    Raises:
        DataError: there is no such column; the nearest is named.
    """
    values = values_of_case(table, column, join)
    return {case_id: next(iter(given)) if len(given) == 1 else "" for case_id, given in values.items()}


def _without_label(case_id: str, words: Sequence[str], given: Mapping[str, list[int]]) -> Exclusion:
    if words:
        lines = lines_told(line for word in words for line in given[word])
        return Exclusion(case_id, "label_conflict", f"labels {_told(words)} in {lines} of the table")
    if given:
        return Exclusion(case_id, "label_empty", f"no label in {lines_told(given[''])} of the table")
    return Exclusion(case_id, "not_in_table", "the table of labels has no row for it")


def _require_labels(
    of_case: Mapping[str, str], conflicts: Sequence[Exclusion], target: str, join: Join
) -> None:
    if len(conflicts) > CONFLICT_SHARE * (len(of_case) + len(conflicts)):
        raise DataError(
            f"The column '{target}' gives {len(conflicts)} scans contradicting labels when {join.sentence()} "
            f"({conflicts[0].detail}, say). Name a column that is unique to each scan in `cohort.id`."
        )
    if not of_case:
        raise DataError(f"No scan has a label: the column '{target}' is empty in all rows that name a scan.")


def _conflicting(conflicts: Sequence[Exclusion]) -> Iterator[Finding]:
    if conflicts:
        detail = (
            f"scans left out because their rows contradict each other: {conflicts[0].detail}, for instance"
        )
        yield Finding("label_conflict", len(conflicts), detail, tuple(item.case_id for item in conflicts))


def _unmatched_rows(table: Table, join: Join) -> Iterator[Finding]:
    lines = [line for line, cases in zip(table.lines, join.cases, strict=True) if not cases]
    if lines:
        yield Finding(
            "label_without_scan", len(lines), f"rows of the table that name no scan: {lines_told(lines)}"
        )


def _unused(table: Table, target: str, of_case: Mapping[str, str]) -> Iterator[Finding]:
    unused = sorted(set(table.column(target)) - set(of_case.values()) - {""})
    if unused:
        yield Finding("class_without_scan", len(unused), f"labels that no scan has: {_told(unused)}")


def _told(words: Sequence[str]) -> str:
    shown = [f"'{word}'" for word in words[:5]]
    return " and ".join(shown) + (f" and {len(words) - 5} more" if len(words) > 5 else "")
