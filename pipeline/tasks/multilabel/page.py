"""Which sections the report on several findings has, with which words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pipeline.page.wording import listed, percent
from pipeline.tasks.contract import Grouped, Number, Score
from pipeline.tasks.modules.page import Build, Draw
from pipeline.tasks.multilabel import remarks
from pipeline.tasks.multilabel.figures import reliability, roc
from pipeline.tasks.multilabel.labels import NO, UNKNOWN, YES, Labels, cells_of
from pipeline.tasks.multilabel.sections import curves, findings, thresholds, together

IN_BRIEF: Final = ("findings",)
TESTED: Final = ("thresholds", "finding_roc", "finding_reliability", "together", "subgroups")
INSIDE: Final = ("gallery", "network", "robustness", "learning")
"""The sections of the chapters, by key; what every task has stands in the report itself."""

SECTIONS: Final[Mapping[str, Build]] = {
    "finding_reliability": curves.reliability,
    "finding_roc": curves.roc,
    "findings": findings.build,
    "thresholds": thresholds.build,
    "together": together.build,
}
FIGURES: Final[Mapping[str, Draw]] = {"finding_reliability": reliability.draw, "finding_roc": roc.draw}
TEMPLATES: Final = Path(__file__).parent / "templates"
PAIRED: Final[Mapping[str, str]] = {}

warnings, limits = remarks.warnings, remarks.limits

GALLERY: Final = "The surest mistakes, the surest hits"
"""The title of the section with pictures of cases."""

METHODS: Final = {
    "paired DeLong": "Difference of two areas on the same patients (DeLong 1988).",
    "McNemar, exact": "Exact binomial test of those whom only one model gets right (McNemar 1947).",
}
"""What the methods stand for that have no rule and no other task uses."""

LEARNING: Final = (
    {
        "label": "Loss (binary cross-entropy)",
        "lines": [["loss", "Training"], ["val_loss", "Validation"]],
        "range": [0, None],
    },
    {"label": "Macro AUROC", "lines": [["val_macro_auroc", "Validation"]], "range": [None, 1.0]},
)
"""What is drawn of the history of training, side by side: columns of history.csv with their labels."""

_BRIEF: Final = {
    "macro_auroc": "Ranks a {unit} with a finding above one without, mean over findings",
    "macro_sensitivity": "Finds what is there, mean over findings",
    "macro_specificity": "Leaves alone what isn't there, mean over findings",
    "exact_match": "Has every known finding of a {unit} right",
}
_SIDES: Final = {YES: "present", NO: "absent", UNKNOWN: "unknown"}


def brief(question: Labels, *, unit: str) -> dict[str, str]:
    """The metrics of the first table, each with what it says in plain words; `unit` has one vote."""
    return {name: text.format(unit=unit) for name, text in _BRIEF.items()}


def finding(question: Labels) -> str:
    """Empty: patients have several findings or none, so none is counted beside all."""
    return ""


def lead(question: Labels, headline: str, number: Callable[[str], Number], *, unit: str) -> str:
    """What the headline means, in whole numbers; empty where there is none. `unit` has one vote."""
    area = number("macro_auroc")
    if headline != "macro_auroc" or area.value is None:
        return ""
    plausibly = (
        ""
        if area.low is None or area.high is None
        else f" (plausibly {percent(area.low)} to {percent(area.high)})"
    )
    return (
        f"Of one {unit} with a finding and one without, the one with it gets the higher probability in "
        f"{percent(area.value)} of such pairs{plausibly}, on average over {len(question.names)} findings: "
        f"{listed(question.names)}."
    )


def gallery(question: Labels) -> dict[str, str]:
    """The kinds of cases that the gallery shows, each with its heading."""
    return {
        "missed": "Missed: the finding is there, and was not called",
        "false_alarm": "False alarm: called, but not there",
        "found": "Found: there, and called",
        "left_alone": "Left alone: not there, and not called",
    }


def measured_in(metric: str, question: Labels) -> str:
    """The unit of a metric's values: none, for all are pure numbers."""
    return ""


def score(question: Labels) -> Score:
    """What the score of a case is, and how it is printed."""
    return Score("probability after temperature", in_per_cent=True, evidence="the finding named")


def fixed_by_validation(question: Labels) -> str:
    """What the validation part fixed of later answers."""
    return "a threshold and a temperature for each finding"


def use_of_validation(question: Labels) -> str:
    """What the validation part of a table from elsewhere is used for."""
    return "the thresholds were chosen on it; beside the curves for comparison"


def population(values: Sequence[str], question: Labels) -> tuple[Grouped, ...]:
    """How the table of the data counts cases: by each finding."""
    cells = [cells_of(value, question.names) for value in values]
    grouped = []
    for name in question.names:
        of_cases = [_SIDES[each[name]] for each in cells]
        grouped.append(Grouped(name, of_cases, [side for side in _SIDES.values() if side in of_cases]))
    return tuple(grouped)


def output(question: Labels) -> str:
    """What the model gives for a scan, in words."""
    return f"a probability for each of {', '.join(question.names)}, whatever the others are"
