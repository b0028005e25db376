"""Headers recognized by those before them: never another result than that of reading them by themselves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from dicom_files import WHEEL, compressed, encoded, header, image, opened
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, JPEGLSLossless

from pipeline.ingest.cases.reader import SourceFile, open_source, values_of
from pipeline.ingest.dicom import templates as module
from pipeline.ingest.dicom.dictionary import ELEMENTS
from pipeline.ingest.dicom.templates import OWN, Templates
from pipeline.ingest.header.header import Header
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.reasons import Refusal

LISTED = {tag for tag, _ in ELEMENTS.values()}
OWN_TAGS = {ELEMENTS[keyword][0] for keyword in OWN}


def read(data: bytes | Dataset, folder: Path, templates: Templates | None = None) -> Header:
    return replace(header(data, folder, templates=templates), mtime_ns=0)


def one_slice(number: int, modality: str = "CT", **elements: object) -> Dataset:
    own = {
        "SOPInstanceUID": f"2.25.1{number:03}",
        "InstanceNumber": f"{number:03}",
        "ImagePositionPatient": ["0", "0", f"{number:03}"],
        "AcquisitionNumber": f"{number % 2}",
        "AcquisitionDate": "20200101",
        "AcquisitionTime": f"1200{number % 60:02}",
        "WindowCenter": f"{number:03}",
        "WindowWidth": "400",
        "Exposure": f"{number:03}",
        "OperatorsName": f"OP{number:02}",
        "ConvolutionKernel": "B30f",
    }
    return image(modality, **{**own, **elements})


def packed(number: int, **elements: object) -> bytes:
    pixels = np.full((16, 12), number, np.uint16)
    return compressed(one_slice(number, **elements), [imagecodecs.jpegls_encode(pixels)], JPEGLSLossless)


KINDS = {
    "plain": lambda number: encoded(one_slice(number)),
    "implicit": lambda number: encoded(one_slice(number), ImplicitVRLittleEndian),
    "big endian": lambda number: encoded(one_slice(number), ExplicitVRBigEndian),
    "no preamble": lambda number: encoded(one_slice(number))[132:],
    "compressed": packed,
    "trailing padding": lambda number: encoded(one_slice(number, DataSetTrailingPadding=b"\0" * 8)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_from_the_third_file_of_a_series_on_the_header_is_known(kind: str, tmp_path: Path) -> None:
    templates: Templates = Templates()
    for number in (1, 2):
        read(KINDS[kind](number), tmp_path, templates)
    known = templates.find(KINDS[kind](3), 32)
    assert known is not None and known[0] in templates.concluded
    again = read(KINDS[kind](3), tmp_path, templates)
    assert again == read(KINDS[kind](3), tmp_path)
    assert (again.reason, again.frames[0].position_mm) == ("ok", (0.0, 0.0, 3.0))
    assert again.attributes["window_center"] == 3


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(KINDS)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=3),
    end=st.sampled_from([0, 0, 0, -1, -4, -200]),
    more=st.sampled_from([b"", b"", b"\0\0", b"\xfc\xff\xfc\xff"]),
)
def test_any_file_gives_the_same_header_after_others_as_alone(
    kind: str, changes: list[tuple[float, int]], end: int, more: bytes, tmp_path: Path
) -> None:
    templates: Templates = Templates()
    for number in (1, 2, 3):
        read(KINDS[kind](number), tmp_path, templates)
    data = bytearray(KINDS[kind](4))
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    changed = bytes(data[: end or None]) + more
    assert read(changed, tmp_path, templates) == read(changed, tmp_path)


@pytest.mark.parametrize("kind", ["plain", "implicit", "big endian"])
def test_a_difference_in_what_all_slices_share_is_never_overlooked(kind: str, tmp_path: Path) -> None:
    templates: Templates = Templates()
    for number in (1, 2):
        read(KINDS[kind](number), tmp_path, templates)
    data = KINDS[kind](3)
    elements = opened(data).dataset.elements
    shared = LISTED - OWN_TAGS
    for tag, (_, start, length) in elements.items():
        if length and tag != ELEMENTS["PixelData"][0]:
            other = data[:start] + bytes([data[start] ^ 1]) + data[start + 1 :]
            assert (templates.find(other, 32) is None) == (tag in shared), hex(tag)


@pytest.mark.parametrize(
    "elements",
    [
        {"modality": "PT"},
        {"ImageType": ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]},
        {"SharedFunctionalGroupsSequence": [Dataset()]},
    ],
)
def test_values_that_depend_on_more_than_listed_elements_are_read_each_time(
    elements: dict[str, object], tmp_path: Path
) -> None:
    templates: Templates = Templates()
    for number in (1, 2, 3):
        data = encoded(one_slice(number, **elements))
        assert read(data, tmp_path, templates) == read(data, tmp_path)
    assert not templates.known


def body(data: bytes) -> bytes:
    """What follows the meta group."""
    return data[144 + int.from_bytes(data[140:144], "little") :]


def with_pixels_of_short_representation(number: int) -> bytes:
    data = encoded(one_slice(number))
    place = data.rindex(b"\xe0\x7f\x10\x00OW\0\0")
    return data[: place + 4] + b"US" + data[place + 8 : place + 10] + data[place + 12 :]


def with_another_representation_than_told(number: int) -> bytes:
    implicit = encoded(one_slice(number), ImplicitVRLittleEndian)
    return (
        implicit[: -len(body(implicit))]
        + body(encoded(one_slice(number)))
        + (b"junk" if number == 3 else b"")
    )


def without_meta_group(number: int) -> bytes:
    """Its first element is one that a damaged file wouldn't begin with."""
    data = body(encoded(one_slice(number, StudyTime="12"), ImplicitVRLittleEndian))
    date = data.index(b"\x08\0\x20\0")
    return data[date : date + 16] + data[:date] + data[date + 16 :] + (b"junk" if number == 3 else b"")


