"""Scans with a random word of its own in every place where a DICOM file, or a name, can hold one.

`Canary.word(place)` draws the word of a place once; after a run, none of `Canary.words` may be found in
anything that was written or said.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nibabel as nib
import numpy as np
from dicom_files import compressed, encoded, image, write
from numpy.typing import NDArray
from packed import locked, tarred, zipped
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit

SIDE = 48
SHOWN, HIDDEN = "WX", "KJ"
"""Drawn into CT slices, whose thumbnails may be shown, and into radiographs, whose may not."""
_CHARACTER_SETS = ("ISO_IR 192", "ISO_IR 100", ["", "ISO 2022 IR 87"])
_GIVEN_NAMES = ("Jürgen", "Zoë", "Tarou")
_INVALID_NUMBER = b"1111111111111111"
_TEXTS = (
    "OtherPatientIDs", "StudyID", "StudyDescription", "SeriesDescription", "ProtocolName", "PatientComments",
    "ImageComments", "AdditionalPatientHistory", "InstitutionName", "InstitutionAddress", "StationName",
    "DeviceSerialNumber", "ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName", "Manufacturer",
    "ManufacturerModelName", "ConvolutionKernel", "AcquisitionComments", "RequestedProcedureDescription",
    "ContrastBolusAgent", "PatientAddress", "PatientTelephoneNumbers", "Occupation", "IssuerOfPatientID",
)  # fmt: skip
_DATES = ("PatientBirthDate", "StudyDate", "AcquisitionDate", "LastMenstrualDate")
_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID", "DeviceUID")


@dataclass
class Canary:
    """Draws words and remembers where each was planted."""

    random: random.Random
    words: dict[str, str] = field(default_factory=dict)

    def word(self, place: str) -> str:
        """The word of the place: 12 letters that nothing else holds."""
        return self._keep(place, self._letters)

    def name(self, place: str, given: str) -> str:
        """A family name of its own with a given name."""
        return self._keep(place, lambda: f"{self._letters()}^{given}{self._letters()}")

    def date(self, place: str) -> str:
        """A day of its own in the past century."""
        draw = self.random.randint
        return self._keep(place, lambda: f"19{draw(21, 49)}{draw(1, 12):02d}{draw(13, 28)}")

    def uid(self, place: str) -> str:
        """A UID under a root of its own."""
        return self._keep(place, lambda: f"1.2.826.0.1.{self.random.randrange(10**8, 10**9)}.77")

    def _letters(self) -> str:
        return "Q" + "".join(self.random.choices(string.ascii_lowercase, k=11))

    def _keep(self, place: str, draw: Callable[[], str]) -> str:
        if place not in self.words:
            self.words[place] = draw()
        return self.words[place]


def drawn(word: str) -> NDArray[np.float64]:
    """The word drawn as large as fits `(48, 48)`, 1.0 on 0.0."""
    picture = Image.new("L", (SIDE, SIDE))
    font = ImageFont.load_default(size=26)
    ImageDraw.Draw(picture).text((SIDE / 2, SIDE / 2), word, fill=255, font=font, anchor="mm")
    return np.asarray(picture) / 255.0


def plant(raw: Path, canary: Canary, *, patients: range) -> None:
    """Writes one usable scan for each patient, odd ones positive, and adds their rows to the table."""
    rows = []
    for number in patients:
        modality = "CT" if number % 4 < 2 else "DX"
        scan = _scan(canary, number, modality)
        folder = raw / f"{canary.word('folder name')} {number % 3}"
        write(folder / f"{canary.word('file name')} {number:03d}.dcm", _file(canary, scan, number))
        label = "yes" if number % 2 else "no"
        rows.append((scan.StudyInstanceUID, label, canary.word(f"table remark {number}"), "north"))
    _add_rows(raw / "labels.csv", canary, rows)


def plant_trouble(raw: Path, canary: Canary) -> None:
    """Writes files that end excluded, quarantined and failed, and inputs of other kinds."""
    for kind, data in _trouble(canary).items():
        write(raw / "trouble" / f"{canary.word(f'name of {kind}')}.dcm", data)
    (raw / canary.word("link name")).symlink_to("trouble")
    (raw / f"{canary.word('text file name')}.txt").write_text(canary.word("text file"))
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", canary.word("PNG text"))
    Image.new("L", (8, 8)).save(raw / "picture.png", pnginfo=info)
    volume = nib.Nifti1Image(np.zeros((4, 4, 4), np.uint8), np.eye(4))
    volume.header["descrip"] = canary.word("NIfTI description").encode()
    nib.save(volume, raw / "volume.nii.gz")
    _plant_archives(raw, canary)


def _plant_archives(raw: Path, canary: Canary) -> None:
    """Writes archives with words in their names, their members' names, their comments and what they hold."""
    folder = raw / canary.word("folder of archives")
    folder.mkdir()
    for number, kind in enumerate(("zip", "tar"), start=980):
        scan = _file(canary, _scan(canary, number, "CT", kind), number, kind)
        name = f"{canary.word(f'folder in a {kind}')}/{canary.word(f'name in a {kind}')}.dcm"
        files = {
            name: scan,
            f"{canary.word(f'text name in a {kind}')}.txt": canary.word(f"text in a {kind}").encode(),
        }
        files[f"{canary.word(f'broken in a {kind}')}.dcm"] = scan[:400]
        archive = folder / f"{canary.word(f'name of a {kind}')}.{kind}"
        if kind == "zip":
            archive.write_bytes(zipped(files, comment=canary.word("comment of a zip").encode()))
            (folder / f"{canary.word('name of a locked zip')}.zip").write_bytes(locked(archive.read_bytes()))
            (folder / f"{canary.word('name of a damaged zip')}.zip").write_bytes(archive.read_bytes()[:-9])
            continue
        within = canary.word("name in a gzip")
        with archive.open("wb") as stream, gzip.GzipFile(within, "wb", fileobj=stream) as packed:
            packed.write(tarred(files, link=canary.word("link in a tar")))


