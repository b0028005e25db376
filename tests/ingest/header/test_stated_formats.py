from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.config.ingest import Formats
from pipeline.ingest.formats.description import Stated
from pipeline.ingest.header.stated_formats import parse


def stated(**formats: Any) -> dict[str, Stated]:
    def refuse(place: tuple[str | int, ...], problem: str) -> Exception:
        return ValueError(f"{'.'.join(map(str, place))}: {problem}")

    return parse(Formats.model_validate(formats), refuse)


def test_only_formats_that_are_named_are_stated() -> None:
    assert stated() == {}
    assert stated(nifti={"modality": "MR", "form": "qform", "axes": "LPS"}) == {
        "nifti": Stated("MR", form="qform", axes="LPS")
    }


def test_one_spacing_counts_for_rows_and_columns() -> None:
    found = stated(png={"modality": "DX", "spacing": 0.2}, tiff={"modality": "DX", "spacing": [0.2, 0.3]})
    assert found["png"].spacing_mm == (0.2, 0.2)
    assert found["tiff"].spacing_mm == (0.2, 0.3)


@pytest.mark.parametrize(
    ("settings", "place", "problem"),
    [
        ({"modality": "MRT"}, "ingest.formats.nifti.modality", "'MRT' is no modality"),
        ({"modality": "CT", "unit": "hu"}, "ingest.formats.nifti.unit", "'hu' is no unit that can be stated"),
        ({"modality": "CT", "unit": "US"}, "ingest.formats.nifti.unit", "'US' is no unit that can be stated"),
    ],
)
def test_a_word_that_is_no_modality_or_unit_is_refused_at_its_place(
    settings: dict[str, str], place: str, problem: str
) -> None:
    with pytest.raises(ValueError, match=f"{place}: {problem}"):
        stated(nifti=settings)


@pytest.mark.parametrize("axes", ["RA", "RAA", "RASL", "ras", "RLS", "XYZ"])
def test_axes_are_three_letters_of_three_directions(axes: str) -> None:
    with pytest.raises(ValidationError, match="expected three letters"):
        stated(nifti={"modality": "MR", "axes": axes})


@pytest.mark.parametrize(
    "formats",
    [{"nrrd": {"modality": "MR"}}, {"nifti": {}}, {"nifti": {"modality": "MR", "spacing": 1.0}},
     {"png": {"modality": "DX", "spacing": 0}}, {"png": {"modality": "DX", "spacing": [1, 2, 3]}}],
)  # fmt: skip
def test_keys_that_a_format_does_not_have_are_refused(formats: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        stated(**formats)
