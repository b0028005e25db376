"""Each check on leakage passes on a clean set and fails, or unites persons, where its fault is planted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cohort_files import notices, parts, rows
from scipy.ndimage import gaussian_filter

from pipeline.cohort import run
from pipeline.errors import DataError

PATIENTS = 60


def picture(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    image = sum(gaussian_filter(rng.normal(size=(64, 64)), width) * width for width in (1.5, 4, 8))
    return np.rint(255 * (image - np.min(image)) / np.ptp(image)).astype(np.uint8)


def checks(study: Any) -> dict[str, dict[str, Any]]:
    found = json.loads((study.workspace.candidate / "leaks.json").read_text())
    return {check["key"]: check for check in found["checks"]}


def lookalikes(study: Any) -> list[dict[str, Any]]:
    return json.loads((study.workspace.candidate / "leaks.json").read_text())["lookalikes"]


@pytest.fixture
def planted(study: Any, scan: Any) -> Callable[..., Any]:
    """Patients P000 ... of whom every other one is sick; `plant(number)` gives what a scan has besides."""

    def fill(plant: Callable[[int], dict[str, Any]], *cohort: str, column: str = "") -> Any:
        study.add(
            *(
                scan(f"1.{n}", f"P{n:03d}", **({"likeness": picture(n).tobytes()} | plant(n)))
                for n in range(PATIENTS)
            )
        )
        split = [("train", "train", "train", "test", "validation")[n // 2 % 5] for n in range(PATIENTS)]
        lines = [f"1.{n},{('well', 'sick')[n % 2]},{split[n]}" for n in range(PATIENTS)]
        study.table("uid,label,split", *lines)
        run(study.config(*cohort), study.workspace)
        return study

    return fill


def test_a_clean_set_fails_nothing(planted: Callable[..., Any]) -> None:
    study = planted(lambda n: {"attributes": (("manufacturer", "AB"[n // 2 % 2]),)})
    assert {key: check["status"] for key, check in checks(study).items()} == {
        "one_person": "pass", "near_duplicates": "pass", "label_in_header": "pass", "metadata_only": "pass",
        "burned_in_text": "pass", "dates": "not_run",
    }  # fmt: skip
    assert lookalikes(study) == []


@pytest.mark.parametrize("kind", ["alias", "born"])
def test_ids_that_share_another_id_or_name_and_birth_date_are_one_person(
    kind: str, planted: Callable[..., Any]
) -> None:
    study = planted(lambda n: {"also": ((kind, "one word"),)} if n in (0, 2) else {})
    person = min(study.patient_id("P000"), study.patient_id("P002"))
    assert len([row for row in rows(study) if row["person_id"] == person]) == 2
    assert notices(study)["linked_patients"] == 1
    assert checks(study)["one_person"]["reason"].startswith("1 patient IDs were found to be another's")


def test_an_other_id_that_is_a_patients_own_links_the_two(planted: Callable[..., Any], study: Any) -> None:
    other = study.patient_id("P004")
    planted(lambda n: {"also": (("alias", other),)} if n == 0 else {})
    assert study.patient_id("P000") not in parts(study) or other not in parts(study)
    assert notices(study)["linked_patients"] == 1


def test_what_too_many_share_links_nobody(planted: Callable[..., Any]) -> None:
    study = planted(lambda n: {"also": (("born", "one word"),)} if n < 8 else {})
    assert len(parts(study)) == PATIENTS
    assert notices(study)["placeholder_identifier"] == 1


def test_links_across_given_parts_stop_the_run_and_an_accepted_one_lets_it_go(
    planted: Callable[..., Any],
) -> None:
    def plant(n: int) -> dict[str, Any]:
        return {"also": (("born", "one word"),)} if n in (0, 6) else {}

    with pytest.raises(DataError, match="puts 1 patients into more than one part"):
        planted(plant, "part_column: split")
    study = planted(plant, "part_column: split", "accept: {one_person: twins}")
    assert len(parts(study)) == PATIENTS
    assert (checks(study)["one_person"]["status"], checks(study)["one_person"]["override"]) == (
        "pass",
        "twins",
    )


def test_a_mirrored_copy_under_another_patient_makes_the_two_one_person(planted: Callable[..., Any]) -> None:
    mirrored = np.ascontiguousarray(picture(0)[:, ::-1]).tobytes()
    study = planted(lambda n: {"likeness": mirrored} if n == 5 else {})
    person = min(study.patient_id("P000"), study.patient_id("P005"))
    assert len([row for row in rows(study) if row["person_id"] == person]) == 2
    (pair,) = lookalikes(study)
    assert {pair["first"], pair["second"]} == {study.case_id("1.0"), study.case_id("1.5")}
    assert (pair["changed"], pair["persons"], pair["pictures"]) == ("mirrored", 2, [])
    assert pair["hidden"]  # of CR, nobody looked for text in the pixels
    assert checks(study)["near_duplicates"]["reason"] == "1 pairs of near copies were found"


def test_near_copies_that_are_left_apart_across_parts_are_told_with_the_reason(
    planted: Callable[..., Any],
) -> None:
    copy = np.ascontiguousarray(255 - picture(0)).tobytes()
    study = planted(
        lambda n: {"likeness": copy} if n == 6 else {},
        "part_column: split",
        "accept: {near_duplicates: a test object}",
    )
    check = checks(study)["near_duplicates"]
    assert (check["value"], check["override"]) == (1, "a test object")
    assert notices(study)["near_duplicates"] == 1
    assert len(parts(study)) == PATIENTS


def test_a_look_that_many_patients_share_links_nobody(planted: Callable[..., Any]) -> None:
    study = planted(lambda n: {"likeness": picture(0).tobytes()} if n < 12 else {})
    assert len(parts(study)) == PATIENTS
    assert notices(study)["look_of_many"] > 0


@pytest.mark.parametrize("field", ["folders", "file_name", "SeriesDescription"])
def test_a_label_in_a_path_or_a_text_is_found(field: str, planted: Callable[..., Any]) -> None:
    study = planted(lambda n: {"hints": ((field, ("scan", ("well", "sick")[n % 2])),)})
    check = checks(study)["label_in_header"]
    assert (check["status"], check["value"]) == ("fail", 1.0)
    assert {"folders": "folders", "file_name": "file name"}.get(field, field) in check["reason"]


def test_a_scanner_that_goes_with_the_label_is_found(planted: Callable[..., Any]) -> None:
    def plant(n: int) -> dict[str, Any]:
        sick, odd = n % 2, n % 20 in (0, 1)
        return {"attributes": (("manufacturer", "AB"[sick ^ odd]), ("view_position", "PA"))}

    check = checks(planted(plant))["metadata_only"]
    assert check["status"] == "fail" and check["value"] > 0.7
    assert "manufacturer" in check["reason"] and "view position" not in check["reason"]


@pytest.mark.parametrize("place", ["InstitutionName", "StationName"])
def test_a_site_that_mostly_goes_with_the_label_is_found_with_interval_and_n(
    place: str, planted: Callable[..., Any]
) -> None:
    def plant(n: int) -> dict[str, Any]:
        return {"hints": ((place, (("here", "there")[n % 2 ^ (n % 20 in (0, 1))],)),)}

    check = checks(planted(plant))["metadata_only"]
    assert (check["status"], place in check["reason"]) == ("fail", True)
    assert check["low"] < check["value"] < check["high"]
    assert (check["patients"], check["cases"]) == (PATIENTS, PATIENTS)


def test_a_column_of_the_table_that_names_a_site_is_asked_and_one_of_patients_is_not(
    study: Any, scan: Any
) -> None:
    study.add(*(scan(f"1.{n}", f"P{n:03d}", likeness=picture(n).tobytes()) for n in range(PATIENTS)))
    lines = [f"1.{n},{('well', 'sick')[n % 2]},{'AB'[n % 2]},{'AB'[n % 2]}" for n in range(PATIENTS)]
    # as a group of the settings, and as a column that none of them names
    for column, status in (("Site_name", "fail"), ("lesion", "pass"), ("Site of lesion", "pass")):
        for groups in ((f"groups: [{column}]",), ()):
            study.table(f"uid,label,{column},other", *lines)
            run(study.config(*groups), study.workspace)
            check = checks(study)["metadata_only"]
            assert (column, check["status"]) == (column, status)
            assert (column in check["reason"]) == (status == "fail")
    # and the header alone doesn't name what the table does
    assert checks(study)["label_in_header"]["status"] == "pass"


def test_a_mark_in_a_corner_of_one_class_is_found(planted: Callable[..., Any]) -> None:
    def plant(n: int) -> dict[str, Any]:
        image = picture(n)
        if n % 2:
            image[1:4, 2:9] = 255
        return {"likeness": image.tobytes()}

    check = checks(planted(plant))["burned_in_text"]
    assert (check["status"], check["value"] > 0.95) == ("fail", True)


def test_a_mark_far_from_the_border_of_one_class_is_found_and_where(planted: Callable[..., Any]) -> None:
    def plant(n: int) -> dict[str, Any]:
        image = picture(n)
        if n % 2:
            image[30:33, 44:46] = 255  # a letter of lead, a thirtieth as wide as the image
        return {"likeness": image.tobytes()}

    check = checks(planted(plant))["burned_in_text"]
    assert (check["status"], check["value"] > 0.95) == ("fail", True)
    assert re.search(r"a spot at (48|49|50) % from the top and (69|70|71) % from the left", check["reason"])


def test_what_lies_elsewhere_in_every_patient_is_no_mark(planted: Callable[..., Any]) -> None:
    def plant(n: int) -> dict[str, Any]:
        image = picture(n)
        if n % 2:
            top, left = np.random.default_rng(n).integers(8, 52, 2)
            image[top : top + 4, left : left + 4] = 255  # as a nodule
        return {"likeness": image.tobytes()}

    check = checks(planted(plant))["burned_in_text"]
    assert (check["status"], "spot" in check["reason"]) == ("pass", False)
