"""A cohort too small for one test part: an analysis for each fold, and their test parts scored together."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from small_project import SMALL, make_in

from pipeline.page.facts import shown_value
from scanloom import open as opened

FOLDS = 3


@pytest.mark.slow
@pytest.mark.xdist_group("make")
def test_the_analyses_of_all_folds_test_everybody_once_and_are_scored_together(
    fresh: Path,
) -> None:
    project, tested, everybody = fresh, [], set()
    for number in range(1, FOLDS + 1):
        name = f"configs/small-{number}.yaml"
        fold = f"  positive: nodule\n  fold: {{held_out: {number}, of: {FOLDS}}}\n"
        text = SMALL.replace("  positive: nodule\n", fold).replace(
            "epochs: 2", "epochs: 2\n  controls: false"
        )
        (project / name).write_text(text, encoding="utf-8")
        made = make_in(project, "report", f"CONFIG={name}")
        assert made.returncode == 0, made.stdout + made.stderr
        audited = make_in(project, "audit", f"CONFIG={name}")
        assert "(100.00%)" in audited.stdout, audited.stdout + audited.stderr
        analysis = opened(project / name)
        everybody |= set(analysis.cohort["person_id"])
        rows = analysis.predictions.query("part == 'test'")
        tested.append(rows.drop(columns="part").assign(fold=number))
    table = pd.concat(tested)
    assert set(table["patient_id"]) == everybody
    table.to_csv(project / "folds.csv", index=False)
    scored = make_in(project, "score", "TABLE=folds.csv", "OUT=out")
    assert scored.returncode == 0, scored.stdout + scored.stderr
    [folds] = json.loads((project / "out" / "metrics.json").read_text(encoding="utf-8"))["folds"]
    assert sum(metric["patients"] for metric in folds["metrics"]) == len(everybody)
    page = (project / "out" / "report.html").read_text(encoding="utf-8")
    assert "Bates, Hastie &amp; Tibshirani" in page
    assert shown_value(folds["mean"]) in page