def _scan(canary: Canary, number: int, modality: str, kind: str = "") -> Dataset:
    """A scan with every text its reader could meet; `kind` tells a faulty file's words from the usual ones."""
    of = f" of {kind}" if kind else ""
    own = f"{of} {number}"
    ds = image(modality, pixels=_pixels(number, modality), SpecificCharacterSet=_CHARACTER_SETS[number % 3])
    for keyword in _TEXTS:
        setattr(ds, keyword, canary.word(keyword + of))
    for keyword in _DATES:
        setattr(ds, keyword, canary.date(keyword + of))
    for keyword in _UIDS:
        setattr(ds, keyword, canary.uid(keyword + own))
    ds.PatientID, ds.AccessionNumber = canary.word("PatientID" + own), canary.word("AccessionNumber" + own)
    ds.PatientName = canary.name(f"PatientName {number % 3}" + of, _GIVEN_NAMES[number % 3])
    if number % 3 == 2:
        ds.PatientName = f"{ds.PatientName}={canary._keep('PatientName, Japanese', lambda: '山田華三郎')}"
    ds.ImageType = ["ORIGINAL", "PRIMARY", canary.word("ImageType" + of).upper()]
    ds.KVP = _INVALID_NUMBER.decode()
    _add_private(ds, canary, of)
    _add_nested(ds, canary, of)
    _add_graphics(ds, canary, of)
    return ds


