"""The table of thresholds, counted anew from the rows of predictions."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from html_tables import Grid
from statsmodels.stats.proportion import proportion_confint

from pipeline.page.facts import shown_interval, shown_value


def points(folder: Path) -> Grid:
    """Every cell counted anew from predictions.csv, a patient's score being the largest of its cases."""
    table = pd.read_csv(folder / "predictions.csv")
    people = table[table["part"] == "test"].groupby("patient_id")
    score, ill = people["score_nodule"].max(), people["truth"].max() == "nodule"
    in_use = json.loads((folder / "metrics.json").read_text())["thresholds"][0]["threshold"]
    labels = ["Sensitivity", "Specificity", "Positive predictive value", "Negative predictive value"]
    grid = [["Threshold", *labels, "Share flagged"]]
    for threshold in sorted({0.05, *(n / 10 for n in range(1, 10)), in_use}):
        called = score >= threshold
        sides = [(ill, called), (~ill, ~called), (called, ill), (~called, ~ill), (called | ~called, called)]
        counts = [(int((among & right).sum()), int(among.sum())) for among, right in sides]
        ends = [proportion_confint(*each, alpha=0.05, method="wilson") for each in counts]
        told = [
            f"{k} of {n} {shown_value(k / n)} ({shown_interval(*each)})"
            for (k, n), each in zip(counts, ends, strict=True)
        ]
        grid.append([f"{threshold:g}" + (" in use" if threshold == in_use else ""), *told])
    return grid
