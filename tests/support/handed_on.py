"""One whole record of every hand-over, and how to lay changed ones into a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.contracts import (
    cohort,
    comparison,
    controls,
    drift,
    generation,
    ingested,
    insights,
    leaks,
    metrics,
    model_record,
    normalized,
    operating,
    pointer,
    population,
    report,
    robustness,
    rule,
    scan_pictures,
    stamp,
    strangers,
)
from pipeline.contracts.unopened import Unopened
from pipeline.records import PARTS
from pipeline.workspace import Workspace


def asked(*classes: str, positive: str | None = None) -> Unopened:
    """The question which of these classes a scan is of, as a record holds it."""
    return Unopened({"classes": list(classes), "positive": positive})


ASKED = asked("no", "yes", positive="yes")
MODEL = model_record.ModelRecord(
    model_sha256="3" * 64,
    question=ASKED,
    input_shape=(2, 2, 2),
    recipe=({"z_score": {}},),
    recipe_id="0123456789ab",
    precision="float32",
)
POINTER = pointer.Pointer("0001", "3" * 64, "Ada", "first", "2026-05-02T09:14:00+00:00")
THRESHOLD = metrics.Threshold(0.5)
OPERATING = operating.Operating(
    ASKED, Unopened({"temperature": 1.0, "thresholds": [{"threshold": 0.5}]}), "max", "patient"
)
COUNTS = cohort.Counts(2, 3, {"no": 2, "yes": 1})
COHORT = cohort.Cohort(
    question=ASKED,
    digest="cohort",
    join=cohort.Join("id", "study", 3, 3),
    flow=cohort.Flow({"accepted": {"ok": 3}}, 3, 3, {}, 2),
    parts={"test": COUNTS},
    notices=(cohort.Notice("label_empty", 1, "a label is empty", ("case-1",)),),
    eras={"1": {"test": COUNTS}},
    images_across_parts=0,
)
NORMALIZED = normalized.Normalized(({"z_score": {}},), "0123456789ab", (2, 2, 1), (0.5, 0.5), "float16", 3)
METRIC = metrics.Metric(
    "auroc", "test", "patient", 0.9, 0.8, 0.95, 0.95, "delong", "T3", patients=9, cases=10
)
FLIP = comparison.Flip("person-1", "yes", "yes", "no", "yes", 0.6, 0.2)
COMPARISON = comparison.Comparison(
    verdict="KEEP",
    line="VERDICT KEEP",
    reasons=(comparison.Reason("no loss was shown", "guard_brier", value=0.1, low=None, n_more=3),),
    notes=("a note",),
    candidate=comparison.Judged("4" * 64),
    champion=comparison.Reference("0001", "3" * 64),
    files={"cohort.csv": "5" * 64},
    look=comparison.Look(1, 5),
    alpha=0.01,
    flips=comparison.Flips(
        9, 1, 0, 0.1, 1.0, 0.5, (FLIP,), both_right=7, both_wrong=1, level=0.95,
        sides=comparison.Sides("", 9, 1, 0, 0.003, 0.48, 0.0, 0.34),
        classes=(comparison.Sides("yes", 4, 1, 0, 0.006, 0.81, 0.0, 0.6),),
    ),
    ledgers={"looks": {"lines": 1, "head": "6" * 64}},
)  # fmt: skip
DRIFT = drift.Drift(
    "warn",
    (drift.AttributeDrift("kvp", "numeric", 9, 9, 0.1, 0.2, 0.3, 0.1, 0.1, (), "warn"),),
    inputs="7" * 64,
    domain=drift.Domain(
        drift.Area(0.8, 0.7, 0.9, 60, 40),
        None,
        0.95,
        "features",
        (drift.OddScan("case-1", "patient-1", 2.5),),
    ),
)
SHOWN = scan_pictures.ScanPicture("case-1", "person-1", 2, "AAAAAA==", (0.0, 1.0), "HU", 3, 5, ("R", "L"))
INSIGHTS = insights.Insights(
    insights.Gallery(
        "grad_cam",
        "last_features",
        (insights.Shown("false_negative", "case-1", "person-1", "yes", "no", 0.9, None, "gallery_000"),),
        insights.Checks(1, 0.1, 0.2, 0.0),
    ),
    insights.Filters("first_convolution", "filters"),
    insights.Field("field", 1, 12.5),
    seed=1,
)
LEAKS = leaks.Leaks(
    (leaks.Check("near_duplicates", "Near copies", "fail", 1.0, 0.0, "one pair", "looked at"),),
    (leaks.Lookalike("case-1", "case-2", 2, 1.1, "cut", ("AAAA", "AAAA"), "text"),),
)
NETWORKS = controls.Networks("9" * 64, 60, (controls.Network("border_only", "a" * 64, 4),), 12.5, "none")
POPULATION = population.Population(
    {part: population.Part(3, 4, 1.0, 2) for part in PARTS},
    (population.Group("by_sex", "Sex", "F", dict.fromkeys(PARTS, 1), dict.fromkeys(PARTS, 1 / 3), 0.0),),
)
CONTROLS = controls.Controls(
    (controls.Control("border_only", "fail", METRIC, 0.5, 0.91, 4, "the border tells it"),), 60, 12.5
)
REPORT = report.Report(
    run="0123456789ab",
    created="2026-05-02T09:14:00+00:00",
    html_digest="8" * 64,
    sections=(report.Section("brief", {"headline": {"id": "auroc", "value": 0.9}}),),
    verdict=report.Outcome("met", "auroc"),
)
WHOLE: dict[str, Any] = {
    ingested.FILE.name: ingested.Ingested("key", "1" * 64, "2" * 64, {"accepted": {"ok": 3}}),
    cohort.FILE.name: COHORT,
    normalized.FILE.name: NORMALIZED,
    normalized.REFUSED.name: normalized.Refused(
        {"0123456789ab": (normalized.Refusal("case-1", "too_large", "4000 x 4000", "9" * 64),)}
    ),
    drift.FILE.name: DRIFT,
    model_record.FILE.name: MODEL,
    operating.FILE.name: OPERATING,
    rule.FILE.name: rule.Rule({"resamples": 200}, {"margin": 0.05}),
    metrics.FILE.name: metrics.Metrics(
        ASKED, (METRIC, replace(METRIC, class_="yes")), thresholds=(THRESHOLD,)
    ),
    insights.FILE.name: INSIGHTS,
    leaks.FILE.name: LEAKS,
    strangers.FILE.name: strangers.Strangers(
        0.05,
        30,
        {"picture": strangers.Kind((0.5, 0.1), (1.0, 2.0), ((0.6, 0.8),), (1.5,), 0.4, (1.1, 1.2))},
        limit=1.6,
        words={"modality": ("CT", "MR")},
        ranges={"spacing": (0.7, 1.2)},
    ),
    strangers.ODDEST.name: strangers.Oddest(
        strangers.Share(1, 40, 0.95, 0.025, 0.004, 0.129),
        (strangers.Odd("case-1", "patient-1", 2.5, "blank", SHOWN),),
    ),
    robustness.FILE.name: robustness.Robustness(
        9,
        40,
        "auroc",
        robustness.Point(0.0, 0.9, 0.8, 0.95, "", 0.0, 0.0, 0.3),
        (robustness.Curve("noise", "%", (robustness.Point(1.0, 0.8, 0.7, 0.9),), 1.0, None),),
        *(0.95, 0.85, 2.7, (0.0, 1.0), 1),
    ),
    comparison.FILE.name: COMPARISON,
    scan_pictures.ODD.name: scan_pictures.Pictured(
        (scan_pictures.ScanPicture("case-1", "person-1", hidden="text may be in its pixels"),)
    ),
    scan_pictures.FLIPS.name: scan_pictures.Pictured((SHOWN,)),
    controls.FILE.name: CONTROLS,
    controls.NETWORKS.name: NETWORKS,
    population.FILE.name: POPULATION,
    pointer.FILE.name: POINTER,
    generation.FILE.name: generation.Seal({"cohort.csv": "5" * 64}),
    stamp.of("STAGE").name: stamp.Stamp({"cohort.csv": "5" * 64}, "STAGE"),
    report.FILE.name: REPORT,
}
"""A record with something in every field that is not empty by nature, by the name of its file."""


def point_at(workspace: Workspace, generation: str, model_sha256: str = POINTER.model_sha256) -> None:
    """Makes the generation the champion."""
    found = replace(POINTER, generation=generation, model_sha256=model_sha256)
    pointer.FILE.write(workspace.reports, found)


def model_in(folder: Path, **changes: Any) -> None:
    """Writes the record of a model."""
    model_record.FILE.write(folder, replace(MODEL, **changes))
