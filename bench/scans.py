"""Invented scans to measure with: CT series in any lossless syntax, and trees of very many small files.

Headers are those of a real CT file of the pydicom wheel, with its private elements, under UIDs of ours.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEGLosslessSV1
from scipy.ndimage import gaussian_filter

from pipeline.phantom import encoding

SIDE = 512
FOLDER_FILES = 100
_ROOT = "1.2.826.0.1.3680043.8.498"
_LEFT_OUT = (0x0019, 0x0021, 0x0027, 0x0043)
"""Private groups of the model that aren't copied: a header of usual size stays, 116 elements."""
_BITS, _SMALL_SIDE, _AIR = 12, 16, 24


def volume(slices: int) -> NDArray[np.uint16]:
    """A smooth body with organs in it and scanner noise, `(slices, 512, 512)`, 12 bits, 1024 is water."""
    rng = np.random.default_rng(7)
    axis = np.linspace(-1.0, 1.0, SIDE, dtype=np.float32)
    radius = np.hypot(axis[:, None] / 0.7, axis[None, :] / 0.9)
    organs = gaussian_filter(rng.normal(size=(SIDE, SIDE)).astype(np.float32), 14) * 4000
    voxels = np.empty((slices, SIDE, SIDE), np.uint16)
    for number in range(slices):
        drift = np.roll(organs, number % SIDE, axis=1)
        body = np.where(radius < 1, 1050 + drift, _AIR) + rng.normal(0, 12, (SIDE, SIDE))
        voxels[number] = np.clip(body, 0, 2**_BITS - 1)
    return voxels


def write_series(folder: Path, pixels: NDArray[np.uint16], syntax: str, *, copies: int = 1) -> int:
    """How many files were written: series of a hundred slices, one folder each, in one transfer syntax."""
    encoded = [_pixel_data(plane, syntax) for plane in pixels]
    for number in range(copies * len(pixels) // FOLDER_FILES):
        place = folder / f"series-{number}"
        place.mkdir(parents=True)
        for index in range(FOLDER_FILES):
            dataset = _slice(number, index)
            data = encoded[(number * FOLDER_FILES + index) % len(pixels)]
            _put_pixels(dataset, pixels.shape[1:], data, syntax)
            (place / f"{index:04}.dcm").write_bytes(_bytes_of(dataset))
    return copies * len(pixels)


def write_tree(folder: Path, files: int) -> None:
    """So many CT slices of 16 x 16, about 3 kB each: a series of a hundred in each folder."""
    for number, made in enumerate(small_series(-(-files // FOLDER_FILES))):
        place = folder / f"{number % 97:02}" / f"study-{number}"
        place.mkdir(parents=True)
        for index, data in enumerate(made[: files - number * FOLDER_FILES]):
            (place / f"IM{index:05}").write_bytes(data)


def small_series(count: int, first: int = 0) -> Iterator[list[bytes]]:
    """Series of a hundred small files, each of a patient and a study of its own."""
    models = [_small(index) for index in range(FOLDER_FILES)]
    for number in range(first, first + count):
        yield [model.replace(b"0" * 12, b"%012d" % (number + 1)) for model in models]


def _small(index: int) -> bytes:
    rng = np.random.default_rng(index)
    plane = rng.integers(900, 1100, (_SMALL_SIDE, _SMALL_SIDE), np.uint16)
    plane[0] = _AIR
    dataset = _slice(0, index)
    _put_pixels(dataset, plane.shape, plane.tobytes(), ExplicitVRLittleEndian)
    return _bytes_of(dataset)


def _slice(series: int, index: int) -> Dataset:
    """The header of slice `index` of series `series`: patient and UIDs hold twelve digits of the series."""
    dataset = dcmread(get_testdata_file("CT_small.dcm"))
    for element in [one for one in dataset if one.tag.group in _LEFT_OUT]:
        del dataset[element.tag]
    dataset.PatientID = f"{series:012}"
    dataset.StudyInstanceUID = f"{_ROOT}.1.1{series:012}"
    dataset.SeriesInstanceUID = f"{_ROOT}.2.1{series:012}"
    dataset.FrameOfReferenceUID = f"{_ROOT}.3.1{series:012}"
    dataset.SOPInstanceUID = f"{_ROOT}.4.{index + 1}.1{series:012}"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.InstanceNumber = str(index + 1)
    dataset.ImagePositionPatient = ["-179", "-179", f"{2.5 * index:.1f}"]
    dataset.SliceLocation = f"{2.5 * index:.1f}"
    dataset.SliceThickness = dataset.SpacingBetweenSlices = "2.5"
    dataset.PixelSpacing = ["0.7", "0.7"]
    dataset.RescaleSlope, dataset.RescaleIntercept = "1", "-1024"
    return dataset


def _pixel_data(plane: NDArray[np.uint16], syntax: str) -> bytes:
    if syntax == JPEGLosslessSV1:
        return encapsulate([bytes(imagecodecs.ljpeg_encode(plane, bitspersample=_BITS))])
    return encoding.encode(plane, syntax)


def _put_pixels(dataset: Dataset, shape: tuple[int, ...], data: bytes, syntax: str) -> None:
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.Rows, dataset.Columns = shape
    bits = _BITS if syntax == JPEGLosslessSV1 else encoding.bits_stored(syntax)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, bits, bits - 1
    dataset.PixelRepresentation = 0
    for keyword in ("SmallestImagePixelValue", "LargestImagePixelValue", "PixelPaddingValue"):
        if keyword in dataset:
            del dataset[keyword]
    dataset.PixelData = data
    dataset["PixelData"].VR = "OW" if syntax == ExplicitVRLittleEndian else "OB"
    dataset["PixelData"].is_undefined_length = syntax != ExplicitVRLittleEndian


def _bytes_of(dataset: Dataset) -> bytes:
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
