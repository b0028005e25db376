"""Decides which scans take part, before anything is drawn: label, consent, copies, persons."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pipeline.cohort.duplicates import duplicate_notices, exclude_copies, find_copies
from pipeline.cohort.exclusions import Exclusion
from pipeline.cohort.labels import Labels
from pipeline.cohort.links import link_notices
from pipeline.cohort.sources import Scans
from pipeline.contracts.cohort import Notice


@dataclass(frozen=True)
class Membership:
    """Labels of the scans that take part, and what was left out or found."""

    label_of: Mapping[str, str]
    exclusions: tuple[Exclusion, ...]
    notices: tuple[Notice, ...]


def decide(
    scans: Scans,
    labels: Labels,
    *,
    person_of: Mapping[str, str],
    withdrawn: Collection[str],
    table_part_of: Mapping[str, str],
) -> Membership:
    """Who takes part; every scan is either in `label_of` or among the exclusions.

    `person_of` is the person of every patient id, `withdrawn` the patient ids whose consent is gone,
    `table_part_of` the part that the table gives each scan, to tell whether identical images cross it.
    """
    forgotten = {person_of.get(patient_id, patient_id) for patient_id in withdrawn}
    consent_withdrawn = [
        Exclusion(case.case_id, "consent_withdrawn", "this patient was deleted on request")
        for case in scans.cases.values()
        if person_of[case.patient_id] in forgotten
    ]
    withdrawn_cases = {exclusion.case_id for exclusion in consent_withdrawn}
    without_label = [exclusion for exclusion in labels.exclusions if exclusion.case_id not in withdrawn_cases]
    label_of = {case_id: label for case_id, label in labels.of_case.items() if case_id not in withdrawn_cases}
    groups = find_copies([scans.cases[case_id] for case_id in label_of])
    copies = exclude_copies(groups, label_of, person_of)
    copied = {exclusion.case_id for exclusion in copies}
    return Membership(
        label_of={case_id: label for case_id, label in label_of.items() if case_id not in copied},
        exclusions=(*consent_withdrawn, *without_label, *copies),
        notices=(
            *labels.notices,
            *link_notices(person_of, scans.evidence),
            *scans.namesakes.notices(),
            *scans.doubtful.notices(),
            *duplicate_notices(groups, label_of, person_of=person_of, part_of=table_part_of),
        ),
    )
