from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import KEY
from nifti_files import OBLIQUE, nifti, packed, patched, ramp
from picture_files import grey, picture

from pipeline.ingest.dicom.sop_classes import SECONDARY_CAPTURE
from pipeline.ingest.dicom.templates import Templates
from pipeline.ingest.formats.description import Stated
from pipeline.ingest.header.header import Header, Selection
from pipeline.ingest.header.owners import Owners
from pipeline.ingest.header.reading import read_header
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.source.discover import SourcePath, path_token

MR = {"nifti": Stated("MR"), "png": Stated("DX", spacing_mm=(0.2, 0.3))}


def header(folder: Path, data: bytes, relative: str = "p/a.img", **changed: Any) -> Header:
    path = folder / "file"
    path.write_bytes(data)
    file = SourcePath(path_token(KEY, relative), bytes(path), relative, len(data), path.stat().st_mtime_ns)
    settings = {"modalities": ("CT",), "limits": FileLimits(), "owners": Owners("folder"), "formats": MR}
    return read_header(file, key=KEY, selection=Selection(**{**settings, **changed}), templates=Templates())


def test_slices_lie_where_the_affine_puts_them(tmp_path: Path) -> None:
    found = header(tmp_path, nifti(ramp((5, 4, 3))))
    assert (found.reason, found.image, len(found.frames)) == ("ok", True, 3)
    to_lps = np.array([-1, -1, 1])
    for k, frame in enumerate(found.frames):
        assert frame.index == k
        assert (frame.rows, frame.columns) == (4, 5)
        assert frame.position_mm == pytest.approx(((OBLIQUE @ [0, 0, k, 1])[:3] * to_lps).tolist(), abs=1e-4)
        assert frame.spacing_mm == pytest.approx((1.0, 0.8))
        assert frame.spacing_between_mm == frame.thickness_mm == pytest.approx(2.5)
        assert frame.orientation is not None
        assert frame.orientation[:3] == pytest.approx((OBLIQUE[:3, 0] / 0.8 * to_lps).tolist(), abs=1e-5)
        assert frame.orientation[3:] == pytest.approx((OBLIQUE[:3, 1] * to_lps).tolist(), abs=1e-5)
        assert (frame.modality, frame.unit, frame.names_unit) == ("MR", "arbitrary", False)


@pytest.mark.parametrize(("units", "noted"), [(2, ()), (3, ("tiny_voxels",))], ids=["mm", "micrometres"])
def test_millimetres_that_a_file_calls_micrometres_are_noted(
    tmp_path: Path, units: int, noted: tuple[str, ...]
) -> None:
    assert header(tmp_path, patched(nifti(ramp()), 123, bytes([units]))).notes == noted


def test_a_picture_has_no_place_and_the_stated_spacing(tmp_path: Path) -> None:
    (frame,) = header(tmp_path, picture(grey())).frames
    assert (frame.position_mm, frame.orientation, frame.spacing_mm) == (None, None, (0.2, 0.3))
    assert (frame.sop_class, frame.photometric, frame.samples) == (SECONDARY_CAPTURE, "MONOCHROME2", 1)


def test_a_file_is_told_by_its_bytes_whatever_it_is_called_and_packed(tmp_path: Path) -> None:
    data = nifti(ramp())
    one, other = header(tmp_path, data, "p/a.nii"), header(tmp_path, packed(data), "p/b.bin")
    assert (one.sop_id, one.series_id, one.digest) == (other.sop_id, other.series_id, other.digest)
    assert one.sop_id != header(tmp_path, nifti(ramp(start=1)), "p/a.nii").sop_id


def test_the_patient_is_told_by_the_settings_or_by_the_subject_of_bids(tmp_path: Path) -> None:
    data = nifti(ramp())
    assert header(tmp_path, data).patient_id == KEY.pseudonym("patient by folder", "p")
    by_subject = header(tmp_path, data, "sub-07/anat/a.nii", owners=Owners())
    assert by_subject.patient_id == KEY.pseudonym("patient by pattern", "sub-07")
    assert dict(by_subject.identifiers)["patient"] == KEY.pseudonym("patient", "sub-07")
    assert header(tmp_path, data, "sub-07/a.nii").patient_id == KEY.pseudonym("patient by folder", "sub-07")
    nobodys = header(tmp_path, data, owners=Owners())
    assert (nobodys.reason, nobodys.detail, nobodys.frames) == ("missing_attribute", "PatientID", ())
    of_all = header(tmp_path, data, "imagesTr/a.nii")
    assert of_all.detail == "PatientID, and the folder is that of all images of a layout"


def test_a_table_names_the_file_by_path_name_and_stem_with_and_without_packing_and_channel(
    tmp_path: Path,
) -> None:
    found = header(tmp_path, packed(nifti(ramp())), "imagesTr/c_1_0000.nii.gz", owners=Owners("study"))
    words = {(kind, word) for kind, word in found.identifiers if kind in ("path", "name", "stem")}
    for name in ("c_1_0000.nii.gz", "c_1_0000.nii", "c_1.nii.gz", "c_1.nii"):
        assert ("path", KEY.pseudonym("path", f"imagesTr/{name}")) in words
        assert ("name", KEY.pseudonym("name", name)) in words
    for stem in ("c_1_0000", "c_1"):
        assert ("stem", KEY.pseudonym("stem", stem)) in words


@pytest.mark.parametrize(
    ("relative", "changed", "reason", "image"),
    [
        ("labelsTr/a.nii", {}, "mask_not_image", False),
        ("sub-1/anat/sub-1_dseg.nii.gz", {}, "mask_not_image", False),
        ("derivatives/x/sub-1/a.nii", {}, "derived_not_selected", True),
        ("p/a.nii", {"formats": {}}, "format_not_selected", False),
    ],
)  # fmt: skip
def test_what_is_left_out_is_told(
    tmp_path: Path, relative: str, changed: dict[str, Any], reason: str, image: bool
) -> None:
    found = header(tmp_path, nifti(ramp()), relative, **changed)
    assert (found.reason, found.image, found.frames) == (reason, image, ())


def test_the_format_is_told_as_one_that_may_go_with_a_class(tmp_path: Path) -> None:
    assert header(tmp_path, nifti(ramp())).attributes == {
        "file_format": "nifti", "photometric_interpretation": "MONOCHROME2", "bits_stored": 16,
    }  # fmt: skip


def test_a_label_map_by_its_header_is_a_mask(tmp_path: Path) -> None:
    found = header(tmp_path, patched(nifti(ramp()), 68, b"\xea\x03"))
    assert (found.reason, found.detail, found.image) == (
        "mask_not_image",
        "a label map, by its header",
        False,
    )


def test_a_ct_is_in_hounsfield_units_unless_another_unit_is_stated(tmp_path: Path) -> None:
    for stated, unit, names in [
        (Stated("CT"), "HU", False),
        (Stated("CT", "HU"), "HU", True),
        (Stated("CT", "PCT"), "PCT", True),
    ]:
        frame = header(tmp_path, nifti(ramp()), formats={"nifti": stated}).frames[0]
        assert (frame.unit, frame.names_unit) == (unit, names)
