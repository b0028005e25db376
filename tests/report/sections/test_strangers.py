"""The section on strangers: how many there are beside how many are meant, and when it warns."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import invented_candidate
import pytest

from pipeline.contracts.scan_pictures import ScanPicture
from pipeline.contracts.strangers import Odd, Oddest, Share, Strangers
from pipeline.page.artifacts import Artifacts
from pipeline.report import reading
from pipeline.report.sections import strangers

KNOWN = Strangers(0.05, 44, {}, limit=1.6)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    made = invented_candidate.make(tmp_path_factory.mktemp("binary"), patients=60, champion=False)
    folder: Path = made.workspace.candidate
    return reading.read(made.config, candidate=folder, ledgers=folder.parent / "ledger", champion=None)


def _with_strangers(read: Artifacts, share: float) -> Artifacts:
    """The artifacts in which the first patients of the test part, so many of them, are strangers."""
    rows = read.predictions
    patients = sorted(rows[rows["part"] == "test"]["patient_id"].unique())
    strange = set(patients[: round(share * len(patients))])
    score = ["1.5" if name in strange else "0.4" for name in rows["patient_id"]]
    why = ["stranger: modality MR never seen" if name in strange else "" for name in rows["patient_id"]]
    number = len(patients)
    low, high = (0.35, 0.65) if share > 0.2 else (0.01, 0.2)
    found = Oddest(Share(len(strange), number, 0.95, len(strange) / number, low, high), ())
    return replace(read, predictions=rows.assign(stranger=score, abstain=why), strangers=KNOWN, oddest=found)


def test_strangers_are_counted_by_patient_beside_the_share_that_is_meant(read: Artifacts) -> None:
    read = _with_strangers(read, 0.5)
    test = read.predictions[read.predictions["part"] == "test"]
    section = strangers.build(read)
    patients = test["patient_id"].nunique()
    assert section.facts["strangers"].value == round(0.5 * patients)
    assert section.facts["share"].patients == patients
    assert section.facts["share"].value == pytest.approx(0.5, abs=0.03)
    assert section.facts["abstained"].value == (test["abstain"] != "").sum()
    assert section.facts["meant"].value == 0.05


def test_more_strangers_than_are_meant_are_a_warning_and_as_many_are_none(read: Artifacts) -> None:
    [warning] = strangers.warnings(_with_strangers(read, 0.5))
    assert (
        warning["text"] == "More patients of the test part are unlike those of training than chance explains"
    )
    assert strangers.warnings(_with_strangers(read, 0.05)) == []


def test_the_oddest_scans_are_shown_with_window_and_sides_or_the_reason_why_not(read: Artifacts) -> None:
    grey = b64encode(bytes(4)).decode()
    seen = ScanPicture("c1", "p1", 2, grey, (-1000.0, 300.0), "HU", 3, 5, ("R", "L"))
    scans = (
        Odd("c1", "p1", 2.5, "left and right look exchanged", seen),
        Odd("c2", "p2", 1.3, "odd", ScanPicture("c2", "p2", hidden="text may be in its pixels")),
        Odd("c3", "p3", 1.2, "odd"),
    )
    read = _with_strangers(read, 0.1)
    assert read.oddest is not None
    section = strangers.build(replace(read, oddest=replace(read.oddest, scans=scans)))
    first, second, third = section.tables["oddest"]
    assert first["picture"].startswith("data:image/png")
    assert (first["why"], first["score"].value) == ("left and right look exchanged", 2.5)
    assert (first["window_low"].value, first["window_high"].value, first["unit"]) == (-1000.0, 300.0, "HU")
    assert (first["slice"].value, first["sides"]) == (3, ["R", "L"])
    assert (second["case"], second["picture"], second["hidden"]) == ("c2", "", "text may be in its pixels")
    assert (third["case"], third["picture"]) == ("c3", "")
    assert third["hidden"].startswith("an earlier version")


def test_without_a_limit_the_reason_stands_in_its_place(read: Artifacts) -> None:
    few = Strangers(0.05, 12, {}, reason="12 validation patients are too few, 19 are needed")
    assert strangers.build(replace(read, strangers=few)).reason == few.reason
    assert "did not look for them" in strangers.build(replace(read, strangers=None)).reason
    assert strangers.warnings(replace(read, strangers=few)) == []
