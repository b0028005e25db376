from __future__ import annotations

from pydicom.datadict import dictionary_VR, tag_for_keyword

from pipeline.ingest.dicom.dictionary import ELEMENTS


def test_tags_and_representations_are_those_of_the_standard() -> None:
    loose = {"US or SS": "XS", "OB or OW": "OW", "US or OW": "OW"}
    expected = {
        keyword: (tag_for_keyword(keyword), loose.get(dictionary_VR(keyword), dictionary_VR(keyword)))
        for keyword in ELEMENTS
        if keyword not in ("LUTDescriptor",)
    }
    assert {keyword: ELEMENTS[keyword] for keyword in expected} == expected
    assert ELEMENTS["LUTDescriptor"] == (0x00283002, "XS")
