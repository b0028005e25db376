from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from invented_table import table
from page_rules import problems

from pipeline.config import Evaluate
from pipeline.evaluate.score import score
from pipeline.foreign import Columns, read
from pipeline.report import run_table

Change = Callable[[pd.DataFrame], pd.DataFrame]
SHORT = {
    "AUROC": "auroc",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "PPV": "ppv",
    "NPV": "npv",
}


def _report(
    folder: Path,
    *,
    classes: tuple[str, ...] = ("clear", "nodule"),
    patients: int = 160,
    parts: tuple[str, ...] = ("external",),
    change: Change = lambda frame: frame,
) -> Path:
    """The folder with the report on an invented table, `study.csv`."""
    change(table(classes, patients, 1, seed=3, parts=parts)).to_csv(
        folder / "study.csv", index=False, float_format="%.9g"
    )
    score(read(folder / "study.csv", Columns()), folder / "out", Evaluate(resamples=200))
    run_table(read(folder / "study.csv", Columns()), folder / "out")
    return folder / "out"


def _html(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def _json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _section(folder: Path, key: str) -> dict[str, Any]:
    [section] = [each for each in _json(folder / "report.json")["sections"] if each["key"] == key]
    return section


@pytest.fixture(scope="module")
def external(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _report(tmp_path_factory.mktemp("external"))


def test_the_page_of_a_table_needs_no_script_no_address_and_no_second_file(external: Path) -> None:
    html = _html(external).lower()
    for word in (
        "http:",
        "https:",
        "<script",
        "javascript:",
        "@import",
        "url(//",
        "<link",
        "<img",
        "<iframe",
    ):
        assert word not in html
    written = sorted(path.name for path in external.iterdir())
    assert written == ["figures", "metrics.json", "report.html", "report.json", "tables"]


def test_the_numbers_of_the_page_are_those_of_metrics_json(external: Path) -> None:
    wanted = {
        metric["id"]: metric
        for metric in _json(external / "metrics.json")["metrics"]
        if metric["group"] is None and metric["class"] is None
    }
    rows = _section(external, "brief")["tables"]["rows"]
    assert [SHORT[row["short"]] for row in rows] == list(SHORT.values())
    for row in rows:
        for key in ("value", "low", "high", "level", "patients", "positive_patients"):
            assert row["fact"][key] == wanted[SHORT[row["short"]]][key]
        assert f">{row['fact']['value']:.3f}</td>" in _html(external)


def test_the_page_has_the_chapters_that_a_table_can_answer(external: Path) -> None:
    keys = [key for chapter in _json(external / "report.json")["chapters"] for key in chapter["keys"]]
    assert keys == [
        "brief", "warnings", "precision", "thousand", "operating", "roc", "precision_recall", "reliability",
        "decision", "subgroups", "source", "methods",
    ]  # fmt: skip
    assert "whom it had never seen" not in _html(external)
    assert "The threshold 0.5 was fixed beforehand" in _html(external)
    assert "was fixed beforehand, for the table has no validation part" in _html(external)


@pytest.mark.parametrize("classes", [("clear", "nodule"), ("benign", "malignant", "normal")])
@pytest.mark.parametrize("patients", [3, 160])
def test_every_link_of_the_page_leads_somewhere(
    classes: tuple[str, ...], patients: int, tmp_path: Path
) -> None:
    html = _html(_report(tmp_path, classes=classes, patients=patients))
    identifiers = re.findall(r'\sid="([^"]+)"', html)
    assert len(set(identifiers)) == len(identifiers)
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(identifiers)


def test_a_section_that_many_classes_leave_empty_is_named_at_the_end_with_its_reason(tmp_path: Path) -> None:
    folder = _report(tmp_path, classes=("benign", "malignant", "normal"))
    assert {row["title"]: row["reason"] for row in _section(folder, "source")["tables"]["absent"]} == {
        "Of 1000 patients like these": "no single class is the finding looked for",
        "Can the probabilities be believed?": "drawn for one finding against its absence only",
        "Better than acting on all, or on none?": "drawn for one finding against its absence only",
        "What can't be ruled out?": "they are made of validation scans, and nothing was made of them here",
    }
    assert "Not available" not in _html(folder)


def test_of_a_single_row_a_class_no_number_is_told_but_the_reason(tmp_path: Path) -> None:
    folder = _report(tmp_path, patients=2)
    rows = _section(folder, "brief")["tables"]["rows"]
    assert {(row["fact"]["value"], row["fact"]["reason"]) for row in rows} == {
        (None, "not estimable (1 patient with the finding)")
    }
    assert "What the model is worth can&#39;t be estimated from these patients" in _html(folder)
    assert "<h4>Not on this page</h4>" in _html(folder)


def test_of_several_parts_the_first_is_reported_and_the_others_are_named(tmp_path: Path) -> None:
    folder = _report(tmp_path, patients=240, parts=("validation", "external", "new", "train"))
    assert _json(folder / "report.json")["part"] == "external"
    assert _section(folder, "brief")["words"]["others"] == ["new"]
    assert _section(folder, "brief")["facts"]["patients"]["value"] == 60
    assert [(row["part"], row["use"]) for row in _section(folder, "source")["tables"]["parts"]] == [
        ("train", "not measured"),
        ("validation", "the threshold was chosen on it; beside the curves for comparison"),
        ("external", "reported on this page"),
        ("new", "its numbers are in metrics.json"),
    ]
    parts = {curve["part"] for curve in _section(folder, "roc")["charts"]["roc"]["curves"]}
    assert parts == {"external", "validation"}


def test_a_patient_in_two_parts_of_the_table_is_a_warning(tmp_path: Path) -> None:
    def crossing(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(patient_id=frame["patient_id"].replace("patient0001", "patient0000"))

    folder = _report(tmp_path, parts=("validation", "external"), change=crossing)
    [text] = [
        row["text"] for row in _section(folder, "warnings")["tables"]["rows"] if row["link"] == "guards"
    ]
    assert text == "Failed check “No patient lies in two parts”: patients lie in more than one part"


def test_no_identifier_of_the_table_and_no_path_is_in_the_report(external: Path) -> None:
    for name in ("report.html", "report.json"):
        content = (external / name).read_text(encoding="utf-8")
        assert "patient00" not in content
        assert "case00" not in content
        assert str(external.parent) not in content


def test_the_same_table_leaves_the_report_as_it_is(external: Path) -> None:
    before = {path: path.read_bytes() for path in external.rglob("*") if path.is_file()}
    assert not run_table(read(external.parent / "study.csv", Columns()), external).changed
    assert {path: path.read_bytes() for path in external.rglob("*") if path.is_file()} == before


def test_a_table_whose_scores_separate_all_patients_has_its_subgroups_drawn(tmp_path: Path) -> None:
    def separated(frame: pd.DataFrame) -> pd.DataFrame:
        finding = (frame["truth"] == "nodule").astype(float)
        return frame.assign(
            score_nodule=0.1 + 0.8 * finding,
            score_clear=0.9 - 0.8 * finding,
            logit_nodule=finding,
            logit_clear=0.0,
        )

    folder = _report(tmp_path, patients=18, change=separated)
    assert _section(folder, "subgroups")["facts"]["overall"]["value"] == 1
    assert 'class="forest"' in _html(folder)


def test_the_page_keeps_the_rules_of_all_pages(external: Path) -> None:
    assert problems(_html(external)) == []
