from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from dicom_files import header, image
from pydicom.dataset import Dataset

from pipeline.ingest.series.acquisition import Acquisition
from pipeline.ingest.series.frames import Frame


def frames(ds: Dataset, folder: Path) -> tuple[Frame, ...]:
    return header(ds, folder).frames


def test_what_tells_volumes_apart_is_in_the_plane_s_acquisition(tmp_path: Path) -> None:
    ds = image(
        "MR", EchoTime="30", EchoNumbers="2", InversionTime="900", FlipAngle="90", TemporalPositionIdentifier="3",
        TriggerTime="12.5", AcquisitionNumber="4", InstanceNumber="7", DiffusionBValue=1000.0,
        DiffusionGradientOrientation=[0.0, 0.6, 0.8], AcquisitionDate="20200102", AcquisitionTime="000010.5",
        NumberOfTemporalPositions="5",
    )  # fmt: skip
    (frame,) = frames(ds, tmp_path)
    (later,) = frames(image("MR", AcquisitionDate="20200102", AcquisitionTime="000110"), tmp_path)
    assert later.acquisition_time - frame.acquisition_time == 59.5
    assert frame.frame_of_reference.startswith("f")
    assert (frame.acquisition_number, frame.instance_number, frame.unit) == (4, 7, "arbitrary")
    assert frame.acquisition == Acquisition(
        echo_time=30, echo_number=2, inversion_time=900, flip_angle=90, temporal_position=3, trigger_time=12.5,
        b_value=1000, gradient=(0.0, 0.6, 0.8), temporal_positions=5,
    )  # fmt: skip


def test_words_of_method_are_in_the_plane_s_acquisition_and_words_of_order_are_sorted(tmp_path: Path) -> None:
    ds = image(
        "MR", ScanOptions=["FS", "FC"], MRAcquisitionType="2D", SequenceName="*ep_b0", FilterType="HEAD",
        InPlanePhaseEncodingDirection="ROW", PatientPosition="HFS", CorrectedImage=["DECY", "ATTN"],
        DecayCorrection="START", ReconstructionMethod="OSEM", EchoTrainLength="7", NumberOfAverages="2",
        NumberOfTimeSlots=3, NumberOfTimeSlices=4, InConcatenationNumber=2, InConcatenationTotalNumber=5,
        NumberOfSeriesRelatedInstances="9",
    )  # fmt: skip
    (frame,) = frames(ds, tmp_path)
    assert frame.acquisition == Acquisition(
        scan_options="FC\\FS", acquisition_type="2D", sequence_name="*ep_b0", filter_type="HEAD",
        phase_encoding="ROW", patient_position="HFS", corrections="ATTN\\DECY", decay_correction="START",
        reconstruction="OSEM", echo_train=7, averages=2, time_slots=3, time_slices=4, part=2, parts=5,
        series_images=9,
    )  # fmt: skip


def test_what_a_series_says_alike_is_one_word_that_names_nobody(tmp_path: Path) -> None:
    said = {"SeriesNumber": "3", "SeriesDescription": "Lung of Dr. Who", "ProtocolName": "Chest"}

    def words(**elements: object) -> str:
        return frames(image("CT", **elements), tmp_path)[0].series_words

    assert words() == "" and words(**said) == words(**said) and "Who" not in words(**said)
    others = [{**said, keyword: "4"} for keyword in said]
    assert len({words(**said), *(words(**other) for other in others)}) == 4


def test_which_contrast_agent_was_given_goes_no_further_than_that_one_was(tmp_path: Path) -> None:
    def contrast(**elements: object) -> bool:
        return frames(image("CT", **elements), tmp_path)[0].acquisition.contrast_given

    assert contrast(ContrastBolusAgent="Dr. Who 300")
    assert {contrast(), contrast(ContrastBolusAgent=""), contrast(ContrastBolusAgent="None")} == {False}
    assert (
        header(image("CT", ContrastBolusAgent="Dr. Who"), tmp_path).attributes["contrast_bolus_agent"]
        == "GIVEN"
    )
    assert "Who" not in repr(header(image("CT", ContrastBolusAgent="Dr. Who"), tmp_path))
    for keyword, value in (
        ("ContrastBolusVolume", "90"),
        ("ContrastBolusTotalDose", "30"),
        ("ContrastBolusIngredient", "IODINE"),
        ("ContrastBolusStartTime", "101010"),
    ):
        assert contrast(**{keyword: value}), keyword
        assert not contrast(**{keyword: value, "ContrastBolusAgent": "None"}), keyword
    assert not contrast(ContrastBolusVolume="0")
    ds = image("CT")
    ds.ContrastBolusAgentSequence = [Dataset()]
    assert frames(ds, tmp_path)[0].acquisition.contrast_given


