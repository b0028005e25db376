"""NIfTI volumes and pictures through the real stage: the same cases, states and reasons as DICOM files give."""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path

import nibabel
import numpy as np
import pytest
from dicom_files import image
from ingesting import cases, config, ingested, reasons, store, voxels, write_all
from nifti_files import OBLIQUE, nifti, packed, ramp
from numpy.typing import NDArray
from packed import zipped
from picture_files import colours, grey, picture, with_orientation
from pydicom.dataset import Dataset

from pipeline.catalogue import Catalogue
from pipeline.config import Config
from pipeline.records import Case
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")
FORMATS = {
    "nifti": {"modality": "MR"},
    "png": {"modality": "DX", "spacing": [0.2, 0.3]},
    "jpeg": {"modality": "XC"},
    "tiff": {"modality": "DX"},
}
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def settings(**changed: object) -> Config:
    return config(**{"unit": "series", "patient_from": "folder", "formats": FORMATS, **changed})


def slices_of(
    array: NDArray, affine: NDArray, *, patient: str, scale: tuple[str, str] = ("1", "0")
) -> list[Dataset]:
    """The volume `(i, j, k)` as a DICOM series: rows along i, columns along j, a slice each k."""
    lps = LPS @ affine
    lengths = np.linalg.norm(lps[:3, :3], axis=0)
    directions = [*(lps[:3, 0] / lengths[0]), *(lps[:3, 1] / lengths[1])]
    uid = f"2.25.7{sum(patient.encode())}"
    return [
        image(
            "MR",
            pixels=np.ascontiguousarray(array[:, :, k].T),
            SOPInstanceUID=f"{uid}1{k}",
            SeriesInstanceUID=f"{uid}2",
            StudyInstanceUID=f"{uid}3",
            PatientID=patient,
            ImagePositionPatient=[f"{x:.9g}" for x in (lps @ [0, 0, k, 1])[:3]],
            ImageOrientationPatient=[f"{x:.9g}" for x in directions],
            PixelSpacing=[f"{lengths[1]:.9g}", f"{lengths[0]:.9g}"],
            SliceThickness=f"{lengths[2]:.9g}",
            RescaleSlope=scale[0],
            RescaleIntercept=scale[1],
            RescaleType="US",
        )
        for k in range(array.shape[2])
    ]  # fmt: skip


def require_alike(workspace: Workspace, one: Case, other: Case, *, share: float = 0.0) -> None:
    """The same voxels up to a share of their range, in the same place."""
    first, second = (voxels(workspace, case).astype(np.float64) for case in (one, other))
    assert first.shape == second.shape
    assert np.abs(first - second).max() <= share * np.ptp(first)
    assert one.geometry.affine is not None
    assert other.geometry.affine is not None
    np.testing.assert_allclose(one.geometry.affine, other.geometry.affine, atol=1e-3)


def test_a_volume_in_any_order_and_sign_of_axes_is_the_case_that_its_dicom_series_is(
    workspace: Workspace,
) -> None:
    array = ramp((7, 6, 5))
    files: dict[str, bytes | Dataset] = {}
    for number, order in enumerate(permutations(range(3))):
        for signs in product((1, -1), repeat=3):
            turned, affine = np.transpose(array, order), OBLIQUE.copy()
            affine[:, :3] = OBLIQUE[:, list(order)]
            for axis in (axis for axis in range(3) if signs[axis] < 0):
                turned = np.flip(turned, axis)
                affine[:3, 3] += affine[:3, axis] * (turned.shape[axis] - 1)
                affine[:3, axis] *= -1
            name = f"n{number}{''.join('+-'[sign < 0] for sign in signs)}"
            files[f"{name}/volume.nii"] = nifti(np.ascontiguousarray(turned), affine)
    files |= {f"d/{k}.dcm": one for k, one in enumerate(slices_of(array, OBLIQUE, patient="DICOM"))}
    write_all(workspace.root / "raw", files)
    ingested(workspace, settings())
    found = cases(workspace)
    assert len(found) == 49
    (dicom,) = [case for case in found if "image_type" in case.attributes]
    for case in found:
        require_alike(workspace, case, dicom)
        assert case.geometry.spacing == pytest.approx(dicom.geometry.spacing, abs=1e-5)
        assert (case.modality, case.value_unit, case.channels) == ("MR", "arbitrary", 1)
        assert case.pixel_digest == dicom.pixel_digest


