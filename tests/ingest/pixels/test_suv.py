"""SUV by body weight: 370 MBq of F-18 (half-life 6586.2 s) given to 70 kg an hour before the scan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from batches import batch_of
from dicom_files import encoded, image, opened
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from pipeline.arrays import Shards
from pipeline.ingest.cases.batch_reading import read_and_publish
from pipeline.ingest.pixels.suv import uptake_of


def pet(start: str = "090000", scan: str = "100000", **elements: object) -> Dataset:
    drug = Dataset()
    drug.RadiopharmaceuticalStartTime = start
    drug.RadionuclideTotalDose, drug.RadionuclideHalfLife = "370000000", "6586.2"
    ds = image(
        "PT", pixels=np.full((16, 12), 5000, np.uint16), RescaleSlope="1", RescaleIntercept="0", Units="BQML",
        CorrectedImage=["ATTN", "DECY"], DecayCorrection="START", PatientWeight="70", SeriesDate="20200102",
        SeriesTime=scan, AcquisitionDate="20200102", AcquisitionTime=scan,
    )  # fmt: skip
    ds.RadiopharmaceuticalInformationSequence = [drug]
    for keyword, value in elements.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def cases(slices: list[Dataset], folder: Path) -> list[tuple[float, str, tuple[str, ...]]]:
    """The value of the first voxel, the unit and the notes of what becomes of a series."""
    for number, ds in enumerate(slices):
        ds.SOPInstanceUID = f"2.25.{number + 1}"
        ds.ImagePositionPatient = ["0", "0", f"{3 * number}"]
    unit = "series" if len(slices) > 1 else "image"
    made = read_and_publish(batch_of([encoded(ds) for ds in slices], folder, unit))
    shards = Shards(folder / "cases")
    return [(float(shards.read(case.stored).flat[0]), case.value_unit, case.notes) for case in made.cases]


def uptake(ds: Dataset, folder: Path) -> tuple[float, str]:
    ((value, unit, _),) = cases([ds], folder)
    return value, unit


def test_the_dose_decays_to_the_start_of_the_scan(tmp_path: Path) -> None:
    # 5000 * 70000 / (370e6 * 2 ** (-3600 / 6586.2)) = 1.3817
    assert uptake(pet(), tmp_path) == (pytest.approx(1.3817, abs=1e-4), "SUVbw")


def test_images_corrected_to_the_injection_need_no_decay(tmp_path: Path) -> None:
    # 5000 * 70000 / 370e6 = 0.9459
    assert uptake(pet(DecayCorrection="ADMIN"), tmp_path) == (pytest.approx(0.94595, abs=1e-5), "SUVbw")


def test_a_scan_across_midnight_is_the_same(tmp_path: Path) -> None:
    assert uptake(pet("233000", "003000"), tmp_path)[0] == pytest.approx(1.3817, abs=1e-4)


def with_moment(moment: str, *, zone: str = "", start: str = "", **elements: object) -> Dataset:
    """A scan at 10:00 by its own clock, whose injection is told as a moment, perhaps with a zone."""
    ds = pet(**elements)
    (drug,) = ds.RadiopharmaceuticalInformationSequence
    drug.RadiopharmaceuticalStartDateTime = moment
    if start:
        drug.RadiopharmaceuticalStartTime = start
    else:
        del drug.RadiopharmaceuticalStartTime
    if zone:
        ds.TimezoneOffsetFromUTC = zone
    return ds


@pytest.mark.parametrize(
    ("moment", "zone"),
    [
        ("20200102090000", ""),  # both by one clock
        ("20200102090000.25", "+0100"),
        ("20200102090000+0100", "+0100"),
        ("20200102080000+0000", "+0100"),  # 9:00 in the zone of the series
        ("20200102040000.000000-0500", "+0000"),
        ("20200102143000+0530", "+0000"),  # India's half hour
        ("20200101230000-1000", "+0000"),  # still yesterday there
        ("202001020900+0100", "+0100"),  # to the minute
    ],
)
def test_the_moment_of_the_injection_is_brought_to_the_zone_of_the_series(
    tmp_path: Path, moment: str, zone: str
) -> None:
    assert uptake(with_moment(moment, zone=zone), tmp_path)[0] == pytest.approx(1.3817, abs=1e-3)


@pytest.mark.parametrize("moment", ["20200102090000+0100", "20200102080000+0000", "20200102143000.0+0630"])
def test_a_zone_told_of_the_injection_alone_leaves_the_word_to_its_time(tmp_path: Path, moment: str) -> None:
    timed = with_moment(moment, start="090000")
    assert uptake(timed, tmp_path / "a")[0] == pytest.approx(1.3817, abs=1e-4)
    assert uptake(with_moment(moment), tmp_path / "b") == (5000.0, "BQML")
    other_minute = with_moment(moment, start="090700")  # no zone lies between the two
    assert uptake(other_minute, tmp_path / "c") == (5000.0, "BQML")


@pytest.mark.parametrize("moment", ["20200102080000", "20200101090000", "20200102090200"])
def test_a_moment_that_contradicts_the_time_of_the_injection_leaves_the_unit(
    tmp_path: Path, moment: str
) -> None:
    assert uptake(with_moment(moment, start="090000"), tmp_path / "a") == (5000.0, "BQML")
    assert uptake(with_moment("20200102090000.5", start="090000"), tmp_path / "b")[1] == "SUVbw"


@pytest.mark.parametrize(("value", "changes"), [(1e6, {}), (1e10, {})])
def test_doses_of_one_to_ten_thousand_megabecquerel_count(
    tmp_path: Path, value: float, changes: dict
) -> None:
    ds = pet(PixelData=np.full((16, 12), 10, np.uint16).tobytes(), **changes)
    ds.RadiopharmaceuticalInformationSequence[0].RadionuclideTotalDose = f"{value:g}"
    expected = 10 * 70_000 / value * 2 ** (3600 / 6586.2)
    assert uptake(ds, tmp_path) == (pytest.approx(expected, rel=1e-5), "SUVbw")


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("RadionuclideTotalDose", "370"),  # megabecquerel
        ("RadionuclideTotalDose", "370000"),  # kilobecquerel
        ("RadionuclideTotalDose", "0.37"),  # gigabecquerel
        ("RadionuclideTotalDose", "370000000000"),
        ("RadionuclideTotalDose", "-370000000"),
        ("RadionuclideHalfLife", "0"),
        ("RadionuclideHalfLife", "109.8"),  # minutes
        ("RadionuclideHalfLife", "1.83"),  # hours
    ],
)
def test_what_no_injection_can_be_leaves_the_unit(tmp_path: Path, keyword: str, value: str) -> None:
    ds = pet()
    setattr(ds.RadiopharmaceuticalInformationSequence[0], keyword, value)
    assert uptake(ds, tmp_path) == (5000.0, "BQML")


@pytest.mark.parametrize("weight", ["70000", "0.07", "-70", "401"])
def test_what_no_patient_weighs_leaves_the_unit(tmp_path: Path, weight: str) -> None:
    assert uptake(pet(PatientWeight=weight), tmp_path) == (5000.0, "BQML")


def test_uptakes_that_no_body_has_leave_the_unit(tmp_path: Path) -> None:
    # 50 000 times 2.76e-4 is 13.8; with a dose of 10 MBq it is 511, above 200 in all voxels
    ds = pet(PixelData=np.full((16, 12), 50_000, np.uint16).tobytes())
    assert uptake(ds, tmp_path / "a") == (pytest.approx(13.817, abs=1e-3), "SUVbw")
    ds.RadiopharmaceuticalInformationSequence[0].RadionuclideTotalDose = "10000000"
    assert cases([ds], tmp_path / "b") == [(50_000.0, "BQML", ("suv_inputs_missing",))]
    hot = np.full((16, 12), 10, np.uint16)
    hot[0, 0] = 50_000  # one of 192 voxels is less than 1 %
    ds.PixelData = hot.tobytes()
    assert uptake(ds, tmp_path / "c")[1] == "SUVbw"


@pytest.mark.parametrize(("keyword", "value"), [("PatientWeight", None), ("PatientWeight", "71")])
def test_a_series_is_in_one_unit_as_a_whole(tmp_path: Path, keyword: str, value: str | None) -> None:
    slices = [pet() for _ in range(4)]
    assert cases(slices, tmp_path / "a") == [(pytest.approx(1.3817, abs=1e-4), "SUVbw", ())]
    if value is None:
        delattr(slices[2], keyword)
    else:
        setattr(slices[2], keyword, value)
    assert cases(slices, tmp_path / "b") == [(5000.0, "BQML", ("suv_inputs_missing",))]


quarters = st.integers(-48, 56).map(lambda quarter: timedelta(minutes=15 * quarter))


@given(own=quarters, common=quarters, seconds=st.integers(0, 20_000))
@settings(max_examples=80)
def test_the_time_to_the_scan_is_the_same_in_any_two_zones(
    own: timedelta, common: timedelta, seconds: int
) -> None:
    scan = datetime(2020, 1, 2, 12, 0, 30, tzinfo=UTC)
    here = scan.astimezone(timezone(common))
    there = (scan - timedelta(seconds=seconds)).astimezone(timezone(own))
    ds = pet(here.strftime("%H%M%S"), here.strftime("%H%M%S"), TimezoneOffsetFromUTC=here.strftime("%z"))
    ds.SeriesDate = ds.AcquisitionDate = here.strftime("%Y%m%d")
    (drug,) = ds.RadiopharmaceuticalInformationSequence
    drug.RadiopharmaceuticalStartDateTime = there.strftime("%Y%m%d%H%M%S.000%z")
    found = uptake_of(opened(ds).dataset)
    assert found is not None and found.seconds_to_scan == seconds


def test_values_that_are_suv_already_are_taken_as_they_are(tmp_path: Path) -> None:
    assert cases([pet(Units="GML")], tmp_path) == [(5000.0, "SUVbw", ())]
    assert cases([pet(Units="GML", SUVType="BW")], tmp_path / "b") == [(5000.0, "SUVbw", ())]


def test_an_uptake_by_lean_mass_is_not_one_by_weight(tmp_path: Path) -> None:
    assert cases([pet(Units="GML", SUVType="LBM")], tmp_path) == [(5000.0, "GML", ("suv_inputs_missing",))]


@pytest.mark.parametrize(
    "changes",
    [
        {"PatientWeight": None}, {"PatientWeight": "0"}, {"Units": "CNTS"}, {"DecayCorrection": "NONE"},
        {"CorrectedImage": ["ATTN"]}, {"RadiopharmaceuticalInformationSequence": []}, {"SeriesTime": "no"},
        {"AcquisitionTime": "095900"},
    ],
)  # fmt: skip
def test_without_all_inputs_the_unit_stays_and_a_note_says_so(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    ds = pet(**changes)
    assert cases([ds], tmp_path) == [(5000.0, str(ds.Units), ("suv_inputs_missing",))]
