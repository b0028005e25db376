"""The page as a whole: it says what the account says, and no more than may be told."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from pipeline.records import Case, Geometry, Stored
from pipeline.report.ingest import Account, Line, html

REASONS = [
    Line("accepted", "ok", 23, "Used in a case."),
    Line("excluded", "localizer", 4, "A planning view (scout) of the scan."),
    Line("quarantined", "gantry_tilt", 3, "The stack is sheared.", "Set `ingest.untilt: linear`."),
    Line("failed", "empty_file", 2, "Zero bytes.", "Copy the file again."),
]
NOTES = [
    Line("accepted", "z_resampled", 6, "Slices were resampled."),
    Line("accepted", "lossy", 1, "With loss."),
]

COMMANDS = {
    "quarantined": "scanloom files study.yaml --state quarantined",
    "failed": "scanloom files study.yaml --state failed",
}


def cases(modality: str, maker: str, patients: int) -> list[Case]:
    return [
        Case(
            case_id=f"{modality}{maker}{number}",
            patient_id=f"patient {maker} {number}",
            study_id="study",
            series_id=f"series {modality} {maker} {number}",
            modality=modality,
            value_unit="HU",
            channels=1,
            geometry=Geometry((2.0, 0.5, 0.5)),
            stored=Stored("", 0, 0, "<i2", (3, 8, 8), 0),
            pixel_digest="",
            attributes={"manufacturer": maker, "image_type": "ORIGINAL\\PRIMARY", "kvp": 100.0 + number // 5},
        )
        for number in range(patients)
    ]


def page(found: list[Case]) -> str:
    voxels = np.zeros((3, 8, 8), np.int16)
    return html(
        Account("study", REASONS, NOTES, COMMANDS), found, lambda _: voxels, reviewed=False, made_of="abc"
    )


def rows(text: str) -> list[list[str]]:
    """The cells of every row of every table, without markup."""
    found = re.findall(r"<tr.*?</tr>", text, re.S)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in found]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


def test_one_sentence_says_the_result_and_it_adds_up() -> None:
    said = re.sub(r"<[^>]+>", "", page(cases("CT", "GE", 23)))
    assert "32 files: 23 used in 23 cases of 23 patients, 9 not used." in said


def test_every_reason_stands_with_its_number_and_what_to_do() -> None:
    table = rows(page(cases("CT", "GE", 23)))
    assert ["Zero bytes. empty_file", "2", "Copy the file again."] in table
    assert ["The stack is sheared. gantry_tilt", "3", "Set ingest.untilt: linear."] in table
    assert ["With loss. lossy", "1"] in table


def test_notes_and_reasons_about_geometry_are_its_warnings() -> None:
    said = re.sub(r"<[^>]+>", "", page(cases("CT", "GE", 23)))
    assert "6 files: Slices were resampled." in said
    assert "3 files not used: The stack is sheared." in said


def test_makers_of_fewer_than_five_patients_are_told_together() -> None:
    found = [
        *cases("CT", "GE", 6),
        *cases("CT", "CANON", 4),
        *cases("CT", "PHILIPS", 3),
        *cases("MR", "UIH", 2),
    ]
    text = page(found)
    assert ["CT", "GE", "6", "6", "6"] in rows(text)
    assert ["CT", "others", "7", "7", "7"] in rows(text)
    assert ["others", "", "–", "–", "&lt; 5"] in rows(text)
    assert not {"CANON", "PHILIPS", "UIH"} & set(re.findall(r"[A-Z]+", text))


def test_sizes_are_told_by_modality_unless_too_few_patients_have_it() -> None:
    table = rows(page([*cases("CT", "GE", 5), *cases("MR", "UIH", 4)]))
    assert ["CT", "5", "3", "8", "8", "0.5", "2"] in table
    assert ["MR", "fewer than 5 patients"] in table


def test_without_a_case_the_page_still_tells_what_became_of_the_files() -> None:
    assert ["Zero bytes. empty_file", "2", "Copy the file again."] in rows(page([]))


def test_the_page_needs_no_script_no_address_and_no_second_file() -> None:
    text = page(cases("CT", "GE", 23)).lower()
    for word in ("http:", "https:", "<script", "javascript:", "@import", "url(", "<link", "<iframe", " on"):
        assert not re.search(rf"<[^>]*{re.escape(word)}", text) if word == " on" else word not in text
    assert all(source.startswith("data:image/png;base64,") for source in re.findall(r'src="([^"]+)"', text))
    assert text.count("<img") == 23


def test_two_pages_of_the_same_are_the_same() -> None:
    found = [*cases("CT", "GE", 9), *cases("MR", "UIH", 6)]
    assert page(found) == page(found[::-1])


def test_images_that_an_acquisition_announces_and_that_did_not_come_are_told_with_both_numbers() -> None:
    found = cases("CT", "SIEMENS", 6)
    told = {**found[0].attributes, "images_came": 8.0, "images_announced": 10.0}
    text = page([replace(found[0], attributes=told), *found[1:]])
    assert (
        "ImagesInAcquisition or NumberOfSeriesRelatedInstances announces 10 images, and 8 came in their series."
        in text
    )
    assert "ImagesInAcquisition" not in page(found)
