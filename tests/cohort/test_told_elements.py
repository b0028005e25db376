"""What nothing else reads may tell a label, and what no two people share makes two IDs one."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from cohort_files import notices, parts, rows

from pipeline.cohort import run

PATIENTS = 60


def asked(study: Any, scan: Any, plant: Any, *cohort: str) -> dict[str, dict[str, Any]]:
    """The checks of 60 patients of whom every other one is sick; `plant(number, sick)` is what a scan has."""
    greys = np.random.default_rng(1).integers(0, 256, (PATIENTS, 64 * 64), dtype=np.uint8)
    study.add(
        *(
            scan(f"1.{n}", f"P{n:03d}", likeness=greys[n].tobytes(), **plant(n, n % 2))
            for n in range(PATIENTS)
        )
    )
    study.table("uid,label", *(f"1.{n},{('well', 'sick')[n % 2]}" for n in range(PATIENTS)))
    run(study.config(*cohort), study.workspace)
    found = json.loads((study.workspace.candidate / "leaks.json").read_text())
    return {check["key"]: check for check in found["checks"]}


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("00991001", "element (0099,1001)"), ("00102160", "EthnicGroup"), ("00081010", "StationName"),
    ],
)  # fmt: skip
def test_an_element_that_goes_with_the_label_is_named(field: str, name: str, study: Any, scan: Any) -> None:
    def plant(n: int, sick: int) -> dict[str, Any]:
        words = (f"{field}{sick:06x}", f"00991002{n:06x}", f"00991003{n % 3:06x}", "00991004000000")
        return {"said": (("elements", words),)}

    check = asked(study, scan, plant)["label_in_header"]
    assert (check["status"], check["reason"]) == ("fail", f"it is told by {name} (1.00)")


def test_elements_that_go_with_no_label_and_those_of_each_scan_alone_fail_nothing(
    study: Any, scan: Any
) -> None:
    def plant(n: int, sick: int) -> dict[str, Any]:
        return {"said": (("elements", (f"00991002{n:06x}", f"00991003{n // 2 % 3:06x}")),)}

    assert {check["status"] for check in asked(study, scan, plant).values()} == {"pass", "not_run"}


def test_a_transfer_syntax_that_mostly_goes_with_the_label_warns(study: Any, scan: Any) -> None:
    def plant(n: int, sick: int) -> dict[str, Any]:
        return {"said": (("elements", (f"00020010{sick ^ (n % 20 in (0, 1)):06x}",)),)}

    check = asked(study, scan, plant)["metadata_only"]
    assert (check["status"], "transfer syntax" in check["reason"]) == ("fail", True)


@pytest.mark.parametrize(("asks", "status"), [("label", "fail"), ("Age", "pass")])
def test_an_age_that_tells_the_label_is_named_unless_it_is_what_is_asked_for(
    asks: str, status: str, study: Any, scan: Any
) -> None:
    study.add(
        *(
            scan(f"1.{n}", f"P{n:03d}", attributes=(("patient_age", 30.0 + n % 7 + 40 * (n % 2)),))
            for n in range(PATIENTS)
        )
    )
    study.table(f"uid,{asks}", *(f"1.{n},{('well', 'sick')[n % 2]}" for n in range(PATIENTS)))
    run(study.config(f"target: {asks}"), study.workspace)
    found = json.loads((study.workspace.candidate / "leaks.json").read_text())
    (check,) = (check for check in found["checks"] if check["key"] == "label_in_header")
    assert (check["status"], "patient age" in check["reason"]) == (status, status == "fail")


@pytest.mark.parametrize("accept", [(), ("accept: {one_person: twins}",)])
def test_two_ids_in_one_frame_of_reference_are_one_person(
    accept: tuple[str, ...], study: Any, scan: Any
) -> None:
    asked(study, scan, lambda n, sick: {"also": (("frame", "same"),)} if n in (0, 5) else {}, *accept)
    cases = {study.case_id("1.0"), study.case_id("1.5")}
    assert len({row["person_id"] for row in rows(study) if row["case_id"] in cases}) == 1
    assert notices(study)["linked_patients"] == 1


def volume(planes: int, n: int) -> dict[str, Any]:
    """A volume whose planes are its own, but for the first, that of patient 0."""
    own = [f"{n:08x}{plane:08x}" for plane in range(planes)]
    return {"axes": 3, "said": (("planes", ("0" * 16, *own[1:]) if n in (0, 4) else tuple(own)),)}


def test_one_slice_that_stands_in_two_patients_volumes_makes_them_one_person(study: Any, scan: Any) -> None:
    check = asked(study, scan, lambda n, sick: volume(9, n))["near_duplicates"]
    assert check["reason"] == "1 pairs of near copies were found"
    assert len(parts(study)) == PATIENTS - 1


def test_an_image_that_is_a_plane_of_anothers_volume_is_that_persons(study: Any, scan: Any) -> None:
    digest = study.pixel_digest("pixels of 1.7")[:16]

    def plant(n: int, sick: int) -> dict[str, Any]:
        return {"axes": 3, "said": (("planes", (digest, f"{n:016x}")),)} if n == 2 else {}

    asked(study, scan, plant)
    assert len(parts(study)) == PATIENTS - 1


def test_a_plane_that_many_have_makes_nobody_one(study: Any, scan: Any) -> None:
    def plant(n: int, sick: int) -> dict[str, Any]:
        return {"axes": 3, "said": (("planes", ("0" * 16, f"{n + 1:016x}")),)}

    assert asked(study, scan, plant)["near_duplicates"]["reason"] == ""
    assert len(parts(study)) == PATIENTS
