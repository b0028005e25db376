"""Which masks belong to which planned cases, and the reason of every mask that belongs to none. Pure.

A mask belongs to the cases that have a plane of the images that it names, or, where it names none, to all of
the series that it names. Whether it lies on them is found when it is read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from pipeline.ingest.cases.case_plan import CasePlan, Plan
from pipeline.ingest.cases.copies import Outcome
from pipeline.ingest.header.header import Header, Marks
from pipeline.ingest.masks.structures import Structures

__all__ = ["MARKS_NOTHING", "with_masks"]

MARKS_NOTHING: Final = ("mask_not_image", "it marks no declared structure")
"""Reason and detail of a mask of which nothing is wanted, where the settings ignore the rest."""


def with_masks(planned: Plan, headers: Mapping[str, Header], structures: Structures) -> Plan:
    """The plan with the masks of its cases, and the outcomes of all masks as far as headers tell."""
    usable = [
        token
        for token, header in sorted(headers.items())
        if header.marks and planned.outcomes[token].reason == "ok"
    ]
    chosen, outcomes = _one_copy_each(usable, headers)
    of_series: defaultdict[str, list[CasePlan]] = defaultdict(list)
    of_study: defaultdict[str, list[CasePlan]] = defaultdict(list)
    for case in planned.cases:
        of_series[case.volume.frames[0].series_id].append(case)
        of_study[case.volume.frames[0].study_id].append(case)
    masks_of: defaultdict[str, list[str]] = defaultdict(list)
    for token in chosen:
        header = headers[token]
        assert header.marks is not None
        cases = _marked(of_series[header.marks.series_id], header.marks)
        told = _refused(cases, header, headers) or _unwanted(header.marks, structures)
        if told is not None:
            outcomes[token] = told
            continue
        for case in cases:
            masks_of[case.case_id].append(token)
    every = {**planned.outcomes, **outcomes}
    refused_of = _refused_of(of_series | of_study, headers, every)
    marked = tuple(
        _with(case, masks_of[case.case_id], refused_of[case.case_id], structures, headers)
        if case.case_id in masks_of.keys() | refused_of.keys()
        else case
        for case in planned.cases
    )
    return Plan(marked, every)


def _refused_of(
    called: Mapping[str, Sequence[CasePlan]],
    headers: Mapping[str, Header],
    outcomes: Mapping[str, Outcome],
) -> defaultdict[str, dict[str, Outcome]]:
    """The masks of each case, by case_id, that can't be used or may be its, with their outcomes.

    `called` are the cases of each series and of each study.

    Copies of a mask that can be used are none of them, nor is a mask of which nothing is wanted.
    """
    masks = {token: header.marks for token, header in sorted(headers.items()) if header.marks}
    sound = {headers[token].sop_id for token in masks if outcomes[token].reason == "ok"}
    refused: defaultdict[str, dict[str, Outcome]] = defaultdict(dict)
    for token, header in sorted(headers.items()):
        for name in header.may_mark:
            series = headers[name].series_id if name in headers else name
            for case in called.get(series, ()):
                refused[case.case_id][token] = outcomes[token]
    for token, marks in masks.items():
        is_wanted = outcomes[token] != Outcome(*MARKS_NOTHING)
        if is_wanted and headers[token].sop_id not in sound:
            for case in _marked(called.get(marks.series_id, ()), marks):
                refused[case.case_id][token] = outcomes[token]
    return refused


def _one_copy_each(
    tokens: Sequence[str], headers: Mapping[str, Header]
) -> tuple[list[str], dict[str, Outcome]]:
    """One file for each mask, and the outcomes of the others: copies, or masks that share an identity."""
    copies: defaultdict[str, list[str]] = defaultdict(list)
    for token in tokens:
        copies[headers[token].sop_id].append(token)
    chosen: list[str] = []
    outcomes: dict[str, Outcome] = {}
    for same in copies.values():
        if len({headers[token].digest for token in same}) == 1:
            chosen.append(same[0])
            outcomes |= dict.fromkeys(same[1:], Outcome("duplicate_identical"))
        else:
            outcomes |= dict.fromkeys(same, Outcome("duplicate_uid_conflict", f"{len(same)} files"))
    return chosen, outcomes


def _marked(of_series: Sequence[CasePlan], marks: Marks) -> Sequence[CasePlan]:
    """The cases of a series that a mask marks."""
    if not marks.images:
        return of_series
    return [case for case in of_series if any(frame.source in marks.images for frame in case.volume.frames)]


def _with(
    case: CasePlan,
    masks: Sequence[str],
    refused: Mapping[str, Outcome],
    structures: Structures,
    headers: Mapping[str, Header],
) -> CasePlan:
    said = [(token, headers[token].marks) for token in (*masks, *refused)]
    marking = {token: marks.structure for token, marks in said if marks and marks.structure}
    return replace(case, masks=tuple(masks), structures=structures, marking=marking, refused_masks=refused)


def _unwanted(marks: Marks, structures: Structures) -> Outcome | None:
    if marks.structure != "":
        return None
    if structures.undeclared == "ignore":
        return Outcome(*MARKS_NOTHING)
    return Outcome("mask_values_invalid", "the label in its name is of no structure")


def _refused(cases: Sequence[CasePlan], header: Header, headers: Mapping[str, Header]) -> Outcome | None:
    if not cases:
        here = any(other.series_id == header.series_id and not other.marks for other in headers.values())
        detail = "no scan was made of what it marks" if here else "its series is not here"
        return Outcome("mask_reference_missing", detail)
    if any(case.volume.frames[0].patient_id != header.patient_id for case in cases):
        return Outcome("patient_conflict", "the mask and its scan are of two patients")
    return None
