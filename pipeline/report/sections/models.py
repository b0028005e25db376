"""Several models of one table side by side: what each is worth, and what each pair differs by."""

from __future__ import annotations

from typing import Any

from pipeline.contracts.metrics import Difference, Model
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import Fact, of_metric
from pipeline.page.section import Section, not_available

KEY, TITLE = "models", "The models side by side"

Json = dict[str, Any]


def build(artifacts: Artifacts) -> Section:
    """One row a model with its headline metrics, and one row a difference of two models."""
    measured = artifacts.metrics
    others = measured.models
    if not others:
        return not_available(KEY, TITLE, "one model alone")
    first = Model(measured.model or "", measured.metrics)
    values = [_values(artifacts, model) for model in (first, *others)]
    names = list(dict.fromkeys(name for row in values for name in row if name != "model"))
    pairs = [_pair(entry, artifacts) for entry in artifacts.comparisons() if _is_shown(entry, artifacts)]
    words = {
        "first": first.model,
        "metrics": [{"name": name, "short": artifacts.short(name)} for name in names],
    }
    return Section(KEY, TITLE, {}, {"values": values, "pairs": pairs}, words=words)


def _values(artifacts: Artifacts, model: Model) -> Json:
    """The headline metrics of a model on the reported part, by name."""
    row: Json = {"model": model.model}
    shown = artifacts.task.measures.SHOWN
    for metric in model.metrics:
        headline = metric.part == artifacts.part and metric.unit == artifacts.unit
        if headline and metric.id in shown and metric.class_ is None and metric.group is None:
            row[metric.id] = of_metric(metric, artifacts.measured_in(metric.id))
    return row


def _is_shown(entry: Difference, artifacts: Artifacts) -> bool:
    return entry.family.endswith("pairs of models") and entry.part == artifacts.part


def _pair(entry: Difference, artifacts: Artifacts) -> Json:
    shared: Json = {"part": entry.part, "rule": entry.rule, "patients": entry.patients}
    value = entry.difference
    reason = entry.reason or ("not compared" if value is None else "")
    measured_in = artifacts.measured_in(entry.metric)
    return {
        "a": entry.a,
        "b": entry.b,
        "short": artifacts.short(entry.metric),
        "difference": Fact(
            "difference", value, entry.low, entry.high, entry.level, method=entry.method,
            measured_in=measured_in, reason=reason, **shared,
        ),
        "only_a": _count("only_a_right", entry.only_a_right, entry.part),
        "only_b": _count("only_b_right", entry.only_b_right, entry.part),
        "p": _p("p", entry.p, entry.method, shared),
        "p_holm": _p("p_holm", entry.p_holm, "Holm", shared),
    }  # fmt: skip


def _count(name: str, counted: int | None, part: str) -> Fact:
    reason = "a count, not an estimate" if counted is not None else "not a share of decisions"
    return Fact(name, counted, unit="patients", method="count", part=part, reason=reason)


def _p(name: str, value: float | None, method: str, shared: Json) -> Fact:
    return Fact(name, value, unit="p value", method=method, reason="a p value", **shared)
