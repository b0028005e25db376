"""SUV by body weight: 370 MBq of F-18 (half-life 6586.2 s) given to 70 kg an hour before the scan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import header, image, plane
from pydicom.dataset import Dataset


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


def uptake(ds: Dataset, folder: Path) -> tuple[float, str]:
    return float(plane(ds, folder).array[0, 0]), str(header(ds, folder).frames[0].keys["unit"])


def test_the_dose_decays_to_the_start_of_the_scan(tmp_path: Path) -> None:
    # 5000 * 70000 / (370e6 * 2 ** (-3600 / 6586.2)) = 1.3817
    assert uptake(pet(), tmp_path) == (pytest.approx(1.3817, abs=1e-4), "SUVbw")


def test_images_corrected_to_the_injection_need_no_decay(tmp_path: Path) -> None:
    # 5000 * 70000 / 370e6 = 0.9459
    assert uptake(pet(DecayCorrection="ADMIN"), tmp_path) == (pytest.approx(0.94595, abs=1e-5), "SUVbw")


def test_a_scan_across_midnight_is_the_same(tmp_path: Path) -> None:
    assert uptake(pet("233000", "003000"), tmp_path)[0] == pytest.approx(1.3817, abs=1e-4)


def test_values_that_are_suv_already_are_taken_as_they_are(tmp_path: Path) -> None:
    assert uptake(pet(Units="GML"), tmp_path) == (5000.0, "SUVbw")


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
    assert uptake(ds, tmp_path) == (5000.0, str(ds.Units))
    assert "suv_inputs_missing" in header(ds, tmp_path).notes