def with_a_meta_group_longer_than_the_file(number: int) -> bytes:
    data = encoded(one_slice(number, DataSetTrailingPadding=bytes(8 if number == 3 else 3000)))
    return data[:140] + (3000).to_bytes(4, "little") + data[144:]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (with_pixels_of_short_representation, "ok"),
        (with_another_representation_than_told, "corrupt_dataset"),
        (without_meta_group, "not_dicom"),
        (with_a_meta_group_longer_than_the_file, "corrupt_dataset"),
    ],
)
def test_what_only_the_whole_file_tells_is_seen_after_others_as_alone(
    kind: Callable[[int], bytes], reason: str, tmp_path: Path
) -> None:
    templates: Templates = Templates()
    for number in (1, 2):
        assert read(kind(number), tmp_path, templates).reason == "ok"
    alone = read(kind(3), tmp_path)
    assert alone.reason == reason
    assert read(kind(3), tmp_path, templates) == alone


def test_decimals_of_positions_are_each_file_s_own(tmp_path: Path) -> None:
    templates: Templates = Templates()
    found = [
        read(one_slice(number, ImagePositionPatient=["0", "0", text]), tmp_path, templates).frames[0]
        for number, text in enumerate(["001.5", "04.25", "00006", "7.125"])
    ]
    assert [frame.position_decimals[2] for frame in found] == [1, 2, 0, 3]
    assert templates.concluded


def test_what_is_remembered_of_headers_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    templates: Templates = Templates()
    monkeypatch.setattr(module, "_MOST", 3)
    for number in range(9):
        read(one_slice(number, KVP=f"{number}"), tmp_path, templates)
    assert len(templates.known) == 3 and templates.concluded.keys() == set(templates.known)
    monkeypatch.setattr(module, "_LONGEST_BYTES", 800)
    long: Templates = Templates()
    for number in range(3):
        read(one_slice(number, InstitutionAddress="A" * 1000), tmp_path, long)
    assert not long.known


