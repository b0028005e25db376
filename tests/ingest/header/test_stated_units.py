from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from batches import batch_of
from dicom_files import encoded, image

from pipeline.errors import ConfigError
from pipeline.ingest.cases.batch_reading import BatchResult, read_batch
from pipeline.ingest.header.series_rules import Rule
from pipeline.ingest.header.stated_units import parse, stated_unit


def refuse(keys: tuple[str | int, ...], message: str) -> ConfigError:
    return ConfigError(f"{'.'.join(map(str, keys))}: {message}")


RULES = (Rule("perfusion"), Rule("CT"))


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"CTT": "HU"}, "ingest.unit_of.CTT: 'CTT' is neither a modality nor a rule"),
        ({"perfusio": "PCT"}, "did you mean 'perfusion'"),
        ({"CT": "HU"}, "'CT' is a modality and a rule of `select`"),
        ({"MR": "hu"}, "'hu' is no unit"),
        ({"MR": "US"}, "'US' is no unit"),
    ],
)
def test_a_name_or_unit_that_nobody_knows_is_refused(stated: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse(stated, RULES, refuse)


def test_a_rule_and_a_modality_may_state_a_unit() -> None:
    assert parse({"perfusion": "PCT", "MR": "HU"}, RULES, refuse) == {"perfusion": "PCT", "MR": "HU"}


@pytest.mark.parametrize(
    ("rule", "modality", "expected"),
    [("", "CT", "HU"), ("perfusion", "CT", "PCT"), ("lung", "CT", "HU"), ("", "MR", "")],
)
def test_a_rule_comes_before_the_modality(rule: str, modality: str, expected: str) -> None:
    assert stated_unit({"CT": "HU", "perfusion": "PCT"}, rule=rule, modality=modality) == expected


def slices(stored: np.ndarray, **elements: object) -> list[bytes]:
    return [
        encoded(
            image(
                "CT",
                pixels=stored,
                SOPInstanceUID=f"2.25.{number + 1}",
                ImagePositionPatient=["0", "0", f"{3 * number}"],
                **{"RescaleType": "US", **elements},
            )
        )
        for number in range(3)
    ]


def made(stored: np.ndarray, folder: Path, units: dict[str, str], **elements: object) -> BatchResult:
    return read_batch(batch_of(slices(stored, **elements), folder, "series", units=units))


@pytest.fixture
def body() -> np.ndarray:
    stored = np.full((16, 12), 1064, np.uint16)
    stored[:4] = 24
    return stored


def test_a_stated_unit_is_that_of_the_case_and_noted(tmp_path: Path, body: np.ndarray) -> None:
    (case,) = made(body, tmp_path, {"CT": "HU"}).cases
    assert (case.value_unit, case.notes) == ("HU", ("unit_stated",))
    (case,) = made(body, tmp_path / "told", {"CT": "HU"}, RescaleType="Z_EFF").cases
    assert (case.value_unit, case.notes) == ("Z_EFF", ())
    (case,) = made(body, tmp_path / "nothing", {}).cases
    assert (case.value_unit, case.notes) == ("US", ())


def test_what_is_stated_is_still_held_against_the_numbers(tmp_path: Path, body: np.ndarray) -> None:
    twice = made(body, tmp_path / "twice", {"CT": "HU"}, RescaleIntercept="-2048")
    assert [one.reason for one in twice.spoiled] == ["implausible_values"]
    shares = np.full((16, 12), 45, np.uint16)
    (case,) = made(shares, tmp_path / "share", {"CT": "PCT"}, RescaleIntercept="0").cases
    assert case.value_unit == "PCT"
    (case,) = made(shares, tmp_path / "none", {"CT": "PCT"}, RescaleIntercept="0", RescaleType=None).cases
    assert case.value_unit == "PCT"  # in Hounsfield units only as long as nobody says otherwise
    hounsfield = made(shares, tmp_path / "hu", {"CT": "HU"}, RescaleIntercept="0")
    assert [one.reason for one in hounsfield.spoiled] == ["implausible_values"]


def test_padding_is_filled_as_the_stated_unit_has_it(tmp_path: Path, body: np.ndarray) -> None:
    from pipeline.arrays import Shards
    from pipeline.ingest.cases.batch_reading import read_and_publish

    for units, fill in (({}, -1024), ({"CT": "HU"}, -1024), ({"CT": "PCT"}, 0)):
        folder = tmp_path / f"{fill}{len(units)}"
        files = slices(body, PixelPaddingValue=24)
        (case,) = read_and_publish(batch_of(files, folder, "series", units=units)).cases
        assert np.array(Shards(folder / "cases").read(case.stored))[0, 0, 0] == fill
