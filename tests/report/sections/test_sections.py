"""Each section's arithmetic and judgement, on facts written out here."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from pipeline.contracts.drift import Area, AttributeDrift, Domain, Drift, OddScan
from pipeline.contracts.metrics import FILE, Difference
from pipeline.contracts.objects import plain
from pipeline.contracts.population import Group, Part, Population, Sources
from pipeline.errors import DamageError
from pipeline.evaluate.headline import with_headline
from pipeline.page.artifacts import Artifacts
from pipeline.report import document, page
from pipeline.report.sections import (
    comparison,
    flow,
    gallery,
    limitations,
    population,
    precision,
    subgroups,
    warnings,
)


def _with_metrics(read: Artifacts, *metrics: dict[str, Any]) -> Artifacts:
    whole = {"part": "test", "unit": "patient", "group": None, "class": None, "target": None}
    changed = {**plain(read.metrics), "metrics": [{**whole, **metric} for metric in metrics]}
    return replace(read, metrics=with_headline(FILE.of(changed), read.task, metric="auroc", bound=0.90))


def test_the_precision_box_takes_four_times_the_positives_to_halve_the_interval(read: Artifacts) -> None:
    metric = {
        "id": "auroc",
        "value": 0.9,
        "low": 0.84,
        "high": 0.94,
        "level": 0.95,
        "patients": 200,
        "positive_patients": 37,
    }
    facts = precision.build(_with_metrics(read, metric)).facts
    assert facts["half_width"].value == pytest.approx(0.05)
    assert facts["needed"].value == 148


def test_the_flow_adds_up_and_refuses_a_cohort_that_does_not(read: Artifacts) -> None:
    section = flow.build(read)
    out = sum(row["count"].value for row in section.tables["files_out"])
    assert section.facts["files"].value == section.facts["files_used"].value + out
    left = sum(row["count"].value for row in section.tables["cases_out"])
    assert section.facts["cases"].value == section.facts["cases_used"].value + left
    assert sum(row["patients"].value for row in section.tables["parts"]) == section.facts["patients"].value
    wrong = replace(read.cohort, flow=replace(read.cohort.flow, cases=1))
    with pytest.raises(DamageError, match="does not add up"):
        flow.build(replace(read, of_cohort=wrong))


def test_a_group_of_fewer_than_five_patients_is_hidden_with_its_share_and_difference(read: Artifacts) -> None:
    parts = {
        "train": Part(100, 100, 1.0, 1),
        "validation": Part(20, 20, 1.0, 1),
        "test": Part(44, 44, 1.0, 1),
    }
    numbers = {"train": 50, "validation": 0, "test": 4}
    shares = {"train": 0.5, "validation": 0.0, "test": 4 / 44}
    people = Population(parts, (Group("by_sex", "Sex", "M", numbers, shares, -1.0),))
    rows = population.build(replace(read, of_population=people)).tables["rows"]
    [men] = [row for row in rows if row["label"] == "M"]
    assert men["train"].value == 50
    assert (men["test"].value, men["test_share"].value, men["difference"].value) == (None, None, None)
    assert men["validation"].value == 0


def _group(value: float | None, **more: Any) -> dict[str, Any]:
    return {"id": "auroc", "value": value, "level": 0.95, "patients": 40, "positive_patients": 12, **more}


def _compared(group: str, high: float, p: float) -> Difference:
    return Difference(group, "all others", "auroc", "test", "patient", high - 0.1, low=high - 0.2, high=high, p=p, p_holm=p,
                      method="DeLong, two groups", patients=200)  # fmt: skip


def test_a_subgroup_is_named_as_worse_only_by_corrected_p_and_a_negative_difference(read: Artifacts) -> None:
    groups = {"by_sex=F": (-0.01, 0.01), "by_sex=M": (-0.01, 0.2), "by_sex=": (0.3, 0.01)}
    read = _with_metrics(read, *[_group(0.8, low=0.7, high=0.9, group=name) for name in groups])
    comparisons = [_compared(name, high, p) for name, (high, p) in groups.items()]
    section = subgroups.build(replace(read, metrics=replace(read.metrics, comparisons=tuple(comparisons))))
    assert section.words["worse"] == ["Sex: F"]
    assert section.words["too_few"] == []


def test_a_subgroup_too_small_to_judge_is_named_without_its_counts(read: Artifacts) -> None:
    small = _group(
        None, group="by_sex=F", reason="not estimable (3 patients with the finding)", positive_patients=3
    )
    section = subgroups.build(_with_metrics(read, small))
    assert section.words["too_few"] == ["Sex: F"]
    fact = section.tables["rows"][0]["fact"]
    assert (fact.patients, fact.positive_patients, fact.cases) == (None, None, None)
    assert "3" not in fact.reason


def test_warnings_name_several_looks_a_wrong_slope_failed_cases_and_drift(read: Artifacts) -> None:
    slope = {"id": "calibration_slope", "value": 0.6, "low": 0.4, "high": 0.8, "level": 0.95, "patients": 90}
    predictions = read.predictions.copy()
    predictions.loc[predictions["part"] == "test", "status"] = "failed"
    headline = {"id": "auroc", "value": 0.9, "low": 0.8, "high": 0.95, "level": 0.95, "patients": 90}
    planted = replace(_with_metrics(read, slope, headline), predictions=predictions)
    texts = " ".join(row["text"] for row in warnings.build(planted).tables["rows"])
    for words in ("more than one model", "too extreme", "without a prediction", "new scans differ"):
        assert words in texts
    quiet = replace(_with_metrics(read, headline), looks=read.looks[:1], drift=None)
    assert warnings.build(quiet).tables["rows"] == []


def test_a_headline_that_cannot_be_estimated_is_the_first_warning(read: Artifacts) -> None:
    none = _with_metrics(
        read, {"id": "auroc", "value": None, "reason": "not estimable (4 patients with the finding)"}
    )
    first = warnings.build(none).tables["rows"][0]
    assert first["fact"].reason == "not estimable (4 patients with the finding)"
    assert "tests every patient of the cohort" in first["text"]
    given = read.config.model_copy(
        update={"cohort": read.config.cohort.model_copy(update={"part_column": "split"})}
    )
    assert "cohort" not in warnings.build(replace(none, of_config=given)).tables["rows"][0]["text"]


def test_limits_follow_from_facts_and_a_missing_fact_gives_no_sentence(read: Artifacts) -> None:
    cases = read.cases.assign(by_site="A", by_age="60-69")
    # Seven patients have the 400 cases: it is patients that numbers rest on.
    many = replace(read.cohort.parts["test"], counts={"normal": 400, "nodule": 400})
    cohort = replace(read.cohort, parts={**read.cohort.parts, "test": many})
    people = {"normal": 300, "nodule": 7}
    groups = tuple(Group("target", "Label", name, {"test": n}, {}) for name, n in people.items())
    population = replace(read.population, groups=groups)
    found = replace(read, cases=cases, of_cohort=cohort, of_population=population)
    rows = limitations.build(found).tables["rows"]
    texts = [row["text"] for row in rows]
    assert any("from one site" in text for text in texts)
    [nodule] = [row for row in rows if "“nodule” has fewer than 10 test patients" in row["text"]]
    assert (nodule["fact"].value, nodule["fact"].unit) == (7, "patients")
    assert not any("normal" in text for text in texts)
    assert all(row["fact"].id for row in rows)


@pytest.mark.parametrize(
    ("by", "told", "since"),
    [
        ("features", "A classifier on what the champion's network sees (features), each scan", True),
        ("picture and grey values", "A classifier on picture and grey values of the scans, as the", False),
    ],
)
def test_what_tells_new_scans_is_the_network_only_where_it_was_asked(
    by: str, told: str, since: bool, read: Artifacts
) -> None:
    areas = (Area(0.8, 0.7, 0.9, 60, 40), Area(0.6, 0.5, 0.7, 60, 40))
    told_apart = Domain(*areas, 0.95, by, (OddScan("case-1", "patient-1", 2.5),))
    differs = AttributeDrift("kvp", "numeric", 9, 9, 0.1, 0.2, 0.3, 0.1, 0.1, (), "warn")
    found = replace(read, drift=Drift("warn", (differs,), domain=told_apart))
    html = page.html(document.build(found), found.pictures)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html)).replace("&#39;", "'")
    assert told in text
    assert ("since a network knows what it was trained on" in text) == since


def test_the_comparison_tells_rows_flips_drift_and_what_changed(read: Artifacts) -> None:
    section = comparison.build(read)
    assert section.facts["verdict"].value == "INCONCLUSIVE"
    assert [row["outcome"] for row in section.tables["reasons"]] == ["PASS", "UNKNOWN", "UNKNOWN"]
    assert section.facts["negative"].value == 8
    assert [row["name"] for row in section.tables["changes"]] == [
        "training patients",
        "training cases",
        "epochs",
    ]
    assert section.tables["drift"][0]["unseen"] == "CANON"


@pytest.mark.parametrize(
    ("verdict", "words"),
    [("", "no comparison"), ("FIRST", "no champion yet"), ("KEEP", "the champion itself")],
)
def test_without_a_comparison_the_section_says_why(verdict: str, words: str, read: Artifacts) -> None:
    stored = replace(read.comparison, verdict=verdict, reasons=()) if verdict else None
    assert words in comparison.build(replace(read, comparison=stored)).reason


def test_a_scale_bar_is_the_longest_round_length_within_a_third_of_the_picture(read: Artifacts) -> None:
    """64 pixels of 0.78 mm are 49.92 mm wide: 10 mm fit into a third, which is a width of 20.03 %."""
    item = gallery.build(read).tables["false_negative"][0]
    assert item["bar"].value == 10
    assert item["bar_width"] == "20.03%"


ELSEWHERE = "expect less elsewhere."


@pytest.mark.parametrize(
    ("sources", "reach"),
    [
        (
            Sources("new_in_test", "site", {"test": 1}, 1),
            f"Training lacks 1 of 1 sites of the test part, but none was kept apart beforehand: {ELSEWHERE}",
        ),
        (
            Sources("all_in_training", "site", {"test": 2}),
            f"The test part comes from sites that training has, too, as far as is known: {ELSEWHERE}",
        ),
        (
            Sources("one_source", "manufacturer", {"test": 1}),
            f"All parts come from one manufacturer, as far as is known: {ELSEWHERE}",
        ),
        (
            Sources("unknown"),
            f"Nothing tells the sources of training and of the test part apart: {ELSEWHERE}",
        ),
    ],
)
def test_how_far_a_result_reaches_is_said_as_far_as_sources_are_known(
    read: Artifacts, sources: Sources, reach: str
) -> None:
    told = replace(read, of_population=replace(read.population, sources=sources))
    assert warnings.build(told).words["source"] == reach