def _pixels(number: int, modality: str) -> NDArray[np.uint16]:
    """A drawn word on noise; positive scans are brighter on the left."""
    noise = np.random.default_rng(number).normal(500, 40, (SIDE, SIDE))
    noise[:, : SIDE // 2] += 150 * (number % 2)
    return np.asarray(noise + 900 * drawn(SHOWN if modality == "CT" else HIDDEN), np.uint16)


def _add_private(ds: Dataset, canary: Canary, of: str) -> None:
    block = ds.private_block(0x0009, canary.word("private creator" + of), create=True)
    block.add_new(1, "LO", canary.word("private tag" + of))
    inner = Dataset()
    inner.private_block(0x0011, "INNER", create=True).add_new(1, "UT", canary.word("nested private tag" + of))
    block.add_new(2, "SQ", Sequence([inner]))


def _add_nested(ds: Dataset, canary: Canary, of: str) -> None:
    third, second, first = Dataset(), Dataset(), Dataset()
    third.PatientID, third.TextValue = (
        canary.word("third level" + of),
        canary.word("text at third level" + of),
    )
    second.ReferencedSeriesSequence = Sequence([third])
    first.ReferencedStudySequence = Sequence([second])
    ds.RequestAttributesSequence = Sequence([first])
    ds.OriginalAttributesSequence = Sequence([Dataset()])
    ds.OriginalAttributesSequence[0].SourceOfPreviousValues = canary.word("original attributes" + of)


def _add_graphics(ds: Dataset, canary: Canary, of: str) -> None:
    """An overlay and an icon with words in their bits."""
    ds.add_new(0x60000010, "US", 16)
    ds.add_new(0x60000011, "US", 16)
    ds.add_new(0x60000040, "CS", "G")
    ds.add_new(0x60000022, "LO", canary.word("overlay description" + of))
    ds.add_new(0x60000050, "SS", [1, 1])
    ds.add_new(0x60000100, "US", 1)
    ds.add_new(0x60000102, "US", 0)
    ds.add_new(0x60003000, "OW", canary.word("overlay" + of).encode().ljust(32, b"\0"))
    icon = image("DX", pixels=np.zeros((4, 4), np.uint8))
    icon.PixelData = canary.word("icon" + of).encode().ljust(16, b"\0")
    ds.IconImageSequence = Sequence([icon])
    ds.DataSetTrailingPadding = canary.word("trailing padding" + of).encode().ljust(64, b"\0")


def _file(canary: Canary, ds: Dataset, number: int, kind: str = "") -> bytes:
    """The file's bytes with words in the preamble and in a number's value."""
    of = f" of {kind}" if kind else ""
    data = _as_jpeg(ds, canary) if ds.Modality == "DX" and number % 8 == 2 else encoded(ds)
    number_word = canary.word("invalid number" + of).encode().ljust(len(_INVALID_NUMBER))
    data = data.replace(_INVALID_NUMBER, number_word)
    preamble = canary.word("preamble" + of).encode().ljust(128, b"\0")
    return preamble + data[128:]


def _as_jpeg(ds: Dataset, canary: Canary) -> bytes:
    """The file with 8-bit pixels in a JPEG that has a comment."""
    pixels = (np.frombuffer(ds.PixelData, np.uint16).reshape(SIDE, SIDE) // 16).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "jpeg", comment=canary.word("JPEG comment").encode(), quality=95)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.LossyImageCompression = 8, 8, 7, "01"
    return compressed(ds, [stream.getvalue()], JPEGBaseline8Bit)


def _trouble(canary: Canary) -> dict[str, bytes]:
    """Files by what is wrong with them; two of a conflict go by its name and a number."""
    made: dict[str, bytes] = {}
    numbers = iter(range(900, 1000))

    def add(kind: str, modality: str = "CT", *, like: Dataset | None = None, **elements: object) -> Dataset:
        number = next(numbers)
        ds = _scan(canary, number, modality, kind)
        for keyword in _UIDS[:3] if like else ():
            setattr(ds, keyword, like[keyword].value)
        for keyword, value in elements.items():
            setattr(ds, keyword, value)
        made[kind] = _file(canary, ds, 0, kind)
        return ds

    add("localizer", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    add("screen", ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"])
    add("other modality", "US")
    add("unknown modality", Modality=canary.word("Modality").upper())
    add("structures", SOPClassUID="1.2.840.10008.5.1.4.1.1.481.3", StructureSetLabel=canary.word("ROI label"))
    add("segmentation", SOPClassUID="1.2.840.10008.5.1.4.1.1.66.4", SegmentLabel=canary.word("segment label"))
    first = add("conflict of copies 1")
    add("conflict of copies 2", like=first, **_person(first), WindowCenter=40)
    first = add("conflict of patients 1")
    add("conflict of patients 2", like=first, SOPInstanceUID=canary.uid("another image"))
    add("no position", ImagePositionPatient=None)
    add("nonsense rows", NumberOfFrames=345678)
    ds = add("truncated")
    made["truncated"] = encoded(ds)[:-1000]
    ds.SOPInstanceUID = canary.uid("image of trailing bytes")
    made["trailing bytes"] = encoded(ds) + canary.word("trailing bytes").encode().ljust(64, b"\0")
    ds.SOPInstanceUID = canary.uid("image of bad frame")
    made["bad frame"] = compressed(ds, [canary.word("bad frame").encode() * 20], JPEG2000Lossless)
    ds.SOPInstanceUID = canary.uid("image of private syntax")
    made["private syntax"] = compressed(ds, [b"\0" * 64], canary.uid("transfer syntax"))
    made["no data set"] = b"\0" * 128 + b"DICM" + canary.word("no data set").encode() * 9
    return made


def _person(ds: Dataset) -> dict[str, str]:
    return {"PatientID": ds.PatientID, "IssuerOfPatientID": ds.IssuerOfPatientID}


def _add_rows(path: Path, canary: Canary, rows: list[tuple[str, ...]]) -> None:
    header = not path.exists()
    with path.open("a", newline="") as stream:
        writer = csv.writer(stream)
        if header:
            writer.writerow(("study", "label", canary.word("column name"), "site"))
        writer.writerows(rows)
