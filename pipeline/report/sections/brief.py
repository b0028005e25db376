"""The first screen: what the model is for, what it is worth, and whether the goal was met."""

from __future__ import annotations

from pipeline.report.artifacts import Artifacts
from pipeline.report.facts import count
from pipeline.report.headline import ABBREVIATIONS, goal_of, headline
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


def build(artifacts: Artifacts) -> Section:
    """The one paragraph, the one table and the verdict against the goal fixed beforehand."""
    labels = BINARY if artifacts.positive is not None else MULTICLASS
    goal = goal_of(artifacts)
    test = artifacts.cohort["parts"]["test"]
    facts = {
        "headline": headline(artifacts),
        "patients": count("test_patients", test["patients"], "patients", "test"),
        "cases": count("test_cases", test["cases"], "cases", "test"),
        "goal": goal.fact,
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
        "outcome": goal.outcome,
        "metric": ABBREVIATIONS.get(goal.metric, goal.metric),
        "positive": artifacts.positive,
        "classes": artifacts.classes,
        "intended_use": artifacts.config["report"].get("intended_use", ""),
        "unit": artifacts.unit,
        "modalities": _values(artifacts, "by_modality") or list(artifacts.config["ingest"]["modalities"]),
        "sites": _values(artifacts, "by_site"),
        "manufacturers": _values(artifacts, "by_manufacturer"),
    }
    return Section(KEY, TITLE, facts, {"rows": rows}, words=words)


def _values(artifacts: Artifacts, column: str) -> list[str]:
    test = artifacts.cases[artifacts.cases["part"] == "test"]
    return sorted(set(test[column]) - {""}) if column in test else []
