"""Which sections the report of a classification has, with which words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pipeline.tasks.classification import remarks
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.classification.figures import decision, precision_recall, reliability, roc
from pipeline.tasks.classification.figures import thousand as thousand_squares
from pipeline.tasks.classification.sections import curves, operating, sets, thousand
from pipeline.tasks.contract import Grouped, Number, Score
from pipeline.tasks.modules.page import Build, Draw

IN_BRIEF: Final = ("thousand",)
TESTED: Final = ("operating", "roc", "precision_recall", "reliability", "sets", "decision", "subgroups")
INSIDE: Final = ("gallery", "network", "robustness", "learning")
"""The sections of the chapters, by key; what every task has stands in the report itself."""

SECTIONS: Final[Mapping[str, Build]] = {
    "decision": curves.decision,
    "operating": operating.build,
    "precision_recall": curves.precision_recall,
    "reliability": curves.reliability,
    "roc": curves.roc,
    "sets": sets.build,
    "thousand": thousand.build,
}
FIGURES: Final[Mapping[str, Draw]] = {
    "decision": decision.draw,
    "precision_recall": precision_recall.draw,
    "reliability": reliability.draw,
    "roc": roc.draw,
    "thousand": thousand_squares.draw,
}
TEMPLATES: Final = Path(__file__).parent / "templates"
PAIRED: Final = {"roc": "precision_recall"}

warnings, limits = remarks.warnings, remarks.limits

GALLERY: Final = "The surest errors, the surest hits"
"""The title of the section with pictures of cases."""

METHODS: Final = {
    "paired DeLong": "Difference of two areas on the same patients (DeLong 1988).",
    "DeLong, two groups": "Difference of two areas on different patients, variances added (DeLong 1988).",
    "Obuchowski, two groups": "The same; variances keep a patient's cases together (Obuchowski 1997).",
    "McNemar, exact": "Exact binomial test of those whom only one model gets right (McNemar 1947).",
    "whole people": "Whole people: diseased, then found and cleared, halves up; the rest by subtraction.",
}
"""What the methods stand for that have no rule and no other task uses."""

LEARNING: Final = (
    {
        "label": "Loss (cross-entropy)",
        "lines": [["loss", "Training"], ["val_loss", "Validation"]],
        "range": [0, None],
    },
    {
        "label": "Accuracy, AUROC",
        "lines": [
            ["accuracy", "Training"],
            ["val_accuracy", "Validation"],
            ["val_auroc", "Validation AUROC"],
        ],
        "range": [None, 1.0],
    },
)
"""What is drawn of the history of training, side by side: columns of history.csv with their labels."""

_BRIEF_OF_FINDING: Final = {
    "auroc": "Ranks a {unit} with {positive} above one without",
    "sensitivity": "Finds {unit}s with {positive}",
    "specificity": "Leaves {unit}s without {positive} alone",
    "ppv": "An alarm is right",
    "npv": "An all-clear is right",
}
_BRIEF_OF_MANY: Final = {
    "macro_auroc": "Ranks a {unit} of a class above the others, mean over classes",
    "accuracy": "Names the right class",
    "balanced_accuracy": "Names the right class, every class counting alike",
    "macro_f1": "Balance of finding and being right, mean over classes",
    "kappa": "Agreement beyond chance",
}
_GALLERY: Final = {
    "false_negative": "Missed: called {negative}, but {positive}",
    "false_positive": "False alarm: called {positive}, but {negative}",
    "true_positive": "Found: {positive}, and called so",
    "true_negative": "Left alone: {negative}, and called so",
    "error": "Wrong",
    "hit": "Right",
}


def brief(question: Classes, *, unit: str) -> dict[str, str]:
    """The metrics of the first table, each with what it says in plain words; `unit` has one vote."""
    if question.finding is None:
        return {name: text.format(unit=unit) for name, text in _BRIEF_OF_MANY.items()}
    positive = question.names[question.finding]
    return {name: text.format(positive=positive, unit=unit) for name, text in _BRIEF_OF_FINDING.items()}


def finding(question: Classes) -> str:
    """What the patients have that are counted beside all: the positive class, empty where there is none."""
    return question.positive or ""


def lead(question: Classes, headline: str, number: Callable[[str], Number], *, unit: str) -> str:
    """What the headline means, in whole numbers; empty where there is none. `unit` has one vote."""
    area, accuracy = number(headline), number("accuracy")
    if headline == "auroc" and area.value is not None and question.finding is not None:
        positive = question.names[question.finding]
        return (
            f"Of one {unit} with {positive} and one without, the one with {positive} gets the higher score "
            f"in {_of_hundred(area.value)} of 100 such pairs{_plausibly(area)}."
        )
    if accuracy.value is None:
        return ""
    said = f"The right class is named for {_of_hundred(accuracy.value)} of 100 {unit}s"
    return f"{said}{_plausibly(accuracy)}."


def gallery(question: Classes) -> dict[str, str]:
    """The kinds of cases that the gallery shows, each with its heading."""
    if question.finding is None:
        return {kind: _GALLERY[kind] for kind in ("error", "hit")}
    positive = question.names[question.finding]
    negative = " or ".join(name for name in question.names if name != positive)
    kinds = [kind for kind in _GALLERY if "_" in kind]
    return {kind: _GALLERY[kind].format(positive=positive, negative=negative) for kind in kinds}


def measured_in(metric: str, question: Classes) -> str:
    """The unit of a metric's values: none, for all metrics of a classification are pure numbers."""
    return ""


def score(question: Classes) -> Score:
    """What the score of a case is, and how it is printed."""
    return Score("probability after temperature", in_per_cent=True)


def fixed_by_validation(question: Classes) -> str:
    """What the validation part fixed of later answers."""
    return "temperature" if question.finding is None else "threshold and temperature"


def use_of_validation(question: Classes) -> str:
    """What the validation part of a table from elsewhere is used for, empty for nothing."""
    if question.finding is None:
        return ""
    return "the threshold was chosen on it; beside the curves for comparison"


def population(values: Sequence[str], question: Classes) -> tuple[Grouped, ...]:
    """How the table of the data counts cases: by their class."""
    return (Grouped("Label", values, sorted(set(values))),)


def output(question: Classes) -> str:
    """What the model gives for a scan, in words."""
    return f"a probability for each of {', '.join(question.names)}"


def _of_hundred(share: float) -> int:
    return round(100 * share)


def _plausibly(number: Number) -> str:
    if number.low is None or number.high is None:
        return ""
    return f" (plausibly {_of_hundred(number.low)} to {_of_hundred(number.high)})"
