"""What a column of classes can't be: another kind of question, by its name, or a spreadsheet's accident."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pipeline.errors import DataError
from pipeline.tables.words import counted, is_date, number, serial_days, several_findings
from pipeline.tasks.contract import Refuse
from pipeline.tasks.questions import lines_for_lists, other_question

MOST_LEVELS: Final = 10
"""A number with more levels is measured or counted; scales of grades (Likert, BI-RADS, ISUP) have ten."""

MOST_FRACTIONS: Final = 5
"""The same of numbers with decimals, of which few scales are made (CDR has five: 0, 0.5, 1, 2, 3)."""

MOST_WORDS: Final = 50
"""More different words than this are remarks or names: a choice, beyond what one model is asked."""

_ERRORS: Final = re.compile(r"#(REF!|DIV/0!|VALUE!|NAME\?|NULL!|NUM!|UNCOMPUTED!|SPILL!|CALC!)")
_FILE: Final = re.compile(r".*\.(nii|nii\.gz|mha|mhd|nrrd|dcm|png|jpe?g|tiff?)", re.IGNORECASE)
_INSTEAD: Final = (
    "name a column with one class a scan, or say in `cohort.classes` which class each word means"
)
_MOST: Final = 0.9  # of the words: a measured column has a few words such as "not done" among its numbers


def require_question(
    counts: Mapping[str, int], column: str, *, cell_of: Callable[[str], str], refuse: Refuse
) -> None:
    """Nothing, if the words of the target can be classes; `cell_of` says where a word stands first.

    Raises:
        DataError: errors or dates of a spreadsheet, or remarks: words that are many, or mostly stand once.
        ConfigError: another kind of question: several findings in a cell, a number, or files of masks.
    """
    _require_no_accident(counts, column, cell_of)
    words = sorted(counts)
    files = [word for word in words if _FILE.fullmatch(word)]
    listed = several_findings(words)
    levels = _levels(words)
    if files:
        problem = f"names files ('{files[0]}', {cell_of(files[0])}). Masks are a question"
        raise other_question(column, problem, "segmentation", instead=_INSTEAD, refuse=refuse)
    if listed:
        cells = sum(counts[word] for word in listed)
        first = f"'{listed[0]}', {cell_of(listed[0])}; {cells:,} such cells"
        problem = f"has several findings in one cell ({first}), a question"
        lines = lines_for_lists(words)
        raise other_question(column, problem, "multilabel", instead=_INSTEAD, refuse=refuse, lines=lines)
    if levels:
        problem = f"is a number with {len(levels)} levels ({min(levels):g} to {max(levels):g}), a question"
        raise other_question(column, problem, "regression", instead=_INSTEAD, refuse=refuse)
    once = sum(count == 1 for count in counts.values())
    if len(words) > MOST_WORDS or (len(words) > MOST_LEVELS and 2 * once > len(words)):
        raise DataError(
            f"The column '{column}' has {len(words)} different words for {sum(counts.values()):,} scans "
            f"({counted(counts)}): remarks or names, not classes. Name a column of classes in "
            "`cohort.target`."
        )


def _levels(words: Sequence[str]) -> list[float]:
    """The different numbers, where the words are numbers and too many for a scale of grades."""
    numbers = sorted({value for word in words if (value := number(word)) is not None})
    most = MOST_LEVELS if all(value == int(value) for value in numbers) else MOST_FRACTIONS
    return numbers if len(numbers) > most and len(numbers) >= _MOST * len(words) else []


def _require_no_accident(counts: Mapping[str, int], column: str, cell_of: Callable[[str], str]) -> None:
    """Raises DataError for what a spreadsheet put in the place of a word, with its cell."""
    for word in sorted(counts):
        if _ERRORS.fullmatch(word):
            what = "a formula without its result" if "UNCOMPUTED" in word else f"the error {word}"
            raise DataError(
                f"The table has {what} in the column '{column}' ({cell_of(word)}). Mend the formula, open "
                "and save the file in a spreadsheet program, or save it as CSV."
            )
    dates = [word for word in sorted(counts) if is_date(word)] + serial_days(counts)
    if dates:
        raise DataError(
            f"The table has the date '{dates[0]}' in the column '{column}' ({cell_of(dates[0])}): "
            "spreadsheets make dates of words such as 1-2. Format the column as text and write the words "
            "anew, or say in `cohort.classes` which class each means."
        )
