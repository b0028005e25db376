from pathlib import PurePosixPath
from typing import get_args

from pipeline.phantom.plan import FIRST, plan
from pipeline.phantom.trouble import FEWEST_PATIENTS, TROUBLE, Kind, befalls, plant_in_files, plant_in_plan

STUDIES = plan(1, patients=FEWEST_PATIENTS, delivery=FIRST, volumes=False)


def test_every_kind_of_fault_is_planted() -> None:
    assert {trouble.kind for trouble in TROUBLE} == set(get_args(Kind))


def test_no_patient_suffers_two_faults() -> None:
    befallen = [trouble.patient for trouble in TROUBLE]
    assert len(set(befallen)) == len(befallen)


def test_the_smallest_cohort_has_room_for_every_fault() -> None:
    found = {
        (study.entropy[-1], trouble.kind)
        for study in STUDIES
        for trouble in TROUBLE
        if befalls(study, trouble.kind)
    }
    assert found == {(trouble.patient, trouble.kind) for trouble in TROUBLE}


def test_faults_change_no_other_study_and_add_one() -> None:
    planted = plant_in_plan(STUDIES)
    befallen = {trouble.patient for trouble in TROUBLE}
    kept = [study for study in planted if study.entropy[-1] not in befallen]
    assert kept == [study for study in STUDIES if study.entropy[-1] not in befallen]
    assert len(planted) == len(STUDIES) + 1


def test_one_file_is_cut_and_one_is_copied_under_another_name() -> None:
    files = [(PurePosixPath(f"IM{number}.dcm"), bytes(range(90))) for number in range(3)]
    cut = next(study for study in STUDIES if befalls(study, "truncated_file"))
    copied = next(study for study in STUDIES if befalls(study, "duplicate_file"))
    other = next(study for study in STUDIES if befalls(study, "localizer"))
    assert plant_in_files(cut, files) == [files[0], (files[1][0], bytes(range(60))), files[2]]
    assert plant_in_files(copied, files) == [*files, (PurePosixPath("IM1 (copy).dcm"), files[1][1])]
    assert plant_in_files(other, files) == files
