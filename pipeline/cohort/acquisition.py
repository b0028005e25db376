"""What is known of how and where each scan was made: of its header, its files and the table of labels."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from pipeline.cohort import shortcuts
from pipeline.cohort.join import Join
from pipeline.cohort.labels import values_of_case
from pipeline.cohort.shortcuts import Features
from pipeline.records import PLACES, Attribute, Case
from pipeline.tables import Table
from pipeline.tables.words import NOT_AVAILABLE, normal

_PATIENT: Final = ("patient_age", "patient_sex")
_NOT_OF_THE_SCANNER: Final = frozenset({*_PATIENT, "days_since_first", "study_date", "series_rule"})
_WORDS: Final = frozenset(
    {
        *("site", "sites", "centre", "center", "hospital", "clinic", "institution", "department", "facility"),
        *("room", "station", "campus", "ward", "scanner", "device", "machine", "manufacturer", "vendor"),
        *("model", "protocol", "kernel", "view", "batch", "dataset", "archive"),
        *("zentrum", "standort", "klinik", "krankenhaus", "spital", "abteilung", "raum"),
        *("gerät", "geraet", "hersteller", "protokoll"),
    }
)
"""Words by which the name of a table's column says that it tells where or how a scan was made."""
_OF_SOMETHING_ELSE: Final = frozenset(
    {
        *(
            "lesion",
            "tumor",
            "tumour",
            "cancer",
            "biopsy",
            "anatomic",
            "anatomical",
            "body",
            "primary",
            "disease",
        ),
        *(
            "metastasis",
            "fracture",
            "injury",
            "infection",
            "pain",
            "surgery",
            "score",
            "prediction",
            "probability",
        ),
    }
)
"""Beside one of these such a word means something else, as in the site of a lesion."""
_PIECES: Final = re.compile(r"[^\W\d_]+")
_CAMEL: Final = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])")

Acquired = dict[str, list[Attribute | None]]
"""The value of each case, None where nothing is said, by name."""


def of_headers(cases: Sequence[Case]) -> Acquired:
    """Scanner, settings, size and spacing."""
    described = [_description(case) for case in cases]
    names = sorted({name for each in described for name in each})
    return {name.replace("_", " "): [each.get(name) for each in described] for name in names}


def of_patients(cases: Sequence[Case]) -> Acquired:
    """Age and sex."""
    return {name.replace("_", " "): [case.attributes.get(name) for case in cases] for name in _PATIENT}


def of_table(table: Table, join: Join, *, besides: Collection[str]) -> dict[str, dict[str, str]]:
    """The words of the cases by each column of the table that is named for where or how a scan was made.

    Whether or not a setting names it: what `besides` has aside, such as the target. Where the rows of a scan
    contradict each other, nothing is said of it.
    """
    found = {}
    for column in table.columns:
        if column not in besides and is_of_acquisition(column):
            cells = values_of_case(table, column, join)
            words = {
                case_id: {word for cell in own if (word := _word(cell))} for case_id, own in cells.items()
            }
            found[column] = {case_id: own.pop() for case_id, own in words.items() if len(own) == 1}
    return found


def is_of_acquisition(column: str) -> bool:
    """Whether a column is named for where or how a scan was made.

    >>> [is_of_acquisition(name) for name in ("site_id", "ScannerModel", "Gerät 2", "siteOfLesion", "age")]
    [True, True, True, False, False]
    """
    words = set(_PIECES.findall(_CAMEL.sub(" ", column).casefold()))
    return not _WORDS.isdisjoint(words) and _OF_SOMETHING_ELSE.isdisjoint(words)


def of_places(hints: Sequence[Mapping[str, Iterable[str]]]) -> dict[str, Features]:
    """The words of headers that say where a scan was made."""
    known = [place for place in PLACES if any(place in each for each in hints)]
    return {
        place: shortcuts.columns_of_words([tuple(each.get(place, ())) for each in hints]) for place in known
    }


def _word(cell: str) -> str:
    word = normal(cell)
    return "" if word.casefold() in NOT_AVAILABLE else word


def _description(case: Case) -> dict[str, Attribute]:
    axes = ("slices", "rows", "columns")[-len(case.geometry.spacing) :]
    shape = case.stored.shape[: len(axes)]
    spacing = case.geometry.spacing
    return {
        **{name: value for name, value in case.attributes.items() if name not in _NOT_OF_THE_SCANNER},
        **{f"spacing of {axis}": value for axis, value in zip(axes, spacing, strict=True)},
        **{f"number of {axis}": size for axis, size in zip(axes, shape, strict=True)},
        "aspect": shape[-1] * spacing[-1] / (shape[-2] * spacing[-2]),
        "modality": case.modality,
        "value unit": case.value_unit,
        "channels": case.channels,
        "stored numbers": case.stored.dtype,
    }
