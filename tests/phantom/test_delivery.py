import csv
import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pydicom
import pytest

from pipeline.errors import DataError, UsageError
from pipeline.phantom import write
from pipeline.phantom.delivery import COLUMNS, LABELS
from pipeline.phantom.trouble import NOTE, TROUBLE

PATIENTS = 24


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("raw")
    write(out, seed=5, patients=PATIENTS, later=False, volumes=False)
    return out


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("raw-3d")
    write(out, seed=5, patients=10, later=False, volumes=True)
    return out


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _scans(folder: Path) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in sorted(folder.rglob("*.dcm"))]


def _slices(folder: Path) -> list[pydicom.Dataset]:
    return [scan for scan in _scans(folder) if scan.ImageType[2] == "AXIAL"]


def _labels(folder: Path) -> list[dict[str, str]]:
    with (folder / LABELS).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _patients(kind: str) -> list[int]:
    return [trouble.patient for trouble in TROUBLE if trouble.kind == kind]


def _number(scan: pydicom.Dataset) -> int:
    """The number of a patient, which stands in the middle of the ID."""
    return int(scan.PatientID[1:5])


def test_the_same_seed_writes_the_same_bytes(delivered: Path, tmp_path: Path) -> None:
    write(tmp_path, seed=5, patients=PATIENTS, later=False, volumes=False)
    assert _digests(tmp_path) == _digests(delivered)


def test_another_seed_writes_other_people_and_other_images(delivered: Path, tmp_path: Path) -> None:
    write(tmp_path, seed=6, patients=PATIENTS, later=False, volumes=False)
    ours, others = _digests(delivered), _digests(tmp_path)
    assert set(ours.values()) & set(others.values()) == {hashlib.sha256(NOTE[1]).hexdigest()}


def test_writing_again_changes_nothing_and_says_so(delivered: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in delivered.rglob("*")}
    summary = write(delivered, seed=5, patients=PATIENTS, later=False, volumes=False)
    assert not summary.changed
    assert {path: path.stat().st_mtime_ns for path in delivered.rglob("*")} == before


def test_a_file_that_was_cut_off_by_a_killed_run_is_made_whole(tmp_path: Path) -> None:
    write(tmp_path, seed=5, patients=10, later=False, volumes=False)
    whole = _digests(tmp_path)
    victim = max(tmp_path.rglob("*.dcm"))
    victim.write_bytes(victim.read_bytes()[:200])
    assert write(tmp_path, seed=5, patients=10, later=False, volumes=False).changed
    assert _digests(tmp_path) == whole


def test_a_larger_cohort_begins_with_the_smaller_one(delivered: Path, tmp_path: Path) -> None:
    write(tmp_path, seed=5, patients=12, later=False, volumes=False)
    small, large = _digests(tmp_path), _digests(delivered)
    del small[LABELS]
    assert small.items() <= large.items()


def test_every_study_but_the_unlabelled_one_has_one_row_of_labels(delivered: Path) -> None:
    studies = {(scan.StudyInstanceUID, _number(scan), scan.StudyDate) for scan in _scans(delivered)}
    first_visits = {}
    for uid, number, day in studies:
        first_visits[number] = min(first_visits.get(number, (day, uid)), (day, uid))
    unlabelled = {first_visits[number][1] for number in _patients("unlabelled")}
    rows = [row["study_instance_uid"] for row in _labels(delivered)]
    assert sorted(rows) == sorted({uid for uid, _, _ in studies} - unlabelled)
    assert len(unlabelled) == 1


def test_the_table_agrees_with_the_headers(delivered: Path) -> None:
    rows = {row["study_instance_uid"]: row for row in _labels(delivered)}
    scans = [scan for scan in _scans(delivered) if scan.StudyInstanceUID in rows]
    told = [(rows[s.StudyInstanceUID]["patient_id"], rows[s.StudyInstanceUID]["sex"]) for s in scans]
    assert told == [(scan.PatientID, scan.PatientSex) for scan in scans]


def test_some_patients_come_back_for_a_second_study_with_the_same_finding(delivered: Path) -> None:
    findings: dict[str, list[str]] = {}
    for row in _labels(delivered):
        findings.setdefault(row["patient_id"], []).append(row["finding"])
    twice = [found for found in findings.values() if len(found) == 2]
    assert twice
    assert all(first == second for first, second in twice)


