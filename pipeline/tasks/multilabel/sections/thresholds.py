"""The decision on each finding: its threshold, what that finds and what it flags in vain, in patients."""

from __future__ import annotations

from typing import Any, Final

from pipeline.contracts.metrics import Threshold
from pipeline.page.artifacts import VALIDATION, Artifacts
from pipeline.page.facts import Fact, count, setting
from pipeline.page.section import Section, not_available
from pipeline.tasks.classification.sections.operating import shown
from pipeline.tasks.multilabel.sections.findings import confusion_of

KEY, TITLE = "thresholds", "At the thresholds"
_RATES: Final = ("sensitivity", "specificity", "ppv", "npv")


def build(artifacts: Artifacts) -> Section:
    """A row a finding: threshold, sensitivity and specificity with their counts, predictive values."""
    thresholds = {each.class_: each for each in artifacts.metrics.thresholds}
    rows = [
        _row(name, threshold, artifacts)
        for name in artifacts.question.names
        if (threshold := thresholds.get(name)) is not None
    ]
    if not rows:
        return not_available(KEY, TITLE, "no thresholds are recorded")
    first = artifacts.metrics.thresholds[0]
    words = {
        "unit": artifacts.unit,
        "rule": first.rule,
        "chosen": any(each.chosen_on == VALIDATION for each in thresholds.values()),
        "notes": [f"{name}: {each.reason}" for name, each in thresholds.items() if each.reason],
    }
    facts = {"target": setting("target", first.target)}
    return Section(KEY, TITLE, facts, {"rows": rows}, words=words)


def _row(name: str, threshold: Threshold, artifacts: Artifacts) -> dict[str, Any]:
    matrix = confusion_of(name, artifacts)
    (cleared, false), (missed, found) = matrix.matrix if matrix else ((0, 0), (0, 0))
    counts = {"found": found, "with_it": missed + found, "cleared": cleared, "without": cleared + false}
    return {
        "label": name,
        "shown": shown(float(threshold.threshold)),
        "threshold": Fact(
            "threshold",
            f"{threshold.threshold:.6g}",
            method="chosen on validation" if threshold.chosen_on == VALIDATION else "fixed beforehand",
            part=VALIDATION if threshold.chosen_on == VALIDATION else "",
            target=name,
            reason="chosen, not estimated",
        ),
        **{rate: artifacts.metric(rate, target=name) for rate in _RATES},
        **{key: count(key, number, f"{artifacts.unit}s", artifacts.part) for key, number in counts.items()},
    }
