"""A cohort too small for one test part: an analysis for each fold, and their test parts scored together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from faulty_projects import edit
from small_project import make_in

from pipeline.page.facts import shown_value
from scanloom import open as opened

FOLDS = 3


@pytest.mark.slow
def test_the_analyses_of_all_folds_test_everybody_once_and_are_scored_together(fresh: Path) -> None:
    edit(fresh, "epochs: 2", "epochs: 2\n  controls: false")
    made = make_in(fresh, "folds", f"OF={FOLDS}")
    assert made.returncode == 0, made.stdout + made.stderr
    tested, everybody = [], set()
    for number in range(1, FOLDS + 1):
        name = f"configs/small-fold-{number}-of-{FOLDS}.yaml"
        audited = make_in(fresh, "audit", f"CONFIG={name}")
        assert "(100.00%)" in audited.stdout, audited.stdout + audited.stderr
        analysis = opened(fresh / name)
        everybody |= set(analysis.cohort["person_id"])
        tested += sorted(set(analysis.predictions.query("part == 'test'")["patient_id"]))
    assert sorted(tested) == sorted(everybody)
    out = fresh / f"reports/small-folds-of-{FOLDS}"
    [folds] = json.loads((out / "metrics.json").read_text(encoding="utf-8"))["folds"]
    assert sum(metric["patients"] for metric in folds["metrics"]) == len(everybody)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Bates, Hastie &amp; Tibshirani" in page
    assert shown_value(folds["mean"]) in page