def test_kinds_of_frames_of_an_enhanced_object_are_those_of_their_own_groups(tmp_path: Path) -> None:
    ds = image("MR", pixels=np.zeros((2, 16, 12), np.uint16))
    ds.PerFrameFunctionalGroupsSequence = [Dataset(), Dataset()]
    for number, group in enumerate(ds.PerFrameFunctionalGroupsSequence):
        usage, kind, beat, breath, timing, tube = (Dataset() for _ in range(6))
        usage.ContrastBolusAgentAdministered = ("NO", "YES")[number]
        kind.FrameType = ["ORIGINAL", "PRIMARY", "T1", "NONE"]
        kind.ComplexImageComponent = ("MAGNITUDE", "PHASE")[number]
        beat.NominalPercentageOfCardiacPhase = (40.0, 75.0)[number]
        breath.NominalPercentageOfRespiratoryPhase = (0.0, 50.0)[number]
        timing.RepetitionTime = (500.0, 4000.0)[number]
        tube.KVP = ("80", "140")[number]
        group.ContrastBolusUsageSequence, group.MRImageFrameTypeSequence = [usage], [kind]
        group.CardiacSynchronizationSequence, group.RespiratorySynchronizationSequence = [beat], [breath]
        group.MRTimingAndRelatedParametersSequence, group.CTXRayDetailsSequence = [timing], [tube]
    first, second = (frame.acquisition for frame in frames(ds, tmp_path))
    assert first == Acquisition(
        contrast_given=False, component="MAGNITUDE", cardiac_phase=40, respiratory_phase=0, repetition_time=500,
        kvp=80,
    )  # fmt: skip
    assert second == Acquisition(
        contrast_given=True, component="PHASE", cardiac_phase=75, respiratory_phase=50, repetition_time=4000,
        kvp=140,
    )  # fmt: skip


def test_what_a_series_announces_and_when_a_pet_was_taken_is_kept(tmp_path: Path) -> None:
    ds = image(
        "PT", NumberOfSlices=40, FrameReferenceTime="1500.5", SeriesType=["DYNAMIC", "IMAGE"], Units="CNTS"
    )
    assert frames(ds, tmp_path)[0].acquisition == Acquisition(
        announced_slices=40, frame_reference_time=1500.5, series_type="DYNAMIC\\IMAGE"
    )
    assert frames(image("CT", ImagesInAcquisition="9"), tmp_path)[0].acquisition.announced_images == 9


def indexed(values: Sequence[Sequence[int]], pointers: Sequence[int]) -> Dataset:
    """An object with a frame for each of the index values, whose dimensions are the elements pointed at."""
    ds = image("MR", pixels=np.zeros((len(values), 16, 12), np.uint16))
    ds.DimensionIndexSequence = [Dataset() for _ in pointers]
    for dimension, pointer in zip(ds.DimensionIndexSequence, pointers, strict=True):
        dimension.DimensionIndexPointer = pointer
    ds.PerFrameFunctionalGroupsSequence = [Dataset() for _ in values]
    for group, own in zip(ds.PerFrameFunctionalGroupsSequence, values, strict=True):
        group.FrameContentSequence = [Dataset()]
        group.FrameContentSequence[0].DimensionIndexValues = list(own)
    return ds


def test_dimensions_other_than_the_place_are_kept(tmp_path: Path) -> None:
    label_type = 0x20051429  # private
    ds = indexed([(1, 1, 7, 2), (1, 2, 7, 10)], [0x00209056, 0x00209057, 0x00209128, label_type])
    assert [frame.acquisition.dimension_index for frame in frames(ds, tmp_path)] == ["7\\2", "7\\10"]


@pytest.mark.parametrize("values", [[(1, 1), (1, 2)], [(1,), (1,)]], ids=["places alone", "too few values"])
def test_without_such_dimensions_there_is_no_such_index(tmp_path: Path, values: list) -> None:
    pointers = [0x00209056, 0x00209057] if len(values[0]) == 2 else [0x00209056, 0x00209128]
    for frame in frames(indexed(values, pointers), tmp_path):
        assert frame.acquisition.dimension_index is None
