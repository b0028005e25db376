"""The first screen: what the model is for, what it is worth, and whether the goal was met."""

from __future__ import annotations

from typing import Any

from pipeline.report.artifacts import Artifacts
from pipeline.report.facts import Fact, count, setting
from pipeline.report.section import Section

KEY, TITLE = "brief", "In brief"
BINARY = {
    "auroc": "Ranks a patient with {positive} above one without",
    "sensitivity": "Finds patients with {positive}",
    "specificity": "Leaves patients without {positive} alone",
    "ppv": "An alarm is right",
    "npv": "An all-clear is right",
}
MULTICLASS = {
    "macro_auroc": "Ranks a patient of a class above the others, mean over classes",
    "accuracy": "Names the right class",
    "balanced_accuracy": "Names the right class, every class counting alike",
    "macro_f1": "Balance of finding and being right, mean over classes",
    "kappa": "Agreement beyond chance",
}
ABBREVIATIONS = {
    "auroc": "AUROC", "sensitivity": "sensitivity", "specificity": "specificity", "ppv": "PPV", "npv": "NPV",
    "macro_auroc": "macro AUROC", "accuracy": "accuracy", "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1", "kappa": "Cohen's kappa", "auprc": "average precision",
}  # fmt: skip


def build(artifacts: Artifacts) -> Section:
    """The one paragraph, the one table and the verdict against the goal fixed beforehand."""
    labels = BINARY if artifacts.positive is not None else MULTICLASS
    goal = goal_of(artifacts)
    test = artifacts.cohort["parts"]["test"]
    facts = {
        "headline": headline(artifacts),
        "patients": count("test_patients", test["patients"], "patients", "test"),
        "cases": count("test_cases", test["cases"], "cases", "test"),
        "train_patients": count(
            "train_patients", artifacts.cohort["parts"]["train"]["patients"], "patients", "train"
        ),
        "goal": goal["fact"],
        "accuracy": artifacts.metric("accuracy"),
    }
    rows = [
        {
            "label": label.format(positive=artifacts.positive),
            "short": ABBREVIATIONS[name],
            "fact": artifacts.metric(name),
        }
        for name, label in labels.items()
    ]
    words = {
        "outcome": goal["outcome"],
        "metric": ABBREVIATIONS.get(goal["metric"], goal["metric"]),
        "positive": artifacts.positive,
        "classes": artifacts.classes,
        "intended_use": artifacts.config["report"].get("intended_use", ""),
        "unit": artifacts.unit,
        "modalities": _values(artifacts, "by_modality"),
        "manufacturers": _values(artifacts, "by_manufacturer"),
    }
    return Section(KEY, TITLE, facts, {"rows": rows}, words=words)


def headline(artifacts: Artifacts) -> Fact:
    """The metric of the goal, else the area under the ROC curve."""
    return artifacts.metric(headline_name(artifacts))


def headline_name(artifacts: Artifacts) -> str:
    """The name of the headline metric."""
    goal = artifacts.config["evaluate"].get("goal")
    if goal:
        return (
            str(goal["metric"])
            if artifacts.positive is not None or goal["metric"] != "auroc"
            else "macro_auroc"
        )
    return "auroc" if artifacts.positive is not None else "macro_auroc"


def goal_of(artifacts: Artifacts) -> dict[str, Any]:
    """The goal, and whether the headline's interval settles it: met, not_met, cannot_tell or no_goal."""
    goal = artifacts.config["evaluate"].get("goal")
    fact, name = headline(artifacts), headline_name(artifacts)
    if not goal:
        return {"fact": setting("goal", None), "outcome": "no_goal", "metric": name}
    return {
        "fact": setting("goal", goal["at_least"]),
        "outcome": outcome(fact, goal["at_least"]),
        "metric": name,
    }


def outcome(fact: Fact, at_least: float) -> str:
    """Whether an interval lies above a goal, below it, or on both sides of it."""
    if fact.low is None or fact.high is None:
        return "cannot_tell"
    if fact.low >= at_least:
        return "met"
    return "not_met" if fact.high < at_least else "cannot_tell"


def _values(artifacts: Artifacts, column: str) -> list[str]:
    test = artifacts.cases[artifacts.cases["part"] == "test"]
    return sorted(set(test[column]) - {""}) if column in test else []
