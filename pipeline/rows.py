"""Cases and the places of arrays as rows of the catalogue, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipeline.records import Case, Geometry, Mask, Stored

Row = tuple[Any, ...]


def case_row(case: Case) -> Row:
    """The row of the table `cases`."""
    return (
        case.case_id, case.patient_id, case.study_id, case.series_id, case.modality, case.value_unit,
        case.channels, case.geometry.to_json(), case.pixel_digest,
        json.dumps(dict(case.attributes), sort_keys=True), " ".join(case.notes), *stored_row(case.stored),
    )  # fmt: skip


def mask_row(mask: Mask) -> Row:
    """The row of the table `masks`."""
    return (
        mask.case_id, mask.structure, mask.source, " ".join(mask.notes), *stored_row(mask.stored),
    )  # fmt: skip


def mask_of(row: Sequence[Any]) -> Mask:
    """The mask of a row of the table `masks`."""
    return Mask(row[0], row[1], row[2], stored_of(row[4:10]), tuple(row[3].split()))


def cases_of(rows: Sequence[Row]) -> list[Case]:
    """The cases of rows of the table `cases`, which must be all of it.

    In place of `study_day`, a day of no calendar, each has `days_since_first`: whole days since the first
    study of its patient, told anew at every reading, so that one that comes late changes no stored row.
    """
    cases = [_case(row) for row in rows]
    first: dict[str, int] = {}
    for case in cases:
        if (day := case.attributes.get("study_day")) is not None:
            first[case.patient_id] = min(int(day), first.get(case.patient_id, int(day)))
    return [_since(case, first.get(case.patient_id)) for case in cases]


def stored_row(stored: Stored) -> Row:
    """The columns that say where an array lies."""
    return (stored.shard, stored.offset, stored.nbytes, stored.dtype, json.dumps(stored.shape), stored.crc32)


def stored_of(row: Sequence[Any]) -> Stored:
    """Where an array lies, by those columns."""
    shard, offset, nbytes, dtype, shape, crc32 = row
    return Stored(shard, offset, nbytes, dtype, tuple(json.loads(shape)), crc32)


def _case(row: Sequence[Any]) -> Case:
    return Case(
        case_id=row[0],
        patient_id=row[1],
        study_id=row[2],
        series_id=row[3],
        modality=row[4],
        value_unit=row[5],
        channels=row[6],
        geometry=Geometry.from_json(row[7]),
        pixel_digest=row[8],
        attributes=json.loads(row[9]),
        notes=tuple(row[10].split()),
        stored=stored_of(row[11:17]),
    )


def _since(case: Case, first: int | None) -> Case:
    attributes = dict(case.attributes)
    day = attributes.pop("study_day", None)
    if day is None or first is None:
        return case
    return replace(case, attributes={**attributes, "days_since_first": int(day) - first})
