"""A table from elsewhere with several findings: read, measured, and asked for what it doesn't say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from pipeline.contracts import metrics as contract
from pipeline.errors import DataError
from pipeline.evaluate.score import score
from pipeline.foreign import Columns, Foreign, read

HEADER = "case_id,patient_id,truth_edema,truth_mass,score_edema,score_mass"


def rows(count: int = 60) -> list[str]:
    generator = np.random.default_rng(0)
    lines = []
    for number in range(count):
        truth = generator.integers(0, 2, 2)
        said = np.clip(0.5 + 0.2 * truth + generator.normal(0, 0.2, 2), 0, 1)
        mass = "" if number % 7 == 0 else ("yes", "no")[1 - truth[1]]
        lines.append(f"c{number},p{number},{truth[0]},{mass},{said[0]:.4f},{said[1]:.4f}")
    return lines


def table(folder: Path, header: str, lines: list[str], columns: Columns | None = None) -> Foreign:
    path = folder / "findings.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return read(path, columns or Columns())


def test_a_truth_and_a_score_for_each_finding_are_measured_together(tmp_path: Path) -> None:
    foreign = table(tmp_path, HEADER, rows())
    assert foreign.task.name == "multilabel"
    score(foreign, tmp_path)
    record = contract.FILE.read(tmp_path)
    cells = [line.split(",") for line in rows()]
    known = [row for row in cells if row[3]]
    areas = [
        roc_auc_score([int(row[2]) for row in cells], [float(row[4]) for row in cells]),
        roc_auc_score([row[3] == "yes" for row in known], [float(row[5]) for row in known]),
    ]
    macro = next(metric for metric in record.metrics if metric.id == "macro_auroc")
    assert macro.value == pytest.approx(np.mean(areas))
    assert [threshold.class_ for threshold in record.thresholds] == ["edema", "mass"]
    assert record.headline is not None
    assert record.headline.metric == "macro_auroc"


def test_models_beside_each_other_are_compared_on_the_same_patients(tmp_path: Path) -> None:
    header = "case_id,patient_id,truth_edema,truth_mass,a_edema,a_mass,b_edema,b_mass"
    lines = [f"{line},0.5,{0.3 + 0.01 * (number % 50)}" for number, line in enumerate(rows())]
    foreign = table(tmp_path, header, lines, Columns(models=("a", "b")))
    score(foreign, tmp_path)
    record = contract.FILE.read(tmp_path)
    pairs = {entry.metric: entry for entry in record.comparisons if (entry.a, entry.b) == ("a", "b")}
    assert set(pairs) == {"macro_auroc", "exact_match"}
    assert pairs["macro_auroc"].difference is not None
    assert pairs["macro_auroc"].difference < 0


def test_a_finding_without_scores_is_refused_by_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no column 'score_mass' \(.*'score_maas'"):
        table(tmp_path, HEADER.replace("score_mass", "score_maas"), rows())


def test_a_truth_in_another_word_is_refused_with_its_line(tmp_path: Path) -> None:
    lines = rows()
    lines[4] = lines[4].replace(",", ",", 1).replace(lines[4].split(",")[3], "maybe")
    with pytest.raises(DataError, match="line 6: 'maybe' says neither yes nor no"):
        table(tmp_path, HEADER, lines)


def test_a_single_finding_is_a_classification_and_the_command_to_ask_so_works(tmp_path: Path) -> None:
    lines = [",".join([*line.split(",")[:3], line.split(",")[4]]) for line in rows()]
    header = "case_id,patient_id,truth_edema,score_edema"
    with pytest.raises(DataError, match="TRUTH=truth_edema"):
        table(tmp_path, header, lines)
    named = Columns(truth="truth_edema", score="score_edema", positive="1")
    assert table(tmp_path, header, lines, named).task.name == "classification"
