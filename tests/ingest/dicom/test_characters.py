"""Labels in the characters of their files."""

from __future__ import annotations

import pytest
from pydicom.charset import encode_string

from pipeline.ingest.dicom.characters import decoded


@pytest.mark.parametrize(
    ("label", "terms", "codecs"),
    [
        ("Liver", "", ["ascii"]),
        ("Ösophagus", "ISO_IR 100", ["latin_1"]),
        ("Wątroba płuco", "ISO_IR 101", ["iso8859_2"]),
        ("Печень", "ISO_IR 144", ["iso8859_5"]),
        ("Ήπαρ", "ISO_IR 126", ["iso8859_7"]),
        ("כבד", "ISO_IR 138", ["iso8859_8"]),
        ("ตับ", "ISO_IR 166", ["iso8859_11"]),
        ("肝脏 Größe", "ISO_IR 192", ["utf-8"]),
        ("肝脏", "GB18030", ["gb18030"]),
        ("肝臓", "\\ISO 2022 IR 87", ["ascii", "iso2022_jp"]),
        ("Tumor 간", "\\ISO 2022 IR 149", ["ascii", "euc_kr"]),
        ("ｶﾝｿﾞｳ", "ISO_IR 13", ["shift_jis"]),
    ],
)
def test_labels_are_read_in_the_characters_that_the_file_names(
    label: str, terms: str, codecs: list[str]
) -> None:
    value = encode_string(label, codecs)  # pydicom's, with its escapes
    assert decoded(value + b" ", terms.split("\\")) == label


@pytest.mark.parametrize("terms", [(), ("ISO_IR 100",), ("ISO_IR 101",), ("nonsense",)], ids=str)
def test_utf_8_is_read_whatever_the_file_names(terms: tuple[str, ...]) -> None:
    assert decoded("Größe".encode(), terms) == "Größe"


@pytest.mark.parametrize("terms", [(), ("ISO_IR 192",), ("GB18030",), ("", "ISO 2022 IR 87")], ids=str)
def test_what_is_none_of_it_is_read_all_the_same(terms: tuple[str, ...]) -> None:
    assert decoded(b"\x1b$Bx\xff\xfe", terms)
