"""Several findings through the whole arrow, on the scans of the small project: nodules, and what else is told."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from browser import WIDTHS, against
from sklearn.metrics import roc_auc_score
from small_project import SMALL, make_in

pytestmark = pytest.mark.slow

CANDIDATE = "reports/small/candidate"
NAMES = ("nodule", "woman", "north")
FINDINGS = "task: multilabel\n" + SMALL.replace(
    "target: finding\n  positive: nodule", f"target: [{', '.join(NAMES)}]\n  shares: SHARES"
).replace("SHARES", "{train: 0.4, validation: 0.3, test: 0.3}").replace(
    "  resamples: 200", "  resamples: 200\n  goal: {metric: macro_auroc, at_least: 0.01}"
)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def _ask(project: Path) -> None:
    """Asks a project for three findings; every seventh cell of the table is unknown."""
    path = project / "data/raw/small/labels.csv"
    rows = _rows(path)
    for number, row in enumerate(rows):
        told = (row["finding"] == "nodule", row["sex"] == "F", row["site"] == "north")
        cells = [str(int(there)) if (3 * number + at) % 7 else "" for at, there in enumerate(told)]
        row |= dict(zip(NAMES, cells, strict=True))
        row["listed"] = (
            "|".join(name for name, there in zip(NAMES, told, strict=True) if there) or "No Finding"
        )
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (project / "configs/small.yaml").write_text(FINDINGS)


@pytest.fixture
def asked(ingested: Path) -> Path:
    """The ingested project, asked for findings."""
    _ask(ingested)
    return ingested


@pytest.fixture(scope="module")
def reported(ingested_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project asked for findings after `make report`; copy it."""
    project = Path(
        shutil.copytree(ingested_source, tmp_path_factory.mktemp("findings") / "a study", symlinks=True)
    )
    _ask(project)
    done = make_in(project, "report")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Goal: met." in done.stdout
    return project


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_found_against_the_page_in_a_browser(width: int, reported: Path, tmp_path: Path) -> None:
    page = (reported / CANDIDATE / "report.html").read_text(encoding="utf-8")
    assert against(page, tmp_path, width=width) == []


def test_findings_are_learned_measured_promoted_predicted_scored_and_forgotten(
    reported: Path, tmp_path: Path
) -> None:
    asked = Path(shutil.copytree(reported, tmp_path / "a study", symlinks=True))
    metrics = json.loads((asked / CANDIDATE / "metrics.json").read_text())
    assert metrics["question"]["labels"] == list(NAMES)
    of_cases = [m for m in metrics["metrics"] if (m["part"], m["id"]) == ("validation", "auroc")]
    table = _rows(asked / CANDIDATE / "predictions.csv")
    patients = {row["patient_id"] for row in table if row["part"] == "validation"}
    for name in NAMES:
        known = [row for row in table if row["part"] == "validation" and row[f"truth_{name}"]]
        of_patient = {p: [row for row in known if row["patient_id"] == p] for p in patients}
        truths = [max(row[f"truth_{name}"] for row in rows) == "1" for rows in of_patient.values() if rows]
        scores = [max(float(row[f"score_{name}"]) for row in rows) for rows in of_patient.values() if rows]
        stored = next(m for m in of_cases if m["class"] == name and m["unit"] == "patient")
        assert stored["patients"] == len(truths)
        judged = min(sum(truths), len(truths) - sum(truths)) >= 5
        area = pytest.approx(roc_auc_score(truths, scores)) if judged else None
        assert stored["value"] == area
    page = (asked / CANDIDATE / "report.html").read_text()
    for title in ("Finding by finding", "At the thresholds", "ROC curves", "All findings together"):
        assert title in page
    assert "None" not in re.sub(r"<[^>]*>", " ", page)

    assert make_in(asked, "promote", "APPROVER=Ada").returncode == 0
    done = make_in(asked, "predict", "NEW=data/raw/small", "OUT=new.csv")
    assert done.returncode == 0, done.stderr
    again = {row["case_id"]: row for row in _rows(asked / "new.csv")}[table[0]["case_id"]]
    for name in NAMES:
        assert again[f"predicted_{name}"] == table[0][f"predicted_{name}"]
        assert float(again[f"score_{name}"]) == pytest.approx(float(table[0][f"score_{name}"]), rel=1e-5)

    done = make_in(asked, "score", f"TABLE={CANDIDATE}/predictions.csv", "OUT=scored")
    assert done.returncode == 0, done.stderr
    patient = _rows(asked / "data/raw/small/labels.csv")[20]["patient_id"]
    assert make_in(asked, "forget", f"ID={patient}").returncode == 0
    assert make_in(asked, "verify").returncode == 0


def test_what_a_classification_advises_for_several_findings_ends_well(asked: Path) -> None:
    path = asked / "configs/small.yaml"
    path.write_text(SMALL.replace("target: finding\n  positive: nodule", "target: listed"))
    done = make_in(asked, "cohort")
    assert done.returncode == 2, done.stdout
    told = [part for part in done.stderr.split("`") if part.startswith(("task", "separator", "findings"))]
    task, separator, findings = told
    lines = f"{task}\n" + SMALL.replace(
        "target: finding\n  positive: nodule", f"target: listed\n  {separator}\n  {findings}"
    )
    path.write_text(lines)
    done = make_in(asked, "cohort")
    assert done.returncode == 0, done.stderr
    assert "nodule " in done.stdout
