"""A batch read into its shard, in this process: what a case holds, and whose fault a failure is."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from batches import batch_of
from dicom_files import KEY, compressed, encoded, image
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from pipeline.arrays import Shards, publish
from pipeline.ingest.cases.batch_reading import (
    BatchResult,
    digest_planes,
    pixel_digest,
    read_and_publish,
    read_batch,
)


def slices(count: int) -> list[Dataset]:
    pixels = np.full((16, 12), 1024, np.uint16)
    pixels[0] = 24
    return [
        image(
            "CT",
            pixels=pixels + number,
            SOPInstanceUID=f"2.25.{number + 1}",
            ImagePositionPatient=["0", "0", f"{number}"],
        )
        for number in range(count)
    ]


def test_values_go_to_the_shard_and_the_rest_into_the_case(tmp_path: Path) -> None:
    batch = batch_of([encoded(one) for one in slices(3)], tmp_path, "series")
    (case,) = read_and_publish(batch).cases
    array = Shards(tmp_path / "cases").read(case.stored)
    assert array[:, 5, 5].tolist() == [0, 1, 2]
    assert (case.value_unit, case.channels, case.stored.dtype, case.modality) == ("HU", 1, "<i2", "CT")
    assert case.geometry.spacing == (1.0, 0.5, 0.8)


def test_a_shard_is_published_by_who_had_it_cast_or_at_once(tmp_path: Path) -> None:
    batch = batch_of([encoded(one) for one in slices(3)], tmp_path, "series")
    made = read_batch(batch)
    assert [path.name for path in batch.shard.parent.iterdir()] == [made.unpublished.name]
    publish(made.unpublished, batch.shard)
    (case,) = made.cases
    assert Shards(tmp_path / "cases").verify(case.stored)
    assert replace(made, unpublished=None) == read_and_publish(batch)


def test_a_file_that_fails_is_blamed_and_the_others_of_the_batch_are_read(tmp_path: Path) -> None:
    broken = compressed(slices(1)[0], [b"\0" * 64], RLELossless)
    other = encoded(image(SOPInstanceUID="2.25.50", SeriesInstanceUID="2.25.51"))
    made = read_batch(batch_of([broken, other], tmp_path))
    assert [(one.reason, one.token) for one in made.spoiled] == [("inconsistent_pixel_attributes", "t0")]
    assert len(made.cases) == 1


def test_values_that_no_scanner_measures_are_the_trouble_of_the_volume(tmp_path: Path) -> None:
    warm = [encoded(image("CT", pixels=np.full((16, 12), 3000, np.uint16), SOPInstanceUID=f"2.25.{n + 1}",
                          RescaleIntercept="0", ImagePositionPatient=["0", "0", f"{n}"])) for n in range(3)]  # fmt: skip
    made: BatchResult = read_batch(batch_of(warm, tmp_path, "series"))
    assert [(one.reason, one.token) for one in made.spoiled] == [("implausible_values", "")]


def test_a_file_that_changed_since_its_header_was_read_is_refused(tmp_path: Path) -> None:
    batch = batch_of([encoded(image())], tmp_path)
    os.utime(tmp_path / "0.dcm", ns=(1, 1))
    assert [one.reason for one in read_batch(batch).spoiled] == ["io_error"]


def test_a_digest_knows_the_values_whatever_their_syntax(tmp_path: Path) -> None:
    twins = [encoded(image(), syntax) for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian)]
    other = encoded(image(pixels=np.ones((16, 12), np.uint16)))
    first, second, third = digest_planes(batch_of([*twins, other], tmp_path)).values()
    assert first == second != third
    assert digest_planes(batch_of([b"not an image"], tmp_path)) == {"t0": ()}


def test_a_digest_depends_on_shape_values_and_key() -> None:
    array = np.arange(6, dtype=np.uint8)
    names = {pixel_digest(array.reshape(shape), KEY) for shape in ((2, 3), (3, 2), (6,))}
    assert len(names) == 3
    assert pixel_digest(array, KEY) == pixel_digest(array.copy(), KEY)


def test_varying_slopes_and_lossy_decoders_are_told(tmp_path: Path) -> None:
    import imagecodecs

    varying = [
        encoded(image("MR", SOPInstanceUID=f"2.25.{n + 1}", RescaleSlope=f"{n + 1}", RescaleIntercept="0",
                      ImagePositionPatient=["0", "0", f"{n}"])) for n in range(3)
    ]  # fmt: skip
    (case,) = read_batch(batch_of(varying, tmp_path / "a", "series")).cases
    assert (case.attributes["rescale_slope_lowest"], case.attributes["rescale_slope_highest"]) == (1.0, 3.0)
    pixels = np.zeros((16, 12), np.uint8)
    lossy = compressed(image(pixels=pixels), [imagecodecs.jpeg8_encode(pixels)], "1.2.840.10008.1.2.4.50")
    (case,) = read_batch(batch_of([lossy], tmp_path / "b")).cases
    assert str(case.attributes["lossy_decoder"]).startswith("imagecodecs 20")
    assert case.notes == ("lossy",)