def test_real_volumes_are_those_of_their_dicom_series(workspace: Workspace, real_data: Path) -> None:
    files: dict[str, bytes | Dataset] = {}
    paths = sorted((real_data / "hippocampus/imagesTr").glob("*.nii.gz"))[:6]
    for number, path in enumerate(paths):
        volume = nibabel.load(path)
        array = np.asarray(volume.dataobj, np.float64)
        slope = max(float(np.ptp(array)), 1e-9) / 65535
        stored = np.rint((array - array.min()) / slope).astype(np.uint16)
        scale = (f"{slope:.10g}", f"{array.min():.10g}")
        files[f"n{number}/{path.name}"] = path.read_bytes()
        series = slices_of(stored, volume.affine, patient=f"D{number}", scale=scale)
        files |= {f"d{number}/{k}.dcm": one for k, one in enumerate(series)}
    write_all(workspace.root / "raw", files)
    outcomes = ingested(workspace, settings())
    assert {outcome[1] for outcome in outcomes.values()} == {"ok"}
    found = cases(workspace)
    dicom = [case for case in found if "image_type" in case.attributes]
    others = [case for case in found if case not in dicom]
    assert len(dicom) == len(others) == 6
    for case in others:
        alike = [
            one
            for one in dicom
            if voxels(workspace, one).shape == voxels(workspace, case).shape
            and np.abs(voxels(workspace, one).astype(float) - voxels(workspace, case)).max()
            <= 5e-4 * np.ptp(voxels(workspace, case).astype(float))
        ]
        assert len(alike) == 1
        require_alike(workspace, case, alike[0], share=5e-4)


def test_pictures_are_cases_of_their_own_with_the_spacing_that_is_stated(workspace: Workspace) -> None:
    files = {
        "a/deep.png": picture(grey(dtype=np.uint16) * 200),
        "b/colour.png": picture(colours()),
        "c/turned.jpg": picture(grey(), "JPEG", exif=with_orientation(6)),
        "d/plain.tif": picture(grey(), "TIFF"),
    }
    write_all(workspace.root / "raw", files)
    assert {outcome[1] for outcome in ingested(workspace, settings()).values()} == {"ok"}
    found = cases(workspace)
    spacings = {(case.modality, case.geometry.spacing, case.geometry.spacing_kind) for case in found}
    assert spacings == {
        ("DX", (0.2, 0.3), "patient"),
        ("XC", (1.0, 1.0), "pixels"),
        ("DX", (1.0, 1.0), "pixels"),
    }
    (deep,) = [case for case in found if voxels(workspace, case).dtype == np.uint16]
    assert np.array_equal(voxels(workspace, deep), grey(dtype=np.uint16) * 200)
    (colour,) = [case for case in found if case.channels == 3]
    assert np.array_equal(voxels(workspace, colour), colours())
    (photograph,) = [case for case in found if case.modality == "XC"]
    assert voxels(workspace, photograph).shape == (24, 20)
    assert set(photograph.notes) == {"lossy", "picture_turned"}
    assert photograph.geometry.affine is None


def test_low_numbers_that_are_bright_are_turned_as_those_of_dicom(workspace: Workspace) -> None:
    write_all(
        workspace.root / "raw", {"a/w.tif": picture(grey(), "TIFF", tiffinfo={262: 0})}
    )  # stored inverted
    ingested(workspace, settings())
    (case,) = cases(workspace)
    assert np.array_equal(voxels(workspace, case), grey())
    assert case.notes == ("monochrome1",)


def test_formats_that_the_settings_do_not_name_are_left_out_and_count_as_no_image(
    workspace: Workspace,
) -> None:
    files = {"a/v.nii.gz": packed(nifti(ramp())), "a/p.png": picture(grey()), "a/d.dcm": image()}
    write_all(workspace.root / "raw", files)
    found = ingested(workspace, config())
    assert {path: outcome[:2] for path, outcome in found.items()} == {
        "a/v.nii.gz": ("excluded", "format_not_selected (nifti)"),
        "a/p.png": ("excluded", "format_not_selected (png)"),
        "a/d.dcm": ("accepted", "ok"),
    }


def test_the_same_bytes_are_one_case_under_any_name_and_packing(workspace: Workspace, tmp_path: Path) -> None:
    other = Workspace(tmp_path / "other", "study")
    data = nifti(ramp())
    write_all(workspace.root / "raw", {"a/one.nii": data, "b/p.png": picture(grey())})
    write_all(
        other.root / "raw", {"all.zip": zipped({"a/two.nii.gz": packed(data), "b/q.png": picture(grey())})}
    )
    by_second_folder = {"patient_from": {"pattern": r"(\w)/[^/]*$"}}
    ingested(workspace, settings(**by_second_folder))
    ingested(other, settings(**by_second_folder))
    digests = [
        {(case.case_id, case.patient_id, case.pixel_digest) for case in cases(one)}
        for one in (workspace, other)
    ]
    assert digests[0] == digests[1]
    assert len(digests[0]) == 2


def test_copies_are_told_and_the_same_picture_of_two_patients_is_set_aside(workspace: Workspace) -> None:
    data, other = nifti(ramp()), picture(grey())
    files = {"a/v.nii": data, "a/copy.nii.gz": packed(data), "b/p.png": other, "c/p.png": other}
    write_all(workspace.root / "raw", files)
    ingested(workspace, settings())
    found = reasons(workspace, settings())
    assert sorted([found["a/v.nii"], found["a/copy.nii.gz"]]) == ["duplicate_identical", "ok"]
    assert found["b/p.png"] == found["c/p.png"] == "patient_conflict"


