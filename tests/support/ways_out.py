"""For every way out of a refusal: small files that are refused so, and what following the printed step changes."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from dicom_files import compressed, encoded
from ingesting import ct_series, scan
from packed import locked, zipped
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

PREFIX = "1.2.840.10008.5.1.4.1.1."
VIDEO = "1.2.840.10008.1.2.4.100"
JPEG_2000_PART_2 = "1.2.840.10008.1.2.4.92"

Files = Mapping[str, "bytes | Dataset | Callable[[Path], None] | None"]
"""What to write by path; a callable makes it itself, None takes it away."""


@dataclass(frozen=True)
class Way:
    """Files that are refused for `reason`, and what following the step of `pattern` changes.

    `pattern` is that of `next_steps.STEPS` or its beginning, "" for the reason's own step. All files must be in
    use afterwards; where they are `left`, they are excluded on purpose and nothing is to do. `table` and `new_table`
    are the table of labels before and after.
    """

    reason: str
    pattern: str
    files: Files
    settings: Mapping[str, Any] = field(default_factory=dict)
    then: Files = field(default_factory=dict)
    setting: Mapping[str, Any] = field(default_factory=dict)
    left: bool = False
    table: str = ""
    new_table: str = ""


SERIES = {"unit": "series"}


def series(positions: list[float], **elements: Any) -> dict[str, Dataset]:
    """Slices by the names 0.dcm, 1.dcm, ..."""
    return {f"{number}.dcm": one for number, one in enumerate(ct_series(positions, **elements))}


def each(slices: Mapping[str, Dataset], keyword: str, values: list[Any]) -> dict[str, Dataset]:
    """The slices with another value each."""
    for one, value in zip(slices.values(), values, strict=True):
        setattr(one, keyword, value)
    return dict(slices)


def tail(**elements: Any) -> dict[str, Dataset]:
    """Six slices whose last three say something else."""
    slices = series([0, 5, 10, 15, 20, 25])
    for name in ("3.dcm", "4.dcm", "5.dcm"):
        for keyword, value in elements.items():
            setattr(slices[name], keyword, value)
    return slices


def in_time(*, positions: int) -> dict[str, Dataset]:
    """Two volumes of three slices in one place, of as many announced."""
    slices = series([0, 5, 10, 0, 5, 10], NumberOfTemporalPositions=positions)
    return each(slices, "TemporalPositionIdentifier", [1, 1, 1, 2, 2, 2])


def one(*_: object, **elements: Any) -> dict[str, Dataset]:
    """One radiograph, a.dcm."""
    return {"a.dcm": scan(1, **elements)}


SHARES = {
    "RescaleIntercept": "0",
    "RescaleType": None,
    "PixelData": np.full((16, 12), 45, np.uint16).tobytes(),
}
"""What makes a CT a map of percentages that names no unit."""


def blurred() -> dict[str, Dataset]:
    """CT slices whose padding of 40 HU lies among tissue, after lossy compression."""
    tissue = (1024 + np.arange(192) % 80).astype(np.uint16).tobytes()
    return series([0, 5, 10], PixelData=tissue, PixelPaddingValue=1064, LossyImageCompression="01")


def bone_scan(*positions: list[int]) -> Dataset:
    """A tomography in nuclear medicine of three slices, by a detector at each of the positions."""
    detectors = [Dataset() for _ in positions]
    for detector, position in zip(detectors, positions, strict=True):
        detector.ImagePositionPatient, detector.ImageOrientationPatient = position, [1, 0, 0, 0, 1, 0]
    return scan(
        1, "NM", ImageType=["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"], SliceThickness=4,
        DetectorInformationSequence=detectors, **_pixels_of(np.ones((3, 8, 8), np.uint8)),
    )  # fmt: skip


def no_image(sop_class: str) -> dict[str, Dataset]:
    """An object of the class without pixels."""
    return one(SOPClassUID=PREFIX + sop_class, PixelData=None, Rows=None)


def frames(count: int, **elements: Any) -> Dataset:
    """A multi-frame image of 2 x 2 pixels."""
    pixels = np.zeros((count, 2, 2), np.uint8)
    return scan(1, "US", **{"Modality": "US", **_pixels_of(pixels), **elements})


def _pixels_of(pixels: np.ndarray) -> dict[str, Any]:
    bits = 8 * pixels.dtype.itemsize
    return {
        "NumberOfFrames": len(pixels) if pixels.ndim == 3 else 1,
        "Rows": pixels.shape[-2], "Columns": pixels.shape[-1],
        "BitsAllocated": bits, "BitsStored": bits, "HighBit": bits - 1, "PixelData": pixels.tobytes(),
    }  # fmt: skip


def large(side: int) -> Dataset:
    """A black radiograph of 16 bits."""
    return scan(1, **_pixels_of(np.zeros((side, side), np.uint16)))


def as_rle(ds: Dataset, *, rows: int = 0) -> bytes:
    """A black image of 16 bits as RLE: runs of 128 zeros, two segments (PS3.5 annex G).

    `rows` are those that the header claims instead of the true ones.
    """
    runs, rest = divmod(ds.Rows * ds.Columns, 128)
    segment = b"\x81\0" * runs + (bytes([257 - rest, 0]) if rest > 1 else b"")
    start = 64 + len(segment)
    ds.Rows = rows or ds.Rows
    header = np.array([2, 64, start, *[0] * 13], "<u4").tobytes()
    return compressed(ds, [header + segment + segment], RLELossless)


def in_syntax(ds: Dataset, syntax: str) -> bytes:
    """The image with its bytes passed off as a frame of this transfer syntax."""
    return compressed(ds, [ds.PixelData], syntax)


def nested(depth: int) -> Dataset:
    """A radiograph with sequences of undefined length in each other."""
    ds = scan(1)
    inner = ds
    for _ in range(depth):
        inner.ReferencedImageSequence = [Dataset()]
        inner["ReferencedImageSequence"].is_undefined_length = True
        inner = inner.ReferencedImageSequence[0]
        inner.is_undefined_length_sequence_item = True
    return ds


def crowded(count: int) -> bytes:
    """A radiograph before whose pixels stand very many empty private elements."""
    data = encoded(scan(1))
    end = data.rindex(b"\xe0\x7f\x10\0OW")
    stuffing = b"".join(
        (0x0031 + 2 * (i // 0xE000)).to_bytes(2, "little")
        + (0x1000 + i % 0xE000).to_bytes(2, "little")
        + b"UL\0\0"
        for i in range(count)
    )
    return data[:end] + stuffing + data[end:]


def deflated(side: int) -> bytes:
    """A large black radiograph, deflated."""
    return encoded(large(side), DeflatedExplicitVRLittleEndian)


def link_to(name: str) -> Callable[[Path], None]:
    """Makes a link to a file beside it."""
    return lambda path: path.symlink_to(name)


def pipe(path: Path) -> None:
    """Makes a named pipe."""
    os.mkfifo(path)


def tilted() -> dict[str, Dataset]:
    """A stack that leans by 15 degrees."""
    lean = float(np.tan(np.radians(15)))
    places = [["0", f"{5 * i * lean:.6f}", f"{5 * i}"] for i in range(4)]
    return each(series([0, 5, 10, 15]), "ImagePositionPatient", places)


def beside() -> dict[str, Dataset]:
    """A stack one of whose slices lies 8 mm beside the others."""
    return each(series([0, 5, 10, 15]), "ImagePositionPatient", [[0, 8 * (i == 2), 5 * i] for i in range(4)])


def mosaic() -> dict[str, Dataset]:
    """A tiled image of Siemens without its private header."""
    return {"m.dcm": scan(1, "MR", ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"])}


def mr_slices() -> dict[str, Dataset]:
    """Three slices of MR."""
    own = {"PatientID": "P", "StudyInstanceUID": "2.25.5", "SeriesInstanceUID": "2.25.6"}
    return {f"{i}.dcm": scan(i, "MR", ImagePositionPatient=[0, 0, 3 * i], **own) for i in range(1, 4)}


def drifting() -> dict[str, Dataset]:
    """Slices each turned a little against the one before."""
    angles = [0.00095 * i for i in range(5)]
    turned = [[1, 0, 0, 0, float(np.cos(a)), float(np.sin(a))] for a in angles]
    return each(series([0, 5, 10, 15, 20]), "ImageOrientationPatient", turned)


def two_at_each_place(**elements: Any) -> dict[str, Dataset]:
    """Two slices of different pixels at each of three places."""
    second = {f"b{name}": slice_ for name, slice_ in series([0, 5, 10], first=800).items()}
    for slice_ in second.values():
        slice_.SeriesInstanceUID, slice_.StudyInstanceUID = "2.25.29900", "2.25.19900"
        slice_.PixelData = (np.frombuffer(slice_.PixelData, np.uint16) + 100).tobytes()
    return {**series([0, 5, 10]), **second}


def apart(files: Mapping[str, Dataset]) -> dict[str, Dataset]:
    """The second ones in a series of their own."""
    for name, slice_ in files.items():
        if name.startswith("b"):
            slice_.SeriesInstanceUID = "2.25.29800"
    return dict(files)


def one_repeated() -> dict[str, Dataset]:
    """A stack with two different slices at one of its places."""
    odd = ct_series([5], first=700)[0]
    odd.SeriesInstanceUID, odd.StudyInstanceUID = "2.25.29900", "2.25.19900"
    odd.PixelData = (np.frombuffer(odd.PixelData, np.uint16) + 7).tobytes()
    return {**series([0, 5, 10]), "odd.dcm": odd}


def palette() -> dict[str, Dataset]:
    """An image of palette colours whose three tables differ in size."""
    ds = scan(1, PhotometricInterpretation="PALETTE COLOR")
    for colour, entries in (("Red", 4), ("Green", 4), ("Blue", 8)):
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [entries, 0, 16])
        setattr(ds, f"{colour}PaletteColorLookupTableData", bytes(2 * entries))
    return {"a.dcm": ds}


def without(name: str, files: Mapping[str, Dataset]) -> dict[str, Dataset]:
    """The files without one."""
    return {own: ds for own, ds in files.items() if own != name}


def packed_one() -> dict[str, bytes]:
    """The good image for an archive."""
    return {"a.dcm": encoded(scan(1))}


GOOD = one()
ANYTHING = {"good.dcm": scan(99)}
"""Beside what is refused for good, something to read."""
ALL = ["CT", "MR", "DX", "NM", "US", "SM", "ES"]

WAYS = [
    Way("duplicate_identical", "", {**one(), "b.dcm": scan(1)}, left=True),
    Way("not_dicom", "", {"a.dcm": b"a picture of another format, say", **ANYTHING}, then=GOOD),
    Way("dicomdir", "", {"DICOMDIR": scan(5, SOPClassUID="1.2.840.10008.1.3.10"), **ANYTHING}, left=True),
    Way("archive_not_opened", "", {"a.7z": b"7z\xbc\xaf\x27\x1c" + bytes(40), **ANYTHING}, then={"a.7z": None, **one()}),
    Way("archive_not_opened", "", {"a.zip": zipped({"in.zip": zipped(packed_one())}), **ANYTHING},
        then={"a.zip": None, "in.zip": zipped(packed_one())}),
    Way("archive_damaged", "", {"a.zip": zipped(packed_one())[:-30], **ANYTHING}, then={"a.zip": zipped(packed_one())}),
    Way("archive_damaged", "", {"a.dcm.gz": gzip.compress(encoded(scan(1)))[:-9], **ANYTHING},
        then={"a.dcm.gz": gzip.compress(encoded(scan(1)))}),
    Way("encrypted", "", {"a.zip": locked(zipped(packed_one())), **ANYTHING}, then={"a.zip": None, **one()}),
    Way("archive_read", "", {"a.zip": zipped(packed_one())}, left=True),
    Way("own_table", "", {"gone.csv": b"patient_id", **ANYTHING}, {"withdrawn": "raw/gone.csv"}, left=True),
    Way("non_image_object", "", {**no_image("88.67"), **ANYTHING}, left=True),
    Way("non_image_object", r"^(Segmentation", {**no_image("66.4"), **ANYTHING}, left=True),
    Way("non_image_object", r"^(Raw Data", {**no_image("66"), **ANYTHING}, then=GOOD),
    Way("non_image_object", r"^Encapsulated", {**no_image("104.1"), **ANYTHING}, then=GOOD),
    Way("localizer", "", one(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]), setting={"include": ["localizer"]}),
    Way("derived_not_selected", "", {**one(ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"])},
        setting={"include": ["derived"]}),
    Way("derived_not_selected", "", series([0, 5, 10], ImageType=["DERIVED", "SECONDARY", "MPR"], RescaleType="HU"),
        SERIES, setting={"include": ["derived"]}),
    Way("derived_not_selected", "",
        {"a.dcm": scan(1, "CT", SOPClassUID=f"{PREFIX}7", ImageType=["DERIVED", "SECONDARY"], RescaleSlope=None,
                       RescaleIntercept=None, ImagePositionPatient=None)},
        setting={"include": ["derived"]}),
    Way("modality_not_selected", "", {"a.dcm": scan(1, "MR")}, {"modalities": ["CT"]},
        setting={"modalities": ["CT", "MR"]}),
    Way("modality_not_selected", r"^no modality", one(Modality=""), then=GOOD),
    Way("modality_not_selected", r", (VL Whole", {"a.dcm": frames(4, Modality="SM", SOPClassUID=f"{PREFIX}77.1.6")},
        {"modalities": ["DX"]}, then=one(Modality="SM", SOPClassUID=f"{PREFIX}77.1.2"),
        setting={"modalities": ["DX", "SM"]}),
    Way("modality_not_selected", r", Video",
        {"a.dcm": in_syntax(frames(4, Modality="ES", SOPClassUID=f"{PREFIX}77.1.1.1"), VIDEO)},
        {"modalities": ["DX"]}, then=one(Modality="ES", SOPClassUID=f"{PREFIX}77.1.1"),
        setting={"modalities": ["DX", "ES"]}),
    Way("rule_not_selected", "", one(), {"select": {"a": {"view_position": "AP"}}},
        setting={"select": {"a": {"photometric_interpretation": "MONOCHROME2"}}}),
    Way("rule_not_selected", r"^FOR PROCESSING", one(PresentationIntentType="FOR PROCESSING"),
        setting={"include": ["for_processing"]}),
    Way("rule_not_selected", r"^\d+ frames", {"a.dcm": frames(4)},
        then={"a.dcm": None, **{f"{i}.dcm": scan(i, "US") for i in range(4)}}),
    Way("rule_not_selected", r"^\d+ tiles", {"a.dcm": frames(4, Modality="SM", SOPClassUID=f"{PREFIX}77.1.6")},
        then=one(Modality="SM", SOPClassUID=f"{PREFIX}77.1.2")),
    Way("too_few_slices", "", series([0, 5]), SERIES, setting={"min_slices": 2}),
    Way("too_few_slices", "", series([0, 5]), SERIES, then=series([0, 5, 10])),
    Way("link_not_followed", "", {**one(), "b.dcm": link_to("a.dcm")}, then={"b.dcm": scan(2)}),
    Way("special_file", "", {**one(), "b.dcm": pipe}, then={"b.dcm": scan(2)}),
    Way("duplicate_uid_conflict", "", {**one(), "b.dcm": scan(1, PixelData=scan(2).PixelData)}, then={"b.dcm": None}),
    Way("patient_conflict", "", each(series([0, 5, 10]), "PatientID", ["P", "P", "Q"]), SERIES,
        then=each(series([0, 5, 10]), "PatientID", ["P", "P", "P"])),
    Way("patient_conflict", "patient_from",
        {f"{i % 2}/{i}.dcm": ds for i, ds in enumerate(series([0, 5, 10, 15], PatientID="").values())},
        {**SERIES, "patient_from": "folder"}, setting={"patient_from": "study"}),
    Way("missing_attribute", "", {"a.dcm": scan(1, PhotometricInterpretation=None)}, then=GOOD),
    Way("missing_attribute", r"^PatientID, and the path", {"b/a.dcm": scan(1, PatientID="")},
        {"patient_from": {"pattern": "sub-(.)"}}, setting={"patient_from": {"pattern": "^(.)/"}}),
    Way("missing_attribute", r"^PatientID, and the file lies", {"a.dcm": scan(1, PatientID="")},
        {"patient_from": "folder"}, then={"a.dcm": None, "P/a.dcm": scan(1, PatientID="")}),
    Way("missing_attribute", r"^PatientID, and no row", {"a.dcm": scan(1, PatientID="")},
        {"patient_from": {"column": "who"}}, table="file,who\nb.dcm,P\n", new_table="file,who\nb.dcm,P\na.dcm,Q\n"),
    Way("missing_attribute", r"^PatientID, and its rows", {"a.dcm": scan(1, PatientID="")},
        {"patient_from": {"column": "who"}}, table="file,who\na.dcm,P\na.dcm,Q\n", new_table="file,who\na.dcm,P\n"),
    Way("missing_attribute", r"^PatientID", {"P/a.dcm": scan(1, PatientID="")}, setting={"patient_from": "folder"}),
    Way("missing_attribute", r"^PatientID", {"P/a.dcm": scan(1, PatientID="")}, setting={"patient_from": "study"}),
    Way("missing_attribute", r"^PatientID", {"P/a.dcm": scan(1, PatientID="")},
        setting={"patient_from": {"pattern": "(.)/"}}),
    Way("missing_attribute", r"^PatientID", {"P/a.dcm": scan(1, PatientID="")},
        setting={"patient_from": {"column": "who"}}, new_table="file,who\na.dcm,P\n"),
    Way("missing_attribute", r"^SliceThickness of a single slice", series([0], SliceThickness=None),
        {**SERIES, "min_slices": 1}, setting={"unit": "image"}),
    Way("missing_attribute", r"^(SOP|Series|Study)InstanceUID", {"a.dcm": scan(1, StudyInstanceUID=None)}, then=GOOD),
    Way("inconsistent_pixel_attributes", r"^BitsAllocated", one(HighBit=10), then=GOOD),
    Way("inconsistent_pixel_attributes", r"palette", palette(), then=GOOD),
    Way("inconsistent_pixel_attributes", "", one(PhotometricInterpretation="MONOCHROME3"), then=GOOD),
    Way("inconsistent_pixel_attributes", r"^lossy compression", blurred(), SERIES,
        then=series([0, 5, 10])),
    Way("affine_conflict", "", {"a.dcm": bone_scan([0, 0, 0], [0, 0, 9])}, SERIES, then={"a.dcm": bone_scan([0, 0, 0])}),
    Way("implausible_values", r"no unit is told$", series([0, 5, 10], **SHARES), SERIES,
        setting={"unit_of": {"CT": "PCT"}}),
    Way("implausible_values", r"no unit is told$", series([0, 5, 10], **SHARES), SERIES,
        then=series([0, 5, 10])),
    Way("unit_unknown", "", {"a.dcm": scan(1, "CT", RescaleSlope=None, RescaleIntercept=None)},
        then={"a.dcm": scan(1, "CT")}),
    Way("implausible_values", "", series([0, 5, 10], RescaleIntercept="-4000"), SERIES, then=series([0, 5, 10])),
    Way("no_geometry", "", series([0, 5, 10], ImageOrientationPatient=None), SERIES, then=series([0, 5, 10])),
    Way("geometry_invalid", "", series([0, 5, 10], ImageOrientationPatient=[1, 0, 0, 0.5, 1, 0]), SERIES,
        then=series([0, 5, 10])),
    Way("missing_slices", "", without("2.dcm", series([0, 5, 10, 15, 20])), SERIES,
        then={"2.dcm": series([0, 5, 10, 15, 20])["2.dcm"]}),
    Way("missing_slices", r"could not be read$",
        {**series([0, 5, 10, 15]), "1.dcm": encoded(ct_series([0, 5, 10, 15])[1])[:-100]}, SERIES,
        then={"1.dcm": ct_series([0, 5, 10, 15])[1]}),
    Way("variable_spacing", "", series([0, 5, 10, 17, 22]), SERIES, setting={"resample_z": "linear"}),
    Way("variable_spacing", r"beside the line", beside(), SERIES, then=series([0, 5, 10, 15])),
    Way("duplicate_position", "", one_repeated(), SERIES,
        then={"odd.dcm": apart({"b": one_repeated()["odd.dcm"]})["b"]}, setting={"min_slices": 1}),
    Way("gantry_tilt", "", tilted(), SERIES, setting={"untilt": "linear"}),
    Way("ambiguous_series", "", two_at_each_place(), SERIES, then=apart(two_at_each_place())),
    Way("ambiguous_series", r"^orientations drift", drifting(), SERIES, setting={"unit": "image"}),
    Way("inconsistent_series", "", tail(PhotometricInterpretation="MONOCHROME1"), SERIES,
        then=tail(PhotometricInterpretation="MONOCHROME2")),
    Way("inconsistent_series", "", tail(SeriesNumber=1, ImageType=["ORIGINAL", "PRIMARY", "AXIAL", "WHATEVER"]), SERIES,
        then=tail(SeriesInstanceUID="2.25.77", ImageType=["ORIGINAL", "PRIMARY", "AXIAL", "WHATEVER"])),
    Way("missing_slices", r"that NumberOf(TemporalPositions|Time).* announces$", in_time(positions=3), SERIES,
        then=in_time(positions=2)),
    Way("mosaic_layout_unknown", "", mosaic(), SERIES, then={"m.dcm": None, **mr_slices()}),
    Way("burned_in_text", "", one(BurnedInAnnotation="YES"), then=one(BurnedInAnnotation="NO")),
    Way("burned_in_text", "", one(BurnedInAnnotation="YES"), setting={"pixel_text": "reviewed"}),
    Way("empty_file", "", {"a.dcm": b"", **ANYTHING}, then=GOOD),
    Way("corrupt_dataset", "", {"a.dcm": encoded(scan(1))[:300], **ANYTHING}, then=GOOD),
    Way("truncated_pixel_data", "", {"a.dcm": encoded(scan(1))[:-50]}, then=GOOD),
    Way("transfer_syntax_unsupported", "", {"a.dcm": in_syntax(scan(1), JPEG_2000_PART_2)}, then=GOOD),
    Way("transfer_syntax_unsupported", r"video", {"a.dcm": in_syntax(frames(3), VIDEO)}, then={"a.dcm": scan(1, "US")}),
    Way("decode_error", "", {"a.dcm": as_rle(large(16), rows=64)}, then={"a.dcm": large(64)}),
    Way("limit_exceeded", "", {"a.dcm": as_rle(large(1024))}, {"limits": {"decoded_mb": 1}},
        setting={"limits": {"decoded_mb": 4}}),
    Way("limit_exceeded", r"^\d+ bytes$", {"a.dcm": large(1024)}, {"limits": {"file_mb": 1}},
        setting={"limits": {"file_mb": 3}}),
    Way("limit_exceeded", r"nested deeper", {"a.dcm": nested(40)}, setting={"limits": {"depth": 64}}),
    Way("limit_exceeded", r"files in an archive$", {"a.zip": zipped(packed_one() | {"b": b"text"}), **ANYTHING},
        {"limits": {"members": 1}}, then={"a.zip": zipped(packed_one())}, setting={"limits": {"members": 2}}),
    Way("limit_exceeded", r"^unfolds", {"a.dcm.gz": gzip.compress(encoded(large(5800))), **ANYTHING},
        then={"a.dcm.gz": None, "a.dcm": large(5800)}),
    Way("limit_exceeded", r"^inflates", {"a.dcm": deflated(5800)}, then={"a.dcm": large(5800)}),
    Way("limit_exceeded", r"^(more than", {"a.dcm": crowded(100_001)}, then=GOOD),
    Way("limit_exceeded", r"^memory", {"a.dcm": as_rle(large(8_000))}, {"limits": {"memory_mb": 256}},
        setting={"limits": {"memory_mb": 4096}}),
]  # fmt: skip
