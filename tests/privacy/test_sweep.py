"""The sweeper finds a word by hand in every container and in every form; otherwise its silence means nothing."""

import base64
import gzip
import hashlib
import html
import io
import json
import sqlite3
import struct
import urllib.parse
import zipfile
from pathlib import Path

import h5py
import numpy as np
import openpyxl
import pytest
from PIL import Image, PngImagePlugin
from sweep import contents, files_below, find

WORD = "Qxwelbrandt"
BYTES = WORD.encode()


def found(data: bytes, word: str = WORD) -> bool:
    return bool(find({"here": word}, [("file", data)]))


def as_npz() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, names=np.array(["a", WORD]))
    return stream.getvalue()


def as_npy() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.frombuffer(BYTES, np.uint8))
    return stream.getvalue()


def as_xlsx() -> bytes:
    stream = io.BytesIO()
    book = openpyxl.Workbook()
    book.active["B2"] = WORD
    book.save(stream)
    return stream.getvalue()


def as_keras() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", as_hdf5())
    return stream.getvalue()


def as_hdf5() -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_dataset("layer/weights", data=np.frombuffer(BYTES * 9, np.uint8), compression="gzip")
    return stream.getvalue()


def as_hdf5_attribute() -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.attrs["made_by"] = np.array([WORD.encode("utf-16-le")], dtype="S40")
    return stream.getvalue()


def as_tfrecord() -> bytes:
    return struct.pack("<QI", len(BYTES), 0) + BYTES + struct.pack("<I", 0)


def as_png_text(*, compressed: bool = False) -> bytes:
    stream, info = io.BytesIO(), PngImagePlugin.PngInfo()
    info.add_text("Comment", WORD, zip=compressed)
    Image.new("L", (4, 4)).save(stream, "png", pnginfo=info)
    return stream.getvalue()


def as_jpeg_comment() -> bytes:
    stream = io.BytesIO()
    Image.new("L", (4, 4)).save(stream, "jpeg", comment=BYTES)
    return stream.getvalue()


def as_data_uri() -> bytes:
    picture = base64.b64encode(as_png_text(compressed=True))
    return b'<img src="data:image/png;base64,' + picture + b'">'


def as_sqlite(value: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "PRAGMA page_size = 512; PRAGMA secure_delete = OFF; CREATE TABLE t (value TEXT);"
    )
    connection.execute("INSERT INTO t VALUES (?)", (value,))
    connection.commit()
    data = connection.serialize()
    connection.close()
    return data


def as_sqlite_deleted() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.deserialize(as_sqlite(WORD))
    connection.executescript("PRAGMA secure_delete = OFF; DELETE FROM t;")
    data = connection.serialize()
    connection.close()
    return data


CONTAINERS = {
    "nothing": BYTES,
    "gzip": gzip.compress(BYTES),
    "npz": as_npz(),
    "npy": as_npy(),
    "xlsx": as_xlsx(),
    "keras": as_keras(),
    "HDF5": as_hdf5(),
    "HDF5 attribute": as_hdf5_attribute(),
    "TFRecord": as_tfrecord(),
    "PNG text": as_png_text(),
    "PNG compressed text": as_png_text(compressed=True),
    "JPEG comment": as_jpeg_comment(),
    "data URI": as_data_uri(),
    "SQLite": as_sqlite(WORD),
    "SQLite across pages": as_sqlite("-" * 470 + WORD * 9 + "-" * 1000),
    "SQLite deleted row": as_sqlite_deleted(),
    "gzip in gzip": gzip.compress(gzip.compress(BYTES)),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_word_is_found_in_every_container(container: str) -> None:
    assert found(CONTAINERS[container])
    assert not found(CONTAINERS[container], "Qxwelbrand0")


def test_a_compressed_container_has_to_be_opened() -> None:
    assert BYTES not in CONTAINERS["keras"]
    assert len(list(contents("keras", CONTAINERS["keras"]))) > 4


NAME = "Qxwelbrandt^Jürgen"
FORMS = {
    "UTF-8": NAME.encode(),
    "UTF-16 LE": NAME.encode("utf-16-le"),
    "UTF-16 BE": NAME.encode("utf-16-be"),
    "Latin-1": NAME.encode("latin-1"),
    "percent": urllib.parse.quote(NAME).encode(),
    "percent, every letter": b"".join(b"%%%02X" % byte for byte in NAME.encode()),
    "JSON": json.dumps(NAME).encode(),
    "HTML": html.escape(NAME).encode("ascii", "xmlcharrefreplace"),
    "HTML, hexadecimal": "".join(f"&#x{ord(letter):X};" for letter in NAME).encode(),
    "capitals": NAME.upper().encode(),
    "small": NAME.lower().encode(),
    "given name first": "Jürgen Qxwelbrandt".encode(),
    "comma": "QXWELBRANDT, JÜRGEN".encode("latin-1"),
    "family name": b"Dr. Qxwelbrandt",
    "base64, offset 0": base64.b64encode(NAME.encode() + b"tail"),
    "base64, offset 1": base64.b64encode(b"a" + NAME.encode() + b"tail"),
    "base64, offset 2": base64.b64encode(b"ab" + NAME.encode() + b"tail"),
    "hex": NAME.encode().hex().encode(),
    "HEX": NAME.encode().hex().upper().encode(),
    **{name: hashlib.new(name, NAME.encode()).hexdigest().encode() for name in ("md5", "sha1", "sha256")},
    "sha256 of Latin-1": hashlib.sha256(NAME.encode("latin-1")).digest(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_name_is_found_in_every_form(form: str) -> None:
    assert found(b"before " + FORMS[form] + b" behind", NAME)


def test_japanese_is_found_in_its_own_encoding() -> None:
    assert found("...山田華三郎...".encode("iso2022_jp"), "山田華三郎")
    assert found(json.dumps({"name": "山田華三郎"}).encode(), "山田華三郎")


@pytest.mark.parametrize(
    "written",
    ["19370824", "1937-08-24", "24.08.1937", "08/24/1937", "24/08/1937", "24 Aug 1937", "August 24, 1937"],
)
def test_a_date_is_found_in_every_layout(written: str) -> None:
    assert found(f"born {written}".encode(), "19370824")


def test_digits_within_a_longer_number_are_no_date() -> None:
    assert not found(b"0.3119370824", "19370824")
    assert found(b"19370824113000", "19370824")


def test_names_of_files_are_searched(tmp_path: Path) -> None:
    (tmp_path / "a" / f"x{WORD}").mkdir(parents=True)
    (tmp_path / "a" / f"x{WORD}" / "b.txt").write_text("nothing")
    assert [hit.where for hit in find({"here": WORD}, files_below(tmp_path))] == [
        f"a/x{WORD}/b.txt (its name)"
    ]
    assert not list(files_below(tmp_path, except_for=[tmp_path / "a"]))
