"""On another source: every number of the patients from elsewhere beside that of the test part."""

from __future__ import annotations

from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import Fact, count, of_metric
from pipeline.page.headline import headline_name
from pipeline.page.section import Section, not_available
from pipeline.records import EXTERNAL

KEY, TITLE = "external", "On another source"
LEFT_OUT = {
    "external_answer_unknown": "by the cohort: an answer that no scan of the first source has",
    "external_in_other_part": "by the cohort: the patient is in another part",
}
"""What the reasons of the cohort mean that leave out scans of another source for being of it."""
NONE = "no patients of another source were measured; `cohort.external` names them"


def build(artifacts: Artifacts) -> Section:
    """A row a metric over the whole part, in the order of metrics.json, beside the test part's."""
    if not artifacts.of_another_source:
        return not_available(KEY, TITLE, NONE)
    name = headline_name(artifacts)
    rows = artifacts.predictions[artifacts.task.measures.measurable(artifacts.predictions, EXTERNAL)]
    facts = {
        "headline": artifacts.metric(name),
        "external": artifacts.metric(name, part=EXTERNAL),
        "patients": count("external_measured_patients", rows["patient_id"].nunique(), "patients", EXTERNAL),
        "cases": count("external_measured_cases", len(rows), "cases", EXTERNAL),
    }
    tables = {"rows": _rows(artifacts), "left_out": _left_out(artifacts)}
    words = {"metric": artifacts.short(name), "unit": artifacts.unit}
    return Section(KEY, TITLE, facts, tables, words=words)


def _rows(artifacts: Artifacts) -> list[dict[str, Any]]:
    """The metrics that have a name for people, of both parts; one of them alone has the other's reason."""
    known = artifacts.task.measures.METRICS
    of_part: dict[str, dict[tuple[str, str], Fact]] = {artifacts.part: {}, EXTERNAL: {}}
    for metric in artifacts.of_unit(artifacts.metrics.metrics):
        if metric.part in of_part and metric.group is None and metric.id in known:
            fact = of_metric(metric, artifacts.measured_in(metric.id))
            of_part[metric.part].setdefault((fact.id, fact.target), fact)
    return [
        {
            "label": known[name].label,
            "of": target,
            "fact": of_part[artifacts.part].get((name, target), Fact(name, None, reason="not computed")),
            EXTERNAL: fact,
        }
        for (name, target), fact in of_part[EXTERNAL].items()
    ]


def _left_out(artifacts: Artifacts) -> list[dict[str, Any]]:
    """What the cohort left out for being of the other source, then what the evaluation did."""
    before = artifacts.cohort.flow.excluded
    return [
        {"unit": "case", "reason": told, "count": count(f"cases_{reason}", before[reason], "cases")}
        for reason, told in LEFT_OUT.items()
        if before.get(reason)
    ] + [
        {
            "unit": row.unit,
            "reason": row.reason,
            "count": count("left_out", row.count, f"{row.unit}s", EXTERNAL),
        }
        for row in artifacts.metrics.left_out
        if row.part == EXTERNAL
    ]
