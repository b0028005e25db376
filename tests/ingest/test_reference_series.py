"""Real series against answers from outside this project (`dicom-reference/expected.json`).

pydicom reads the headers and pixels here, so that grouping and geometry are proved apart from our
own reader. Values are stored * slope + intercept; the hash is over RAS+, `(t, z, y, x)`, int32.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path

import imagecodecs
import nibabel as nib
import numpy as np
import pydicom
import pytest
from planes import reason_of
from pydicom.encaps import generate_frames
from pydicom.uid import JPEGLosslessSV1

from pipeline.ingest.cases.volume import assemble
from pipeline.ingest.series.acquisition import Acquisition
from pipeline.ingest.series.frames import Frame, Refused, Rules, Volume
from pipeline.ingest.series.grouping import grouped

pytestmark = pytest.mark.filterwarnings("ignore:The DICOM readers")  # nibabel's, of its own module

REFUSED = {
    "ct-uneven-spacing": {"missing_slices"},
    "mr-missing-slice": {"missing_slices"},
    "mr-orientation-changes": {"too_few_slices"},
    "ct-gantry-tilt": {"gantry_tilt"},
}
SERIES = [
    "12bit-unsigned-overlay-bits", "ct-3slice", "ct-gantry-tilt", "ct-oblique-simpleitk", "ct-tiny",
    "ct-uneven-spacing", "enhanced-mr-hyperfine", "enhanced-mr-philips", "enhanced-mr-siemens-xa10-4d",
    "fragmented-j2k", "legacy-enhanced-ct", "mosaic-axial-oblique", "mosaic-coronal",
    "mosaic-head-to-foot-numbering", "mosaic-sagittal", "mr-4d-philips", "mr-anisotropic-inplane",
    "mr-axial-ge", "mr-decubitus-left", "mr-double-oblique", "mr-missing-slice", "mr-orientation-changes",
    "mr-sagittal-ge", "mr-two-slices", "ts-3", "ts-5", "ts-7",
]  # fmt: skip


@cache
def reference() -> tuple[Path, dict]:
    if "SCANLOOM_DATA" not in os.environ:
        pytest.skip("set SCANLOOM_DATA to the folder that holds dicom-reference")
    folder = Path(os.environ["SCANLOOM_DATA"]) / "dicom-reference"
    return folder, json.loads((folder / "expected.json").read_text())["series"]


def test_every_listed_series_is_tested() -> None:
    assert sorted(reference()[1]) == SERIES


@pytest.mark.parametrize("name", [name for name in SERIES if name not in REFUSED])
def test_voxels_and_affine_are_the_reference_ones(name: str) -> None:
    expected = reference()[1][name]["expected"]
    volumes = [ras(*assemble(made, read_plane)[:2]) for made in accepted(name, min_slices=2)]
    assert [shape for shape, _, _ in volumes] == [tuple(expected["shape"][:3])] * (expected["shape"] + [1])[3]
    for _, affine, _ in volumes:
        corners = np.array(np.meshgrid(*[(0, n - 1) for n in expected["shape"][:3]])).reshape(3, -1)
        corners = np.vstack([corners, np.ones(8)])
        assert np.abs((affine - expected["affine_ras"]) @ corners).max() < 0.02
    values = np.stack([array for _, _, array in volumes]).squeeze()
    if "sha256_values_int32" in expected:
        whole = np.ascontiguousarray(np.rint(values), dtype="<i4")
        assert hashlib.sha256(whole.tobytes()).hexdigest() == expected["sha256_values_int32"]
    assert values.min() == pytest.approx(expected["value_min"], abs=1e-4)
    assert values.max() == pytest.approx(expected["value_max"], abs=1e-4)
    assert values.mean() == pytest.approx(expected["value_mean"], abs=1e-3)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_uniform_volume_is_refused(name: str) -> None:
    groups = grouped(frames_of(name), Rules(unit="series"), pixel_digest=digest)
    assert {reason_of(made) for made in groups} == REFUSED[name]


def test_a_straightened_ct_shows_every_world_point_where_the_sheared_affine_has_it() -> None:
    sheared = np.array(reference()[1]["ct-gantry-tilt"]["expected"]["affine_ras"])
    rules = Rules(unit="series", untilt="linear")
    (made,) = grouped(frames_of("ct-gantry-tilt"), rules, pixel_digest=digest)
    array, geometry, notes = assemble(made, read_plane)
    assert notes == ("untilted",)
    # The reference grid is RAS+: x and y run against columns and rows.
    stored = np.stack([read_plane(frame) for frame in made.frames])[:, ::-1, ::-1]
    shown = np.argwhere(array > -1024)[::997]
    assert len(shown) > 500
    for slice_, row, column in shown:
        world = np.array(geometry.affine) @ [slice_, row, column, 1]
        x, y, z, _ = np.linalg.solve(sheared, world)
        # The reference affine is rounded: over 512 pixels that is 0.02 of a pixel.
        assert np.abs([x - round(x), z - round(z)]).max() < 0.02
        line = stored[round(z), :, round(x)]
        around = line[max(int(y) - 1, 0) : int(y) + 3]
        value = np.interp(y, np.arange(512), line)
        assert abs(array[slice_, row, column] - value) <= 0.02 * np.ptp(around) + 1e-3


def accepted(name: str, *, min_slices: int) -> list:
    groups = grouped(frames_of(name), Rules(unit="series", min_slices=min_slices), pixel_digest=digest)
    assert [made for made in groups if isinstance(made, Refused)] == []
    return sorted(groups, key=lambda made: first_time(made) if made.time_index is None else made.time_index)


def first_time(made: Volume) -> float:
    first = made.frames[0]
    return first.acquisition_time or first.acquisition_number or 0.0


def ras(array, geometry) -> tuple[tuple[int, ...], np.ndarray, np.ndarray]:
    """Shape (x, y, z), affine and array (z, y, x) of the closest RAS+ grid, by nibabel."""
    image = nib.as_closest_canonical(nib.Nifti1Image(array.astype(np.float64), np.array(geometry.affine)))
    return image.shape, image.affine, image.get_fdata().transpose(2, 1, 0)


@cache
def dataset(path: Path) -> pydicom.Dataset:
    return pydicom.dcmread(path)


@cache
def pixels(path: Path) -> np.ndarray:
    ds = dataset(path)
    if ds.file_meta.TransferSyntaxUID == JPEGLosslessSV1:
        # pydicom has no permissive decoder for it.
        return imagecodecs.ljpeg_decode(next(generate_frames(ds.PixelData, number_of_frames=1)))[None]
    array = ds.pixel_array
    return array if "NumberOfFrames" in ds and array.ndim == 3 else array[None]


def path_of(frame: Frame) -> Path:
    return reference()[0] / "series" / frame.series_id / frame.source


def read_plane(frame: Frame) -> np.ndarray:
    ds = dataset(path_of(frame))
    transformation = functional(ds, frame.index, "PixelValueTransformationSequence")
    slope = getattr(transformation, "RescaleSlope", ds.get("RescaleSlope", 1))
    intercept = getattr(transformation, "RescaleIntercept", ds.get("RescaleIntercept", 0))
    return pixels(path_of(frame))[frame.index] * float(slope) + float(intercept)


def digest(frame: Frame) -> str:
    return hashlib.sha256(read_plane(frame).tobytes()).hexdigest()


def functional(ds: pydicom.Dataset, index: int, name: str) -> pydicom.Dataset | None:
    """The item of a functional group: of the frame, else shared, else None."""
    groups = []
    if "PerFrameFunctionalGroupsSequence" in ds:
        groups = [ds.PerFrameFunctionalGroupsSequence[index], *ds.SharedFunctionalGroupsSequence]
    return next((item[name][0] for item in groups if name in item and item[name].value), None)


def frames_of(name: str) -> list[Frame]:
    folder = reference()[0] / "series" / name
    return [frame for path in sorted(folder.iterdir()) for frame in frames_of_file(name, path)]


def frames_of_file(name: str, path: Path) -> list[Frame]:
    ds = dataset(path)
    return [frame_of(ds, index, series=name, source=path.name) for index in range(len(pixels(path)))]


def frame_of(ds: pydicom.Dataset, index: int, *, series: str, source: str) -> Frame:
    def value(keyword: str, sequence: str) -> object:
        item = functional(ds, index, sequence)
        found = item.get(keyword) if item is not None else None
        return ds.get(keyword) if found is None else found

    def numbers(found: object) -> tuple[float, ...] | None:
        return None if found is None else tuple(float(number) for number in found)

    thickness = value("SliceThickness", "PixelMeasuresSequence")
    between = value("SpacingBetweenSlices", "PixelMeasuresSequence")
    return Frame(
        source=source,
        index=index,
        patient_id=str(ds.get("PatientID", "")),
        study_id=str(ds.StudyInstanceUID),
        series_id=series,
        modality=ds.Modality,
        sop_class=str(ds.SOPClassUID),
        image_type=tuple(ds.get("ImageType", ())),
        rows=ds.Rows,
        columns=ds.Columns,
        samples=ds.SamplesPerPixel,
        photometric=ds.PhotometricInterpretation,
        position_mm=numbers(value("ImagePositionPatient", "PlanePositionSequence")),
        orientation=numbers(value("ImageOrientationPatient", "PlaneOrientationSequence")),
        spacing_mm=numbers(value("PixelSpacing", "PixelMeasuresSequence")),
        thickness_mm=None if thickness is None else float(thickness),
        spacing_between_mm=None if between is None else float(between),
        **siemens(ds),
        unit="HU" if ds.Modality == "CT" else "",
        acquisition=acquisition_of(ds, index),
        acquisition_number=number_of(ds, "AcquisitionNumber"),
        acquisition_time=seconds_of(ds, index),
        instance_number=number_of(ds, "InstanceNumber"),
    )


def siemens(ds: pydicom.Dataset) -> dict:
    """The count of tiles and their normal, by nibabel's reader of the private header."""
    from nibabel.nicom import csareader

    count = csareader.get_n_mosaic(csareader.get_csa_header(ds) or {"tags": {}})
    if not count:
        return {}
    normal = csareader.get_slice_normal(csareader.get_csa_header(ds))
    return {"tiles": count, "tile_normal": tuple(float(part) for part in normal)}


def number_of(ds: pydicom.Dataset, keyword: str) -> float | None:
    return None if ds.get(keyword) is None else float(ds[keyword].value)


def acquisition_of(ds: pydicom.Dataset, index: int) -> Acquisition:
    content = functional(ds, index, "FrameContentSequence")
    return Acquisition(
        echo_time=number_of(ds, "EchoTime"),
        b_value=number_of(ds, "DiffusionBValue"),
        temporal_position=number_of(ds, "TemporalPositionIdentifier"),
        stack_id=None if content is None else content.get("StackID"),
    )


def seconds_of(ds: pydicom.Dataset, index: int) -> float | None:
    content = functional(ds, index, "FrameContentSequence")
    moment = str(content.get("FrameAcquisitionDateTime", "")) if content is not None else ""
    moment = moment or str(ds.get("AcquisitionDate", "")) + str(ds.get("AcquisitionTime", ""))
    if len(moment) < 14:
        return None
    clock = moment[8:]
    return float(moment[:8]) * 86400 + int(clock[:2]) * 3600 + int(clock[2:4]) * 60 + float(clock[4:])
