"""Attributes of enhanced objects, where they stand in functional groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import header, image
from pydicom.dataset import Dataset

from pipeline.ingest.cases.case_plan import CasePlan
from pipeline.ingest.cases.planning import Wanted, plan
from pipeline.ingest.header.header import Header
from pipeline.ingest.series.frames import Rules


def item(**values: object) -> list[Dataset]:
    found = Dataset()
    for keyword, value in values.items():
        setattr(found, keyword, value)
    return [found]


def group(**sequences: list[Dataset]) -> Dataset:
    return item(**sequences)[0]


def enhanced(modality: str, shared: Dataset, frames: list[Dataset]) -> Dataset:
    ds = image(modality, pixels=np.zeros((len(frames), 16, 12), np.uint16))
    ds.SharedFunctionalGroupsSequence = [shared]
    ds.PerFrameFunctionalGroupsSequence = frames
    return ds


def at(z: float) -> list[Dataset]:
    return item(ImagePositionPatient=["0", "0", f"{z}"])


def volumes(found: Header) -> list[CasePlan]:
    def case_id(names: object) -> str:
        return repr(names)

    def digest(token: str, index: int) -> str:
        return f"{token} {index}"

    made = plan({"t": found}, Wanted(Rules("series", min_slices=2)), pixel_digest=digest, case_id=case_id)
    return sorted(made.cases, key=lambda case: str(case.attributes.get("convolution_kernel")))


def test_shared_groups_count_and_frames_that_differ_tell_nothing_of_the_object(tmp_path: Path) -> None:
    shared = group(
        CTXRayDetailsSequence=item(KVP=120.0),
        CTReconstructionSequence=item(ConvolutionKernel="B30f"),
        PixelMeasuresSequence=item(SliceThickness="3", PixelSpacing=["0.5", "0.8"]),
    )
    frames = [
        group(
            PlanePositionSequence=at(z), FrameVOILUTSequence=item(WindowCenter=f"{40 + z}", WindowWidth="400")
        )
        for z in range(2)
    ]
    ds = enhanced("CT", shared, frames)
    ds.WindowCenter = "99"
    found = header(ds, tmp_path).attributes
    attributes = {
        name: found.get(name) for name in ("kvp", "convolution_kernel", "slice_thickness", "window_width")
    }
    assert attributes == {
        "kvp": 120,
        "convolution_kernel": "B30F",
        "slice_thickness": 3,
        "window_width": 400,
    }
    assert "window_center" not in found


def test_two_kernels_of_one_enhanced_ct_are_two_volumes_that_name_theirs(tmp_path: Path) -> None:
    frames = [
        group(PlanePositionSequence=at(z), CTReconstructionSequence=item(ConvolutionKernel=kernel))
        for z in range(3)
        for kernel in ("B30f", "B70f")
    ]
    found = header(enhanced("CT", Dataset(), frames), tmp_path)
    assert "convolution_kernel" not in found.attributes
    assert [(case.attributes["convolution_kernel"], len(case.volume.frames)) for case in volumes(found)] == [
        ("B30F", 3),
        ("B70F", 3),
    ]


def test_the_exposure_of_an_enhanced_ct_has_the_names_of_a_classic_one(tmp_path: Path) -> None:
    exposure = item(ExposureTimeInms=12.0, XRayTubeCurrentInmA=250.0, ExposureInmAs=3.0)
    frames = [group(PlanePositionSequence=at(z), CTExposureSequence=exposure) for z in range(3)]
    found = header(enhanced("CT", Dataset(), frames), tmp_path).attributes
    assert [found[name] for name in ("exposure_time", "x_ray_tube_current", "exposure")] == [12, 250, 3]


def test_inversion_times_and_flip_angles_of_an_enhanced_mr_make_volumes(tmp_path: Path) -> None:
    frames = [
        group(
            PlanePositionSequence=at(z),
            MRModifierSequence=item(InversionTimes=time),
            MRTimingAndRelatedParametersSequence=item(RepetitionTime="500", FlipAngle=angle),
        )
        for z in range(3)
        for time, angle in ((700.0, "5"), (2500.0, "5"), (2500.0, "9"))
    ]
    found = header(enhanced("MR", Dataset(), frames), tmp_path)
    assert found.attributes["repetition_time"] == 500
    assert "inversion_time" not in found.attributes
    settings_of_cases = [
        (case.attributes["inversion_time"], case.attributes["flip_angle"]) for case in volumes(found)
    ]
    assert sorted(settings_of_cases) == [(700, 5), (2500, 5), (2500, 9)]


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        # read off with pydicom: FlipAngle, RepetitionTime, EffectiveEchoTime, InversionTime, SliceThickness
        ("enhanced-mr-philips", (9, 6.7701997756958, 3.133, None, 1.2)),
        ("enhanced-mr-hyperfine", (90, 4000, 194.4, 1400, 5)),
        ("enhanced-mr-siemens-xa10-4d", (52, 500, 30, None, 2.4)),
    ],
)
def test_real_enhanced_objects(
    real_data: Path, tmp_path: Path, series: str, expected: tuple[float | None, ...]
) -> None:
    data = (real_data / f"dicom-reference/series/{series}/000.dcm").read_bytes()
    found = header(data, tmp_path).attributes
    names = ("flip_angle", "repetition_time", "echo_time", "inversion_time", "slice_thickness")
    assert tuple(found.get(name) for name in names) == pytest.approx(expected)