def test_every_whole_file_is_a_valid_image_for_pydicom(delivered: Path) -> None:
    cut = _patients("truncated_file")
    for scan in _scans(delivered):
        if _number(scan) not in cut:
            assert scan.pixel_array.shape == (scan.Rows, scan.Columns)


def test_images_of_slices_are_plausible_hounsfield_units(delivered: Path) -> None:
    cut = _patients("truncated_file")
    for scan in _slices(delivered):
        if _number(scan) in cut:
            continue
        hu = scan.pixel_array * float(scan.RescaleSlope) + float(scan.RescaleIntercept)
        assert (hu < -500).mean() > 0.2
        assert hu.min() >= -1024
        assert 400 < hu.max() < 1500


def test_a_study_of_volumes_is_an_evenly_spaced_stack(volumes: Path) -> None:
    broken = {*_patients("truncated_file")}
    stacks: dict[str, set[float]] = {}
    steps: dict[str, float] = {}
    for scan in _slices(volumes):
        if _number(scan) not in broken:
            stacks.setdefault(scan.SeriesInstanceUID, set()).add(float(scan.ImagePositionPatient[2]))
            steps[scan.SeriesInstanceUID] = float(scan.SliceThickness)
    for series, heights in stacks.items():
        assert 24 <= len(heights) <= 32
        np.testing.assert_allclose(np.diff(sorted(heights)), steps[series], atol=1e-4)
    assert len(stacks) >= 9


def test_volumes_are_numbered_from_the_head_down(volumes: Path) -> None:
    series = _slices(volumes)[0].SeriesInstanceUID
    stack = [scan for scan in _slices(volumes) if scan.SeriesInstanceUID == series]
    by_number = sorted(stack, key=lambda scan: int(scan.InstanceNumber))
    heights = [float(scan.ImagePositionPatient[2]) for scan in by_number]
    assert heights == sorted(heights, reverse=True)


@pytest.mark.parametrize("folder", ["delivered", "volumes"])
def test_a_duplicate_is_the_same_bytes_under_another_name(
    folder: str, request: pytest.FixtureRequest
) -> None:
    times = Counter(_digests(request.getfixturevalue(folder)).values())
    assert sorted(times.values())[-2:] == [1, 2]


@pytest.mark.parametrize("folder", ["delivered", "volumes"])
def test_a_truncated_file_lacks_pixels_but_has_its_header(
    folder: str, request: pytest.FixtureRequest
) -> None:
    short = [
        scan
        for scan in _scans(request.getfixturevalue(folder))
        if not scan.file_meta.TransferSyntaxUID.is_compressed
        and len(scan.PixelData) < scan.Rows * scan.Columns * 2
    ]
    assert [_number(scan) for scan in short] == _patients("truncated_file")


@pytest.mark.parametrize("folder", ["delivered", "volumes"])
def test_localizers_lie_in_labelled_studies_as_series_of_their_own(
    folder: str, request: pytest.FixtureRequest
) -> None:
    scans = _scans(request.getfixturevalue(folder))
    scouts = [scan for scan in scans if scan.ImageType[2] == "LOCALIZER"]
    axial = {scan.StudyInstanceUID: scan.SeriesInstanceUID for scan in scans if scan.ImageType[2] == "AXIAL"}
    assert sorted(_number(scan) for scan in scouts) == _patients("localizer")
    assert all(axial[scan.StudyInstanceUID] != scan.SeriesInstanceUID for scan in scouts)
    assert all(list(scan.ImageOrientationPatient) == [1, 0, 0, 0, 0, -1] for scan in scouts)


def test_the_monochrome1_scan_means_the_same_hounsfield_units_as_any_other(delivered: Path) -> None:
    (scan,) = [scan for scan in _slices(delivered) if scan.PhotometricInterpretation == "MONOCHROME1"]
    hu = scan.pixel_array + float(scan.RescaleIntercept)
    assert [_number(scan)] == _patients("monochrome1")
    assert -1024 <= hu[0, 0] < -900


@pytest.mark.parametrize("folder", ["delivered", "volumes"])
def test_one_image_belongs_to_two_patients_with_different_identifiers(
    folder: str, request: pytest.FixtureRequest
) -> None:
    owners: dict[bytes, set[tuple[str, str]]] = {}
    cut = _patients("truncated_file")
    for scan in _slices(request.getfixturevalue(folder)):
        if _number(scan) not in cut:
            owners.setdefault(scan.pixel_array.tobytes(), set()).add((scan.PatientID, scan.SOPInstanceUID))
    shared = [pairs for pairs in owners.values() if len(pairs) > 1]
    assert shared
    assert all(
        len({patient for patient, _ in pairs}) == len({uid for _, uid in pairs}) == 2 for pairs in shared
    )


