"""Which sections the report of a classification has, with which words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.classification.figures import decision, precision_recall, reliability, roc
from pipeline.tasks.classification.figures import thousand as thousand_squares
from pipeline.tasks.classification.sections import curves, operating, thousand
from pipeline.tasks.contract import Number
from pipeline.tasks.modules.page import Build, Draw

IN_BRIEF: Final = ("thousand",)
TESTED: Final = ("operating", "roc", "precision_recall", "reliability", "decision", "subgroups")
INSIDE: Final = ("gallery", "network", "shifts", "learning")
"""The sections of the chapters, by key; what every task has stands in the report itself."""

SECTIONS: Final[Mapping[str, Build]] = {
    "decision": curves.decision,
    "operating": operating.build,
    "precision_recall": curves.precision_recall,
    "reliability": curves.reliability,
    "roc": curves.roc,
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

CALIBRATION: Final = (
    "calibration_slope", "calibration_intercept", "o_over_e", "ece", "ece_null_mean", "brier", "brier_skill",
    "log_loss",
)  # fmt: skip
"""The metrics of the section on probabilities."""

TRUTH: Final = "Label"
"""What the truth of a case is called in the table of the data."""

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
    "auroc": "Ranks a patient with {positive} above one without",
    "sensitivity": "Finds patients with {positive}",
    "specificity": "Leaves patients without {positive} alone",
    "ppv": "An alarm is right",
    "npv": "An all-clear is right",
}
_BRIEF_OF_MANY: Final = {
    "macro_auroc": "Ranks a patient of a class above the others, mean over classes",
    "accuracy": "Names the right class",
    "balanced_accuracy": "Names the right class, every class counting alike",
    "macro_f1": "Balance of finding and being right, mean over classes",
    "kappa": "Agreement beyond chance",
}
_NUMBERS_OF_FINDING: Final = (
    "sensitivity", "specificity", "ppv", "npv", "lr_positive", "lr_negative", "alarm_share", "accuracy",
    "balanced_accuracy", "f1", "mcc",
)  # fmt: skip
_NUMBERS_OF_MANY: Final = ("accuracy", "balanced_accuracy", "macro_f1", "macro_auroc", "kappa", "mcc")
_OF_CLASS: Final = ("auroc", "recall", "precision", "f1")
_GALLERY: Final = {
    "false_negative": "Missed: called {negative}, but {positive}",
    "false_positive": "False alarm: called {positive}, but {negative}",
    "true_positive": "Found: {positive}, and called so",
    "true_negative": "Left alone: {negative}, and called so",
    "error": "Wrong",
    "hit": "Right",
}


def brief(question: Classes) -> dict[str, str]:
    """The metrics of the first table, each with what it says in plain words."""
    if question.finding is None:
        return dict(_BRIEF_OF_MANY)
    positive = question.names[question.finding]
    return {name: text.format(positive=positive) for name, text in _BRIEF_OF_FINDING.items()}


def finding(question: Classes) -> str:
    """What the patients have that are counted beside all: the positive class, empty where there is none."""
    return question.positive or ""


def lead(question: Classes, headline: str, number: Callable[[str], Number], *, unit: str) -> str:
    """What the headline means, in whole numbers; empty where there is none. `unit` has one vote."""
    area, accuracy = number(headline), number("accuracy")
    if headline == "auroc" and area.value is not None and question.finding is not None:
        positive = question.names[question.finding]
        return (
            f"Of one patient with {positive} and one without, the one with {positive} gets the higher score "
            f"in {_of_hundred(area.value)} of 100 such pairs{_plausibly(area)}."
        )
    if accuracy.value is None:
        return ""
    said = f"The right class is named for {_of_hundred(accuracy.value)} of 100 {unit}s"
    return f"{said}{_plausibly(accuracy)}."


def numbers(question: Classes) -> tuple[str, ...]:
    """The metrics of the table of all numbers, in its order."""
    return _NUMBERS_OF_MANY if question.finding is None else _NUMBERS_OF_FINDING


def numbers_title(question: Classes) -> str:
    """The title of that table's section."""
    return "In numbers" if question.finding is None else "At the operating point"


def by_class(question: Classes) -> dict[str, tuple[str, ...]]:
    """The metrics of each class that has a row of its own, none where one score tells everything."""
    return dict.fromkeys(question.names, _OF_CLASS) if question.finding is None else {}


def gallery(question: Classes) -> dict[str, str]:
    """The kinds of cases that the gallery shows, each with its heading."""
    if question.finding is None:
        return {kind: _GALLERY[kind] for kind in ("error", "hit")}
    positive = question.names[question.finding]
    negative = " or ".join(name for name in question.names if name != positive)
    kinds = [kind for kind in _GALLERY if "_" in kind]
    return {kind: _GALLERY[kind].format(positive=positive, negative=negative) for kind in kinds}


def absent(key: str, question: Classes) -> str:
    """Why a section has nothing to show for this question, empty where it has."""
    if question.finding is not None:
        return ""
    return {
        "thousand": "no single class is the finding looked for",
        "reliability": "drawn for one finding against its absence only",
        "decision": "drawn for one finding against its absence only",
    }.get(key, "")


def use_of_validation(question: Classes) -> str:
    """What the validation part of a table from elsewhere is used for, empty for nothing."""
    if question.finding is None:
        return ""
    return "the threshold was chosen on it; beside the curves for comparison"


def counted(part: Mapping[str, Any]) -> dict[str, int]:
    """The groups whose size limits what a part can show: the cases of each class."""
    return {f"Class “{name}”": count for name, count in part["classes"].items()}


def population(values: Sequence[str]) -> list[str]:
    """The group in which each truth is counted: its class."""
    return list(values)


def output(question: Classes) -> str:
    """What the model gives for a scan, in words."""
    return f"a probability for each of {', '.join(question.names)}"


def _of_hundred(share: float) -> int:
    return round(100 * share)


def _plausibly(number: Number) -> str:
    if number.low is None or number.high is None:
        return ""
    return f" (plausibly {_of_hundred(number.low)} to {_of_hundred(number.high)})"
