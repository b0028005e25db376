"""Small DICOM files, written with pydicom, and what our reader makes of them.

Pixels are 16 x 12 with a spacing of 0.5 x 0.8 mm unless told otherwise: neither square nor equal, so
that a transposition shows.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pydicom.data
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pipeline.ingest.cases.reader import SourceFile, open_source, values_of
from pipeline.ingest.dicom.container import Container, open_container
from pipeline.ingest.dicom.templates import Templates
from pipeline.ingest.header.header import Header, Selection
from pipeline.ingest.header.reading import read_header
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.pixels.values import Plane
from pipeline.ingest.source.discover import SourcePath
from pipeline.pseudonyms import Key

WHEEL = Path(pydicom.data.__file__).parent / "test_files"
"""Real files of the pydicom wheel."""
KEY = Key(b"a key of the tests, 32 bytes long")
CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "CR": "1.2.840.10008.5.1.4.1.1.1",
    "DX": "1.2.840.10008.5.1.4.1.1.1.1",
    "MG": "1.2.840.10008.5.1.4.1.1.1.2",
    "NM": "1.2.840.10008.5.1.4.1.1.20",
    "US": "1.2.840.10008.5.1.4.1.1.6.1",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
    "XA": "1.2.840.10008.5.1.4.1.1.12.1",
}
MODALITIES = (*CLASSES, "IO", "PX", "RF")


def image(modality: str = "DX", *, pixels: NDArray | None = None, **elements: object) -> Dataset:
    """A single-frame image; an element given as None is left out. CT gets HU from an intercept of -1024."""
    if pixels is None:
        pixels = np.arange(192, dtype=np.uint16).reshape(16, 12)
    ds = Dataset()
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.SOPClassUID = CLASSES.get(modality, CLASSES["DX"])
    ds.SOPInstanceUID = "2.25.1"
    ds.StudyDate = "20200101"
    ds.AccessionNumber = "ACC1"
    ds.Modality = modality
    ds.PatientID = "PAT1"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "2.25.1000", "2.25.100"
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.PixelSpacing = ["0.5", "0.8"]
    if modality in ("CT", "MR", "PT"):
        ds.ImagePositionPatient = ["0", "0", "0"]
        ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
        ds.FrameOfReferenceUID = "2.25.10"
        ds.SliceThickness = "5"
    if modality == "CT":
        ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = "1", "-1024", "HU"
    put_pixels(ds, pixels)
    for keyword, value in elements.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def put_pixels(ds: Dataset, pixels: NDArray) -> None:
    """Sets the pixel module from an integer array `(rows, columns)` or `(frames, rows, columns)`."""
    bits = 8 * pixels.dtype.itemsize
    if pixels.ndim == 3:
        ds.NumberOfFrames = len(pixels)
    ds.Rows, ds.Columns = pixels.shape[-2:]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = bits, bits, bits - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    ds.PixelData = pixels.tobytes()
    ds["PixelData"].VR = "OB" if bits == 8 else "OW"


def encoded(ds: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The file's bytes, with preamble and meta group."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID", "2.25.999")
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.ImplementationClassUID = "2.25.77"
    stream = io.BytesIO()
    implicit, little = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
    ds.save_as(stream, implicit_vr=implicit, little_endian=little, enforce_file_format=True)
    return stream.getvalue()


def compressed(ds: Dataset, frames: list[bytes], syntax: str, *, table: bool = True) -> bytes:
    """The file's bytes with these compressed frames, one a fragment, in place of its pixels."""
    ds.PixelData = encapsulate(frames, has_bot=table)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return encoded(ds, syntax)


def write(path: Path, data: bytes | Dataset) -> Path:
    """Writes a file, making its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(data) if isinstance(data, Dataset) else data)
    return path


def opened(data: bytes | Dataset, *, depth: int = 32, inflated_bytes: int = 1 << 26) -> Container:
    """The container of a file's bytes."""
    data = encoded(data) if isinstance(data, Dataset) else data
    return open_container(data, depth=depth, inflated_bytes=inflated_bytes)


def plane(data: bytes | Dataset, folder: Path, index: int = 0) -> Plane:
    """The values of a frame, by way of a file in `folder`. Raises Refusal."""
    path = write(folder / "plane.dcm", data)
    status = path.stat()
    with open_source(
        SourceFile(os.fsencode(path), status.st_size, status.st_mtime_ns), FileLimits(), Templates()
    ) as source:
        return values_of(source, index, source.meaning.transform(index))


def header(
    data: bytes | Dataset,
    folder: Path,
    name: str = "image.dcm",
    templates: Templates | None = None,
    **limits: int,
) -> Header:
    """What the header pass makes of a file in `folder`, after those that `templates` are of."""
    path = write(folder / name, data)
    status = path.stat()
    token = KEY.pseudonym("path", name)
    found = SourcePath(token, os.fsencode(path), name, status.st_size, status.st_mtime_ns)
    selection = Selection(MODALITIES, FileLimits(**limits))
    return read_header(found, key=KEY, selection=selection, templates=templates or Templates())