def test_there_is_a_text_file_and_nothing_else_that_is_not_dicom(delivered: Path) -> None:
    others = {path.name for path in delivered.rglob("*") if path.is_file() and path.suffix != ".dcm"}
    assert others == {LABELS, "READ ME FIRST.txt"}


def test_raw_does_not_tell_what_is_wrong_with_it(delivered: Path) -> None:
    kinds = {trouble.kind for trouble in TROUBLE}
    names = {path.name for path in delivered.rglob("*")}
    assert not [name for name in names for kind in kinds if kind in name or "trouble" in name.lower()]


def test_a_later_delivery_adds_other_people_and_a_third_manufacturer(tmp_path: Path) -> None:
    write(tmp_path, seed=5, patients=PATIENTS, later=False, volumes=False)
    first, rows = _digests(tmp_path), _labels(tmp_path)
    patients, uids = _identifiers(tmp_path)
    makers = {scan.Manufacturer for scan in _scans(tmp_path)}
    write(tmp_path, seed=5, patients=PATIENTS, later=True, volumes=False)
    both = _digests(tmp_path)
    new = {path: both[path] for path in both.keys() - first.keys()}
    del first[LABELS]
    assert first.items() <= both.items()
    assert {row["study_instance_uid"] for row in rows} < {
        row["study_instance_uid"] for row in _labels(tmp_path)
    }
    arrived = [pydicom.dcmread(tmp_path / path) for path in new]
    assert len({scan.PatientID for scan in arrived}) == PATIENTS
    assert not patients & {scan.PatientID for scan in arrived}
    assert not uids & {scan.StudyInstanceUID for scan in arrived} | uids & {
        scan.SOPInstanceUID for scan in arrived
    }
    assert {scan.Manufacturer for scan in arrived} - makers == {"Philips"}


def _identifiers(folder: Path) -> tuple[set[str], set[str]]:
    scans = _scans(folder)
    uids = {
        uid for scan in scans for uid in (scan.StudyInstanceUID, scan.SeriesInstanceUID, scan.SOPInstanceUID)
    }
    return {scan.PatientID for scan in scans}, uids


def test_the_first_delivery_written_again_keeps_the_rows_of_the_later_one(tmp_path: Path) -> None:
    write(tmp_path, seed=5, patients=10, later=False, volumes=False)
    write(tmp_path, seed=5, patients=3, later=True, volumes=False)
    both = (tmp_path / LABELS).read_bytes()
    write(tmp_path, seed=5, patients=10, later=False, volumes=False)
    assert (tmp_path / LABELS).read_bytes() == both


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "IM0001.dcm").write_bytes(b"a real scan")
    with pytest.raises(DataError, match="files that the phantom didn't write"):
        write(tmp_path, seed=5, patients=10, later=True, volumes=False)
    assert [path.name for path in tmp_path.iterdir()] == ["IM0001.dcm"]


def test_a_table_with_other_columns_is_refused_and_left_alone(tmp_path: Path) -> None:
    write(tmp_path, seed=5, patients=1, later=True, volumes=False)
    (tmp_path / LABELS).write_text("id,outcome\n1,died\n")
    with pytest.raises(DataError, match=r"labels\.csv has other columns than the phantom's"):
        write(tmp_path, seed=5, patients=1, later=True, volumes=False)
    assert (tmp_path / LABELS).read_text() == "id,outcome\n1,died\n"


def test_too_few_patients_for_the_planted_faults_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least 10"):
        write(tmp_path, seed=5, patients=9, later=False, volumes=False)


def test_the_table_has_the_columns_that_the_demo_is_configured_for(delivered: Path) -> None:
    assert tuple(_labels(delivered)[0]) == COLUMNS
    assert {row["finding"] for row in _labels(delivered)} == {"nodule", "clear"}
    assert all((row["finding"] == "nodule") == bool(row["diameter_mm"]) for row in _labels(delivered))


def test_everybody_can_be_given_a_nodule_to_be_measured(tmp_path: Path) -> None:
    write(tmp_path, seed=5, patients=10, later=False, volumes=False, planted="nodules")
    diameters = [float(row["diameter_mm"]) for row in _labels(tmp_path)]
    assert {row["finding"] for row in _labels(tmp_path)} == {"nodule"}
    assert all(9.5 <= diameter <= 46.8 for diameter in diameters)
