"""Numbers of the page that follow from others: shares, differences of shares, half-widths, whole people."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Json = dict[str, Any]
Pair = tuple[Json, object]
"""A fact of the page, and its value computed anew."""
_PARTS: Final = ("train", "validation", "test", "external")
_REPORTED: Final = "test"
_HALVING: Final = 4  # an interval shrinks with the square root of the number of patients


def pairs(section: Json, metrics: Mapping[str, Any]) -> Iterator[Pair]:
    """The facts of a section that follow from other numbers; none of a section without such."""
    yield from _OF_SECTION.get(section["key"], _none)(section, metrics)


def _none(section: Json, metrics: Mapping[str, Any]) -> Iterator[Pair]:
    yield from ()


def _population(section: Json, metrics: Mapping[str, Any]) -> Iterator[Pair]:
    """Each group's share of the patients of a part, and its standardised difference (Austin 2009)."""
    rows = section["tables"]["rows"]
    of_all = next(row for row in rows if row["label"] == "Patients")
    totals = {part: of_all[part]["value"] for part in _PARTS if part in of_all}
    for row in (row for row in rows if row["share"]):
        shares = {part: _over(row[part]["value"], total) for part, total in totals.items()}
        for part in totals:
            if row[f"{part}_share"]["value"] is not None:
                yield row[f"{part}_share"], shares[part]
        test, train = shares["test"], shares["train"]
        if row["difference"]["value"] is not None and test is not None and train is not None:
            spread = math.sqrt((test * (1 - test) + train * (1 - train)) / 2)
            yield row["difference"], 0.0 if test == train else (test - train) / spread


def _precision(section: Json, metrics: Mapping[str, Any]) -> Iterator[Pair]:
    """Half of the headline's interval, and four times the patients on whom it rests."""
    headline = metrics["headline"]
    leading = next(
        (
            metric
            for metric in metrics["metrics"]
            if (metric["id"], metric["group"], metric["class"]) == (headline["metric"], None, None)
            and metric["part"] == _REPORTED
            and metric["unit"] == metrics["unit"]
        ),
        None,
    )
    if leading is None or leading["low"] is None:
        return
    rare = leading["patients"] if leading["positive_patients"] is None else leading["positive_patients"]
    yield section["facts"]["half_width"], (leading["high"] - leading["low"]) / 2
    yield section["facts"]["needed"], _HALVING * rare


def _operating(section: Json, metrics: Mapping[str, Any]) -> Iterator[Pair]:
    """The shares of a row of the confusion matrix."""
    for row in section["tables"].get("confusion", []):
        for cell in row["cells"]:
            yield cell["share"], _over(cell["count"]["value"], row["total"]["value"])


def _subgroups(section: Json, metrics: Mapping[str, Any]) -> Iterator[Pair]:
    """The differences of subgroups and their corrected p, as metrics.json has them."""
    written = {(each["a"], each["metric"], each["part"]): each for each in metrics["comparisons"]}
    for row in section["tables"].get("rows", []):
        each = written.get((row["group"], row["fact"]["id"], row["fact"]["part"]))
        if each is not None:
            yield row["difference"], each["difference"]
            yield row["p"], each["p_holm"]


def _presence(section: Json, metrics: Mapping[str, Any]) -> Iterator[Pair]:
    """How many patients a share is of how many, as metrics.json has it."""
    known = {
        (metric["id"], metric["class"] or ""): metric
        for metric in metrics["metrics"]
        if metric["part"] == _REPORTED and metric["unit"] == metrics["unit"] and not metric["group"]
    }
    for row in section["tables"].get("rows", []):
        for name in ("missed", "invented"):
            metric = known[name, row[name]["target"]]
            yield row[f"{name}_of"], metric["cases"]
            yield row[f"{name}_count"], round((metric["value"] or 0) * metric["cases"])


def _thousand(section: Json, metrics: Mapping[str, Any]) -> Iterator[Pair]:
    """Whole people at a prevalence: halves round up, the rest by subtraction."""
    known = {
        metric["id"]: metric["value"]
        for metric in metrics["metrics"]
        if metric["part"] == _REPORTED and metric["unit"] == metrics["unit"] and not metric["group"]
    }
    for row in section["tables"].get("rows", []):
        scale, prevalence = row["scale"]["value"], row["prevalence"]["value"]
        diseased = _whole(scale * prevalence)
        found = _whole(diseased * known["sensitivity"])
        spared = _whole((scale - diseased) * known["specificity"])
        anew = {
            "diseased": diseased,
            "healthy": scale - diseased,
            "tp": found,
            "fn": diseased - found,
            "tn": spared,
            "fp": scale - diseased - spared,
            "flagged": found + scale - diseased - spared,
        }
        yield from ((row[name], value) for name, value in anew.items())


def _whole(number: float) -> int:
    # Halves go up, whatever the last bits of a product say.
    return math.floor(round(number, 9) + 0.5)


def _over(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


_OF_SECTION: Final[Mapping[str, Callable[[Json, Mapping[str, Any]], Iterator[Pair]]]] = {
    "operating": _operating,
    "population": _population,
    "precision": _precision,
    "presence": _presence,
    "subgroups": _subgroups,
    "thousand": _thousand,
}
