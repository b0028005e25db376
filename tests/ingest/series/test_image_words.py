from __future__ import annotations

import pytest
from planes import saying

from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.image_words import meaning, spelled, unknown_words


def of(plane: Frame, *words: str, **keys: str) -> Frame:
    return saying(plane, image_type=("ORIGINAL", "PRIMARY", *words), **keys)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("M", "NORM", "DIS2D"), "MAGNITUDE"),
        (("M_FFE", "M", "FFE"), "FFE\\MAGNITUDE"),
        (("p",), "PHASE"),
        (("PHASE MAP",), "PHASE"),
        (("W",), "WATER"),
        (("OPP_PHASE",), "OUT_PHASE"),
        (("ADC",), "ADC"),
        (("AXIAL", "CT_SOM5 SPI"), ""),
        ((), ""),
    ],
)
def test_words_of_makers_are_one_kind_of_image(plane: Frame, words: tuple[str, ...], meant: str) -> None:
    assert meaning(of(plane, *words)) == meant


def test_a_component_told_apart_from_the_words_counts_as_one_of_them(plane: Frame) -> None:
    assert meaning(of(plane, "NONE", component="PHASE")) == meaning(of(plane, "P")) == "PHASE"


def test_a_detail_is_no_unknown_word_and_neither_is_a_kind(plane: Frame) -> None:
    assert unknown_words(of(plane, "M", "NORM", "DIS2D", "CT_SOM5 SPI STD", "FM3_2", "CSA MPR")) == ""
    assert unknown_words(of(plane, "M", "WHATEVER", "CT_SOM5 ELSE")) == "ELSE\\WHATEVER"


def test_capitals_and_spaces_are_no_difference(plane: Frame) -> None:
    assert spelled(of(plane, " axial ", "CT_SOM5  SPI")) == ("ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI")