def with_comma(number: int) -> bytes:
    """A slice whose position has a decimal comma."""
    point = encoded(one_slice(number, ImagePositionPatient=["0.5", "0", f"{number:03}"]))
    return point.replace(b"0.5\\0\\", b"0,5\\0\\")


def twice_after_the_pixels(number: int) -> bytes:
    """A slice whose trailing padding stands there twice."""
    padding = encoded(one_slice(number, DataSetTrailingPadding=b"\0" * 8))
    element = padding[padding.rindex(b"\xfc\xff\xfc\xff") :]
    return padding + element


def nuclear(number: int) -> bytes:
    """A frame in nuclear medicine, of the place that a detector states."""
    detector = Dataset()
    detector.ImagePositionPatient, detector.ImageOrientationPatient = [1, 2, 3], [1, 0, 0, 0, 1, 0]
    return encoded(image("NM", SOPInstanceUID=f"2.25.1{number:03}", DetectorInformationSequence=[detector]))


PLAIN = KINDS["trailing padding"]


@pytest.mark.parametrize(
    "files",
    [
        [with_comma(1), with_comma(2), with_comma(3), encoded(one_slice(4, ImagePositionPatient=["0.5", "0", "004"]))],
        [encoded(one_slice(n, ImagePositionPatient=["0.5", "0", f"00{n}"])) for n in (1, 2)] + [with_comma(3)],
        [PLAIN(1), PLAIN(2), twice_after_the_pixels(3)],
        [twice_after_the_pixels(1), twice_after_the_pixels(2), PLAIN(3)],
        [nuclear(1), nuclear(2), nuclear(3)],
    ],
    ids=["commas first", "a comma later", "twice later", "twice first", "nuclear"],
)  # fmt: skip
def test_what_is_noted_or_placed_is_each_files_own(files: list[bytes], tmp_path: Path) -> None:
    templates: Templates = Templates()
    for data in files:
        alone = read(data, tmp_path)
        assert alone.reason == "ok"
        assert read(data, tmp_path, templates) == alone


def test_files_of_different_series_teach_nothing(tmp_path: Path) -> None:
    templates: Templates = Templates()
    for number in range(4):
        read(one_slice(number, SeriesInstanceUID=f"2.25.9{number}"), tmp_path, templates)
    assert not templates.known


def test_real_files_give_the_same_headers_and_planes_after_others_as_alone(tmp_path: Path) -> None:
    headers: Templates = Templates()
    sources: Templates = Templates()
    planes = 0
    for path in real_files():
        status = path.stat()
        data = path.read_bytes()
        for _ in range(2):
            alone = read(data, tmp_path)
            assert read(data, tmp_path, headers) == alone, path.name
        file = SourceFile(os.fsencode(path), status.st_size, status.st_mtime_ns)
        for _ in range(2 if alone.reason == "ok" else 0):
            planes += 1
            assert plane_digest(file, sources) == plane_digest(file, Templates()), path.name
    assert planes > 50
    assert headers.concluded and sources.concluded


def plane_digest(file: SourceFile, templates: Templates) -> object:
    try:
        with open_source(file, FileLimits(), templates) as source:
            plane = values_of(source, 0, source.meaning.transform(0))
            return (
                plane.array.tobytes(),
                plane.array.dtype,
                plane.notes,
                replace(source.meaning, palette=None),
            )
    except Refusal as refusal:
        return refusal.reason, refusal.detail


def real_files() -> Iterator[Path]:
    yield from sorted(path for path in WHEEL.rglob("*") if path.is_file() and path.stat().st_size < 1 << 20)
    if "SCANLOOM_DATA" in os.environ:
        series = Path(os.environ["SCANLOOM_DATA"]) / "dicom-reference" / "series"
        yield from sorted(path for path in series.rglob("*") if path.is_file())
