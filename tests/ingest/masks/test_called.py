"""What files call structures: labels that nobody means to differ are one, and a number in quotes is a label."""

from __future__ import annotations

import numpy as np
import pytest
from dicom_files import encoded
from mask_files import segmentation, slices, structure_set

from pipeline.ingest.limits import FileLimits
from pipeline.ingest.masks.labels import marked_in
from pipeline.ingest.masks.onto_scans import structures_in
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal

SOURCES = slices()
ONES = {1: np.ones((5, 7, 5), bool)}


@pytest.mark.parametrize(
    ("called", "declared"),
    [
        ("O\u0308sophagus", "Ösophagus"),
        ("Ösophagus", "o\u0308SOPHAGUS"),
        ("GTV  p", "GTV p"),
        ("GTV\u00a0p ", "gtv p"),
        ("GTV\u200bp", "gtvp"),
        ("Straße", "STRASSE"),
    ],
)
def test_labels_that_look_alike_call_one_structure(called: str, declared: str) -> None:
    structures = Structures({"x": (declared,)})
    region = structure_set(SOURCES, {called: []}, SpecificCharacterSet="ISO_IR 192")
    segment = segmentation(SOURCES, ONES, labels={1: called}, SpecificCharacterSet="ISO_IR 192")
    for ds in (region, segment):
        assert structures_in(encoded(ds), structures, FileLimits()) == {"x"}


@pytest.mark.parametrize(("term", "called"), [("ISO_IR 101", "Wątroba"), ("ISO_IR 144", "Печень")])
def test_labels_are_read_in_the_characters_of_their_file(term: str, called: str) -> None:
    structures = Structures({"liver": (called,)})
    region = structure_set(SOURCES, {called: []}, SpecificCharacterSet=term)
    segment = segmentation(SOURCES, ONES, labels={1: called}, SpecificCharacterSet=term)
    for ds in (region, segment):
        assert structures_in(encoded(ds), structures, FileLimits()) == {"liver"}


@pytest.mark.parametrize(
    ("called", "label", "told"),
    [
        ({"left_lung": (1,), "right_lung": (2,)}, "Right lung", "segment 1 has the number of left_lung and the name of right_lung"),
        ({"left_lung": (1,), "right_lung": (2,)}, "Left Lung", ""),
        ({"left_lung": (1,), "right_lung": (2,)}, "LL", ""),
        ({"left_lung": (1, "right lung"), "right_lung": (2,)}, "Right lung", ""),
    ],
    ids=["of another", "its own", "any", "declared so"],
)  # fmt: skip
def test_a_number_whose_label_is_the_name_of_another_structure_is_refused(
    called: dict[str, tuple[int | str, ...]], label: str, told: str
) -> None:
    segment = encoded(segmentation(SOURCES, ONES, labels={1: label}))
    if not told:
        assert structures_in(segment, Structures(called), FileLimits()) == {"left_lung"}
        return
    with pytest.raises(Refusal, match=told):
        structures_in(segment, Structures(called), FileLimits())


QUOTED = Structures({"lungs": ("1", "2")})
TOLD = "lungs is called '1' in quotes, a label; without them it is a number"


def test_a_number_in_quotes_is_told_where_files_have_that_number() -> None:
    segment = encoded(segmentation(SOURCES, ONES, labels={1: "Lungs"}))
    with pytest.raises(Refusal, match=f": segment 1 is of no structure: {TOLD}$"):
        structures_in(segment, QUOTED, FileLimits())
    labels = np.eye(3, dtype=np.uint8)
    with pytest.raises(Refusal, match=f": the value 1 is of no structure: {TOLD}$"):
        marked_in(labels, QUOTED)
    ignoring = Structures(QUOTED.called, undeclared="ignore")
    with pytest.raises(Refusal, match=f"undeclared values, 1 the lowest of them: {TOLD}$"):
        marked_in(labels, ignoring)


def test_a_number_in_quotes_is_the_name_of_a_region() -> None:
    region = encoded(structure_set(SOURCES, {"1": []}))
    assert structures_in(region, QUOTED, FileLimits()) == {"lungs"}