def test_later_runs_read_what_changed_alone(workspace: Workspace) -> None:
    raw = workspace.root / "raw"
    write_all(raw, {"a/v.nii": nifti(ramp()), "b/p.png": picture(grey()), "c/p.png": picture(grey() + 1)})
    ingested(workspace, settings())
    before = {case.case_id for case in cases(workspace)}
    (raw / "c/p.png").rename(raw / "c/q.png")
    write_all(raw, {"b/p.png": picture(grey() + 2)})
    ingested(workspace, settings())
    after = {case.case_id for case in cases(workspace)}
    assert len(before & after) == 2
    assert len(after) == 3
    stored = store(workspace)
    ingested(workspace, settings())
    assert store(workspace) == stored


def test_a_patient_is_told_by_folder_pattern_or_table_and_never_by_nothing(workspace: Workspace) -> None:
    write_all(workspace.root / "raw", {"x/p-7.png": picture(grey()), "x/p-8.png": picture(grey() + 1)})
    (workspace.root / "labels.csv").write_text("file,patient,label\np-7.png,A,0\np-8.png,B,1\n")
    nothing = ingested(workspace, settings(patient_from=None))
    assert {outcome[1] for outcome in nothing.values()} == {"missing_attribute (PatientID)"}
    for source, patients in [
        ("folder", 1),
        ({"pattern": r"p-(\d)"}, 2),
        ({"column": "patient"}, 2),
        ("study", 2),
    ]:
        ingested(workspace, settings(patient_from=source))
        assert len({case.patient_id for case in cases(workspace)}) == patients, source


def test_nothing_of_a_name_or_a_header_text_is_kept(workspace: Workspace) -> None:
    volume = nibabel.Nifti1Image(ramp(), OBLIQUE)
    volume.header["descrip"], volume.header["intent_name"] = b"Quickfox", b"Quickfox"
    files = {
        "Quickfox/Quickfox.nii.gz": packed(volume.to_bytes()),
        "Quickfox/Quickfox.jpg": picture(grey(), "JPEG", comment=b"Quickfox"),
    }
    write_all(workspace.root / "raw", files)
    ingested(workspace, settings())
    assert len(cases(workspace)) == 2
    for path in (path for path in workspace.data.rglob("*") if path.is_file()):
        assert b"quickfox" not in path.read_bytes().lower(), path


def test_a_ct_in_hounsfield_units_is_held_against_them(workspace: Workspace) -> None:
    rng = np.random.default_rng(3)
    body = rng.integers(-100, 900, (8, 7, 6)).astype(np.int16)
    lung = body - 800
    files = {"a/body.nii": nifti(body), "b/lung.nii": nifti(lung), "c/high.nii": nifti(body * 30)}
    write_all(workspace.root / "raw", files)
    told = ingested(workspace, settings(formats={"nifti": {"modality": "CT", "unit": "HU"}}))
    assert {path: outcome[1].split(" ")[0] for path, outcome in told.items()} == {
        "a/body.nii": "ok", "b/lung.nii": "ok", "c/high.nii": "implausible_values",
    }  # fmt: skip
    untold = ingested(workspace, settings(formats={"nifti": {"modality": "CT"}}))
    assert untold["a/body.nii"][1].startswith("implausible_values")  # no air proves the unit
    assert untold["b/lung.nii"][1] == "ok"
    assert {case.value_unit for case in cases(workspace)} == {"HU"}


def test_numbers_that_are_none_are_replaced_where_they_are_few(workspace: Workspace) -> None:
    few, many = (np.linspace(0, 1, 2000, dtype=np.float32).reshape(20, 20, 5) for _ in range(2))
    few[0, 0, 0], many[:10] = np.nan, np.nan
    write_all(workspace.root / "raw", {"a/few.nii": nifti(few), "b/many.nii": nifti(many)})
    found = ingested(workspace, settings())
    assert found["a/few.nii"][1] == "ok"
    assert found["b/many.nii"][1] == "implausible_values (50.0 % of the values are not finite)"
    (case,) = cases(workspace)
    assert case.notes == ("padding_replaced",)


def test_slices_of_a_volume_are_images_of_their_own_where_the_unit_is_the_image(workspace: Workspace) -> None:
    write_all(workspace.root / "raw", {"a/v.nii": nifti(ramp((7, 6, 5)))})
    ingested(workspace, settings(unit="image"))
    assert len(cases(workspace)) == 5
    with Catalogue(workspace.catalogue) as catalogue:
        assert catalogue.query("SELECT count(*) FROM files") == [(1,)]


def test_a_volume_of_any_modality_is_one_case(workspace: Workspace) -> None:
    write_all(workspace.root / "raw", {"a/v.nii": nifti(ramp((7, 6, 5)))})
    ingested(workspace, settings(formats={"nifti": {"modality": "US"}}))
    assert [case.modality for case in cases(workspace)] == ["US"]
