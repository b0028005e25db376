from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from pipeline.phantom.plan import FIRST, LATER, RETURNING, SYNTAXES, Delivery, Study, plan, with_more_nodules
from pipeline.phantom.scanner import THIRD

PATIENTS = 300


@pytest.fixture(scope="module")
def studies() -> list[Study]:
    return plan(1, patients=PATIENTS, delivery=FIRST, volumes=False)


def test_about_half_of_the_patients_have_a_nodule(studies: list[Study]) -> None:
    ill = {study.person.patient_id for study in studies if study.finding == "nodule"}
    assert 0.42 < len(ill) / PATIENTS < 0.58


def test_three_of_four_have_nodules_where_they_are_to_be_outlined_and_nothing_else_is_changed(
    studies: list[Study],
) -> None:
    more = with_more_nodules(studies)
    ill = {study.person.patient_id for study in more if study.finding == "nodule"}
    assert 0.68 < len(ill) / PATIENTS < 0.82
    assert [replace(study, finding="clear") for study in more] == [
        replace(study, finding="clear") for study in studies
    ]
    findings = defaultdict(set)
    for study in more:
        findings[study.person.patient_id].add(study.finding)
    assert all(len(found) == 1 for found in findings.values())


def test_both_findings_are_common_on_every_scanner(studies: list[Study]) -> None:
    share = defaultdict(list)
    for study in studies:
        share[study.scanner.manufacturer].append(study.finding == "nodule")
    assert len(share) == 2
    assert all(0.35 < sum(found) / len(found) < 0.65 for found in share.values())
    assert min(len(found) for found in share.values()) > 0.35 * PATIENTS


def test_every_transfer_syntax_is_in_common_use(studies: list[Study]) -> None:
    counts = Counter(study.syntax for study in studies)
    assert set(counts) == set(SYNTAXES)
    assert min(counts.values()) > PATIENTS / 10


def test_every_eighth_patient_returns_later_with_the_same_finding(studies: list[Study]) -> None:
    visits = defaultdict(list)
    for study in studies:
        visits[study.person.patient_id].append(study)
    returned = [both for both in visits.values() if len(both) == 2]
    assert len(returned) == PATIENTS // RETURNING
    assert all(first.day < second.day and first.finding == second.finding for first, second in returned)


@pytest.mark.parametrize("delivery", [FIRST, LATER])
@pytest.mark.parametrize("volumes", [False, True])
def test_identifiers_are_unique_within_and_across_deliveries_and_kinds(
    delivery: Delivery, volumes: bool
) -> None:
    ours = plan(1, patients=40, delivery=delivery, volumes=volumes)
    uids = [study.uid() for study in ours]
    assert len(set(uids)) == len(uids)
    for other_delivery, other_kind in [(FIRST, False), (FIRST, True), (LATER, False), (LATER, True)]:
        if (other_delivery, other_kind) != (delivery, volumes):
            others = plan(1, patients=40, delivery=other_delivery, volumes=other_kind)
            assert not {s.person.patient_id for s in ours} & {s.person.patient_id for s in others}
            assert not set(uids) & {study.uid() for study in others}


def test_the_third_scanner_comes_with_the_later_delivery_and_is_a_minority_there(
    studies: list[Study],
) -> None:
    later = plan(1, patients=100, delivery=LATER, volumes=False)
    share = sum(study.scanner == THIRD for study in later) / len(later)
    assert all(study.scanner != THIRD for study in studies)
    assert 0.3 < share < 0.5


def test_an_identifier_is_a_uuid_under_the_root_2_25(studies: list[Study]) -> None:
    uid = studies[0].uid("image", 2, 1)
    assert uid.startswith("2.25.")
    assert 0 < int(uid.removeprefix("2.25.")) < 2**128
    assert uid != studies[0].uid("image", 21) != studies[0].uid("image", 2, 1, 1)
