"""Nuclear medicine: tomography is a volume in the right direction, projections are pictures or films."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from batches import batch_of
from dicom_files import encoded, header, image
from pydicom.dataset import Dataset

from pipeline.arrays import Shards
from pipeline.ingest.cases.batch_reading import read_and_publish
from pipeline.records import Case

AXIAL = [1, 0, 0, 0, 1, 0]


def nuclear(count: int = 6, kind: str = "RECON TOMO", **elements: object) -> Dataset:
    """Frames of the values 100, 200, ... with a spacing of 4 mm; the first lies at (-10, -20, 50)."""
    values = 100 * np.arange(1, count + 1, dtype=np.uint16)
    pixels = np.broadcast_to(values[:, None, None], (count, 16, 12)).copy()
    ds = image("NM", pixels=pixels if count > 1 else pixels[0], PixelSpacing=["4", "4"])
    ds.ImageType = ["ORIGINAL", "PRIMARY", kind, "EMISSION"]
    ds.SliceThickness = "4"
    ds.DetectorInformationSequence = [detector()]
    for keyword, value in elements.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def detector(position: tuple[float, ...] = (-10, -20, 50), orientation: list[int] = AXIAL) -> Dataset:
    one = Dataset()
    one.ImagePositionPatient, one.ImageOrientationPatient = list(position), orientation
    return one


def cases(ds: Dataset, folder: Path) -> list[tuple[Case, list[int]]]:
    """The cases of an object, each with the values of its slices from the feet to the head."""
    made = read_and_publish(batch_of([encoded(ds)], folder, "series"))
    shards = Shards(folder / "cases")
    return [(case, np.array(shards.read(case.stored))[..., 0, 0].tolist()) for case in made.cases]


def head_and_foot(case: Case) -> tuple[float, float]:
    """The height of the lowest and of the highest slice, RAS mm."""
    slices = case.stored.shape[0]
    step, start = case.geometry.affine[2][0], case.geometry.affine[2][3]
    return start, start + step * (slices - 1)


@pytest.mark.parametrize(("spacing", "heights", "rising"), [("4", (50, 70), True), ("-4", (30, 50), False)])
def test_slices_follow_the_sign_of_the_spacing(
    tmp_path: Path, spacing: str, heights: tuple[float, float], rising: bool
) -> None:
    ((case, values),) = cases(nuclear(SpacingBetweenSlices=spacing), tmp_path)
    assert head_and_foot(case) == heights
    assert values == sorted(values, reverse=not rising)
    assert case.geometry.spacing == (4.0, 4.0, 4.0)
    assert "spacing_tag_disagrees" not in case.notes


def test_the_direction_is_that_of_the_first_slices_normal(tmp_path: Path) -> None:
    feet_first = detector(orientation=[1, 0, 0, 0, -1, 0])  # the normal points to the feet
    ds = nuclear(SpacingBetweenSlices="4", DetectorInformationSequence=[feet_first])
    ((case, values),) = cases(ds, tmp_path)
    assert head_and_foot(case) == (30, 50)
    assert values == [600, 500, 400, 300, 200, 100]


@pytest.mark.parametrize("spacing", [None, "0", ""])
def test_without_a_spacing_the_thickness_is_the_step(tmp_path: Path, spacing: str | None) -> None:
    ds = nuclear() if spacing is None else nuclear(SpacingBetweenSlices=spacing)
    ((case, _),) = cases(ds, tmp_path)
    assert head_and_foot(case) == (50, 70)


def test_the_slice_vector_says_which_frame_is_which_slice(tmp_path: Path) -> None:
    for number, first in enumerate((1, 0, 3)):  # by the standard; from 0; a part of the slices
        vector = [first + place for place in (5, 4, 3, 0, 1, 2)]
        ((case, values),) = cases(
            nuclear(SpacingBetweenSlices="4", SliceVector=vector), tmp_path / f"{number}"
        )
        assert values == [400, 500, 600, 300, 200, 100]
        assert head_and_foot(case) == (50, 70)


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({"SliceThickness": None}, "missing_attribute"),
        ({"SliceVector": [1, 2, 3]}, "inconsistent_pixel_attributes"),
        ({"TimeSlotVector": [1, 1, 1, 2, 2, 2]}, "missing_attribute"),  # and no SliceVector
        ({"DetectorInformationSequence": [detector(), detector((0, 0, 9))]}, "affine_conflict"),
    ],
)
def test_slices_that_cannot_be_placed_are_refused_with_the_reason(
    tmp_path: Path, elements: dict[str, object], reason: str
) -> None:
    assert header(nuclear(**elements), tmp_path).reason == reason


def test_without_a_place_anywhere_there_is_no_geometry(tmp_path: Path) -> None:
    bare = nuclear(SpacingBetweenSlices="4", DetectorInformationSequence=None)
    assert header(bare, tmp_path).frames[0].position_mm is None
    assert cases(bare, tmp_path) == []
    placed = nuclear(
        SpacingBetweenSlices="4",
        DetectorInformationSequence=None,
        ImagePositionPatient=[-10, -20, 50],
        ImageOrientationPatient=AXIAL,
    )
    ((case, _),) = cases(placed, tmp_path)
    assert head_and_foot(case) == (50, 70)


def test_two_detectors_that_state_one_place_are_no_conflict(tmp_path: Path) -> None:
    ds = nuclear(SpacingBetweenSlices="4", DetectorInformationSequence=[detector(), Dataset(), detector()])
    assert len(cases(ds, tmp_path)) == 1


def test_a_gated_tomography_is_a_volume_for_each_time_slot(tmp_path: Path) -> None:
    ds = nuclear(
        kind="RECON GATED TOMO", SpacingBetweenSlices="4",
        TimeSlotVector=[1, 1, 1, 2, 2, 2], SliceVector=[1, 2, 3, 1, 2, 3], RRIntervalVector=[1] * 6,
    )  # fmt: skip
    made = sorted(cases(ds, tmp_path), key=lambda pair: pair[1])
    assert [values for _, values in made] == [[100, 200, 300], [400, 500, 600]]
    assert [case.attributes["time_index"] for case, _ in made] == [0, 1]


def test_two_energies_are_two_volumes_without_a_time(tmp_path: Path) -> None:
    ds = nuclear(
        SpacingBetweenSlices="4", EnergyWindowVector=[1, 2] * 3, SliceVector=[1, 1, 2, 2, 3, 3],
    )  # fmt: skip
    made = sorted(cases(ds, tmp_path), key=lambda pair: pair[1])
    assert [values for _, values in made] == [[100, 300, 500], [200, 400, 600]]
    assert all("time_index" not in case.attributes for case, _ in made)


def test_slices_that_come_as_files_have_the_place_of_each(tmp_path: Path) -> None:
    slices = []
    for number in range(4):
        ds = nuclear(1, SOPInstanceUID=f"2.25.{number + 1}")
        ds.DetectorInformationSequence = [detector((-10, -20, 50 + 4 * number))]
        slices.append(encoded(ds))
    (case,) = read_and_publish(batch_of(slices, tmp_path, "series")).cases
    assert (case.stored.shape, head_and_foot(case)) == ((4, 16, 12), (50, 62))


@pytest.mark.parametrize("kind", ["STATIC", "WHOLE BODY", "DYNAMIC", "GATED", "TOMO"])
def test_projections_are_pictures_alone_and_films_together(tmp_path: Path, kind: str) -> None:
    ((case, _),) = cases(nuclear(1, kind), tmp_path / "one")
    assert (case.stored.shape, case.geometry.affine) == ((16, 12), None)
    assert (case.geometry.spacing, case.geometry.spacing_kind) == ((4.0, 4.0), "patient")
    assert cases(nuclear(2, kind), tmp_path / "two") == []


def test_the_kind_of_image_is_told_in_the_case(tmp_path: Path) -> None:
    ((case, _),) = cases(nuclear(SpacingBetweenSlices="4"), tmp_path)
    assert case.attributes["image_type"] == "ORIGINAL\\PRIMARY\\RECON TOMO\\EMISSION"
