"""SEG objects of each type, written with pydicom, and real ones of dcmqi, frame by frame."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from dicom_files import WHEEL, compressed, opened
from hypothesis import given, settings
from hypothesis import strategies as st
from mask_files import COLUMNS, ROWS, grid_of, segmentation, slices
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless

from pipeline.ingest.masks.grid import put
from pipeline.ingest.masks.segmentation import marked_frames
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal

BOTH = Structures({"anterior": (1,), "posterior": ("Rear part",)})
LABELS = {1: "front", 2: "rear PART "}


def read(
    ds: Dataset | bytes,
    sources: list[Dataset],
    structures: Structures = BOTH,
) -> dict[str, NDArray]:
    grid = grid_of(sources)
    masks = {name: np.zeros(grid.shape, np.uint8) for name in structures.called}
    for marked in marked_frames(opened(ds), structures, decoded_bytes=1 << 26):
        put(marked.block, grid, masks[marked.structure])
    return masks


def two_marks(seed: int = 0) -> dict[int, NDArray]:
    generator = np.random.default_rng(seed)
    marks = {1: generator.random((5, ROWS, COLUMNS)) < 0.4}
    marks[2] = ~marks[1] & (generator.random((5, ROWS, COLUMNS)) < 0.4)
    marks[1][[0, 4]] = marks[2][[0, 3]] = False
    return marks


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
@pytest.mark.parametrize("empty_frames", [False, True], ids=["without empty frames", "with them"])
def test_each_segment_comes_onto_all_slices_and_absent_frames_are_empty(
    kind: str, empty_frames: bool
) -> None:
    sources, marks = slices(), two_marks()
    ds = segmentation(sources, marks, kind=kind, labels=LABELS, empty_frames=empty_frames)
    assert len(ds.PerFrameFunctionalGroupsSequence) < 10 or empty_frames
    structures = Structures(BOTH.called, threshold=0.5)
    found = read(ds, sources, structures)
    assert np.array_equal(found["anterior"], marks[1])
    assert np.array_equal(found["posterior"], marks[2])


@given(
    st.integers(0, 1 << 30),
    st.sampled_from([(1, 0, 0, 0, 1, 0), (0, 1, 0, 0, 0, -1), (0.6, 0.8, 0, -0.8, 0.6, 0)]),
    st.randoms(use_true_random=False),
    st.sampled_from(["BINARY", "LABELMAP"]),
)
@settings(max_examples=40)
def test_what_is_written_is_read_at_every_voxel_in_any_order_of_frames(
    seed: int, orientation: tuple[float, ...], random: object, kind: str
) -> None:
    sources, marks = slices(orientation=orientation), two_marks(seed)
    order = list(range(5))
    random.shuffle(order)
    shuffled = [sources[at] for at in order]
    ds = segmentation(shuffled, {n: mark[order] for n, mark in marks.items()}, kind=kind, labels=LABELS)
    found = read(ds, sources)
    assert np.array_equal(found["anterior"], marks[1])
    assert np.array_equal(found["posterior"], marks[2])


def test_segments_that_overlap_are_whole_each() -> None:
    sources, marks = slices(), two_marks()
    marks[2] |= marks[1]
    found = read(segmentation(sources, marks, labels=LABELS), sources)
    assert np.array_equal(found["anterior"], marks[1])
    assert np.array_equal(found["posterior"], marks[2])


def test_a_fraction_is_marked_from_the_threshold_on() -> None:
    sources = slices(1)
    shares = np.linspace(0, 1, ROWS * COLUMNS).round(3).reshape(1, ROWS, COLUMNS)
    ds = segmentation(sources, {1: shares}, kind="FRACTIONAL")
    for threshold in (0.3, 0.5, 1.0):
        found = read(ds, sources, Structures({"anterior": (1,)}, threshold=threshold))["anterior"]
        assert np.array_equal(found, np.round(shares * 200) >= threshold * 200)


def refused(ds: Dataset, structures: Structures = BOTH) -> str:
    with pytest.raises(Refusal) as refusal:
        read(ds, slices(), structures)
    return f"{refusal.value.reason}: {refusal.value.detail}"


def test_fractions_without_a_threshold_are_refused() -> None:
    ds = segmentation(slices(), two_marks(), kind="FRACTIONAL", labels=LABELS)
    assert refused(ds) == "mask_values_invalid: fractional, without a threshold"


def test_a_segment_of_no_structure_is_refused_unless_it_is_to_be_ignored() -> None:
    marks = {7: two_marks()[1], **two_marks()}
    ds = segmentation(slices(), marks, labels=LABELS)
    assert refused(ds) == "mask_values_invalid: segment 7 is of no structure"
    found = read(ds, slices(), Structures(BOTH.called, undeclared="ignore"))
    assert np.array_equal(found["anterior"], marks[1])


def test_a_value_that_no_segment_describes_is_refused_in_any_case() -> None:
    marks = two_marks()
    ds = segmentation(slices(), marks, kind="LABELMAP", labels=LABELS)
    ds.PixelData = ds.PixelData.replace(b"\2", b"\7")
    assert refused(ds) == "mask_values_invalid: the value 7 is of no structure"
    ignoring = Structures(BOTH.called, undeclared="ignore")
    assert refused(ds, ignoring) == "mask_values_invalid: the value 7 is of no structure"


def test_a_described_background_is_no_segment() -> None:
    sources, marks = slices(), two_marks()
    ds = segmentation(sources, {0: np.zeros_like(marks[1]), **marks}, kind="LABELMAP", labels=LABELS)
    assert [segment.SegmentNumber for segment in ds.SegmentSequence] == [0, 1, 2]
    assert np.array_equal(read(ds, sources)["posterior"], marks[2])


def test_a_segment_that_is_coded_as_background_is_none_whatever_pads() -> None:
    sources, marks = slices(), two_marks()
    ds = segmentation(sources, {0: np.zeros_like(marks[1]), **marks}, kind="LABELMAP", labels=LABELS)
    ds.PixelPaddingValue = 9  # of the frames that are left out: dcmqi tells them from background
    assert refused(ds) == "mask_values_invalid: segment 0 is of no structure"
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "125040", "DCM", "Background"
    ds.SegmentSequence[0].SegmentedPropertyTypeCodeSequence = [code]
    found = read(ds, sources)
    assert np.array_equal(found["anterior"], marks[1])
    assert np.array_equal(found["posterior"], marks[2])


def test_frames_of_one_bit_in_jpeg_2000_are_read() -> None:
    sources, marks = slices(), two_marks()
    ds = segmentation(sources, marks, labels=LABELS)
    frames = [
        imagecodecs.jpeg2k_encode(
            frame.astype(np.uint8), bitspersample=1, level=0, reversible=True, codecformat="j2k"
        )
        for frame in frames_of(marks)
    ]
    found = read(compressed(ds, frames, JPEG2000Lossless), sources)
    assert np.array_equal(found["anterior"], marks[1])
    assert np.array_equal(found["posterior"], marks[2])


def frames_of(marks: dict[int, NDArray]) -> list[NDArray]:
    return [frame for number in sorted(marks) for frame in marks[number] if frame.any()]


def test_two_segments_of_one_structure_are_refused() -> None:
    ds = segmentation(slices(), two_marks())
    structures = Structures({"both": (1, 2)})
    assert refused(ds, structures) == "mask_values_invalid: segments of one structure, one of them 2"


def test_a_segment_that_is_called_as_two_structures_are_is_refused() -> None:
    ds = segmentation(slices(), two_marks(), labels=LABELS)
    structures = Structures({"anterior": (1,), "front": ("FRONT",)})
    assert refused(ds, structures) == "mask_values_invalid: a segment is called as 2 structures are"


def test_a_frame_without_a_place_is_refused() -> None:
    ds = segmentation(slices(), two_marks(), labels=LABELS)
    del ds.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence
    assert refused(ds).startswith("no_geometry")


def test_a_real_segmentation_is_read_as_pydicom_reads_it() -> None:
    ds = dcmread(WHEEL / "liver_1frame.dcm")
    del ds.PerFrameFunctionalGroupsSequence[1:]  # the file was cut to its first frame, its header wasn't
    liver = Structures({"liver": ("liver",)})
    (marked,) = marked_frames(opened(ds), liver, decoded_bytes=1 << 26)
    assert ds.pixel_array.any()
    assert np.array_equal(marked.block.marked[0], ds.pixel_array == 1)
    assert len(marked.sources) == 1
