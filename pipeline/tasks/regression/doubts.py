"""What a person should know of numbers that may be something else, though nothing proves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from pipeline.contracts.cohort import Notice
from pipeline.tables.words import as_yaml, normal, number, point_thousands
from pipeline.tasks.regression import columns
from pipeline.tasks.regression.beside import bare
from pipeline.tasks.regression.near_units import near_units

_FEWEST_POINTS: Final = 5  # different ones, a choice: a few means of three have three digits, too


def doubts(counts: Mapping[float, int], cells: Mapping[str, int], unit: str) -> Iterator[Notice]:
    """The notices on labelled scans: `counts` has those of each number, `cells` those of each cell."""
    yield from _apart(counts)
    yield from _two_units(counts, unit)
    yield from _serial_days(counts)
    yield from _beside(cells, unit)


def _apart(counts: Mapping[float, int]) -> Iterator[Notice]:
    """A number that may stand for nothing, as it lies apart from all others in several scans."""
    odd = columns.apart(counts)
    if odd is not None:
        others = [value for value in counts if value != odd]
        detail = (
            f"scans with {odd:g}, which lies apart from the others ({min(others):.4g} to "
            f"{max(others):.4g}): where it stands for nothing, copy this below `cohort:`: "
            f"`missing: {as_yaml([f'{odd:.15g}'])}`"
        )
        yield Notice("value_apart", counts[odd], detail)


def _two_units(counts: Mapping[float, int], unit: str) -> Iterator[Notice]:
    units = near_units(counts, unit)
    if units is not None:
        (low, high, few), (from_, to, many) = units.small, units.large
        detail = (
            f"scans of two groups of like shape, {low:.4g} to {high:.4g} ({few:,}) and {from_:.4g} to "
            f"{to:.4g} ({many:,}), about {units.times:g} times as large: where they are in two units, such "
            f"as {units.like}, write all in one"
        )
        yield Notice("two_units", few + many, detail)


def _serial_days(counts: Mapping[float, int]) -> Iterator[Notice]:
    if columns.spreadsheet_days(counts):
        detail = (
            "scans whose number lies between 36526 and 54788, as all do: spreadsheets count the days of 2000 "
            "to 2049 so; where these are days, name the column of what was measured"
        )
        yield Notice("value_day", sum(counts.values()), detail)


def _beside(cells: Mapping[str, int], unit: str) -> Iterator[Notice]:
    """Numbers with their unit behind them, and points that may part thousands."""
    plain = Counter[str]()
    units = 0
    for cell, count in cells.items():
        word = normal(cell)
        plain[bare(word, unit)] += count
        units += count if bare(word, unit) != word else 0
    if units:
        yield Notice(
            "unit_beside", units, f"scans whose number has its unit ({unit}) behind it, read without it"
        )
    with_point = {word: n for word, n in plain.items() if "." in word}
    pointed = point_thousands([word for word in with_point if number(word) is not None])
    if pointed is not None and len(with_point) >= _FEWEST_POINTS:
        detail = (
            f"scans whose number has three digits behind a point, as all such have ('{pointed}'), read "
            "as a decimal point: where it parts thousands, write the numbers without it"
        )
        yield Notice("decimal_point", sum(with_point.values()), detail)
