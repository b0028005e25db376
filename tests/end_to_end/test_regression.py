"""A measured quantity through the whole arrow, on the scans of the small project: its nodules' diameters."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from browser import WIDTHS, against
from small_project import SMALL, make_in

pytestmark = pytest.mark.slow

CANDIDATE = "reports/small/candidate"
DIAMETER = (
    "task: regression\n"
    + SMALL.replace(
        "target: finding\n  positive: nodule", "target: diameter_mm\n  unit: mm\n  shares: SHARES"
    )
    .replace("SHARES", "{train: 0.4, validation: 0.3, test: 0.3}")
    .replace("  resamples: 200", "  resamples: 200\n  goal: {metric: mae, at_most: 50}")
    + "compare: {margin: 1, min_gain: 0.5}\n"
)


@pytest.fixture
def measured(ingested: Path) -> Path:
    """The ingested project, asked for a diameter instead of a finding."""
    (ingested / "configs/small.yaml").write_text(DIAMETER)
    return ingested


@pytest.fixture(scope="module")
def reported(ingested_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project asked for a diameter after `make report`; copy it."""
    project = Path(
        shutil.copytree(ingested_source, tmp_path_factory.mktemp("diameter") / "a study", symlinks=True)
    )
    (project / "configs/small.yaml").write_text(DIAMETER)
    done = make_in(project, "report")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Goal: met." in done.stdout
    return project


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_found_against_the_page_in_a_browser(width: int, reported: Path, tmp_path: Path) -> None:
    page = (reported / CANDIDATE / "report.html").read_text(encoding="utf-8")
    assert against(page, tmp_path, width=width) == []


def test_a_diameter_is_learned_measured_promoted_predicted_and_forgotten(
    reported: Path, tmp_path: Path
) -> None:
    measured = Path(shutil.copytree(reported, tmp_path / "a study", symlinks=True))
    metrics = json.loads((measured / CANDIDATE / "metrics.json").read_text())
    assert metrics["question"]["unit"] == "mm"
    of_test = {
        metric["id"]: metric
        for metric in metrics["metrics"]
        if metric["part"] == "test" and metric["group"] is None
    }
    table = [row for row in _rows(measured / CANDIDATE / "predictions.csv") if row["part"] == "test"]
    by_patient: dict[str, list[dict[str, str]]] = {}
    for row in table:
        by_patient.setdefault(row["patient_id"], []).append(row)
    errors = [
        abs(sum(float(row["predicted"]) - float(row["truth"]) for row in rows) / len(rows))
        for rows in by_patient.values()
    ]
    assert of_test["mae"]["value"] == pytest.approx(sum(errors) / len(errors))
    page = (measured / CANDIDATE / "report.html").read_text()
    for title in ("Predicted and measured", "How far they differ", "The largest errors"):
        assert title in page
    assert "None" not in re.sub(r"<[^>]*>", " ", page)

    audited = make_in(measured, "audit")
    assert audited.returncode == 0, audited.stderr

    assert make_in(measured, "promote", "APPROVER=Ada").returncode == 0
    new = table[0]["case_id"]
    done = make_in(measured, "predict", "NEW=data/raw/small", "OUT=new.csv")
    assert done.returncode == 0, done.stderr
    again = {row["case_id"]: row for row in _rows(measured / "new.csv")}
    assert float(again[new]["predicted"]) == pytest.approx(float(table[0]["predicted"]), rel=1e-5)

    patient = _rows(measured / "data/raw/small/labels.csv")[20]["patient_id"]
    assert make_in(measured, "forget", f"ID={patient}").returncode == 0
    assert make_in(measured, "verify").returncode == 0


def test_what_the_question_needs_is_asked_for_at_the_line_of_the_yaml(measured: Path) -> None:
    wrong = {
        "  unit: mm\n": "a regression needs the unit of 'diameter_mm'",
        "compare: {margin: 1, min_gain: 0.5}\n": "models of a regression are compared in mm",
    }
    for line, words in wrong.items():
        (measured / "configs/small.yaml").write_text(DIAMETER.replace(line, ""))
        done = make_in(measured, "cohort")
        assert done.returncode == 2, done.stdout
        assert words in done.stderr
    (measured / "configs/small.yaml").write_text(DIAMETER.replace("at_most", "at_least"))
    assert "of MAE less is better, so its goal is `at_most`" in make_in(measured, "cohort").stderr
    (measured / "configs/small.yaml").write_text(DIAMETER.replace("diameter_mm", "finding"))
    assert (
        "a question of the kind classification. Say `task: classification`"
        in make_in(measured, "cohort").stderr
    )
    (measured / "configs/small.yaml").write_text(
        SMALL.replace("target: finding\n  positive: nodule", "target: diameter_mm")
    )
    done = make_in(measured, "cohort")
    assert "of the kind regression. Say `task: regression`" in done.stderr
