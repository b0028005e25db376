"""Which sections the report of a regression has, with which words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.tasks.contract import Grouped, Number, Score
from pipeline.tasks.modules.page import Build, Draw
from pipeline.tasks.regression import remarks
from pipeline.tasks.regression.definitions import IN_UNIT
from pipeline.tasks.regression.figures import bland_altman, scatter
from pipeline.tasks.regression.figures import calibration as calibration_curve
from pipeline.tasks.regression.figures import intervals as interval_bars
from pipeline.tasks.regression.quantity import Quantity
from pipeline.tasks.regression.sections import agreement, calibration, intervals, numbers

IN_BRIEF: Final = ()
TESTED: Final = ("numbers", "scatter", "bland_altman", "calibration", "intervals", "subgroups")
INSIDE: Final = ("gallery", "network", "robustness", "learning")
"""The sections of the chapters, by key; what every task has stands in the report itself."""

SECTIONS: Final[Mapping[str, Build]] = {
    "bland_altman": agreement.bland_altman,
    "calibration": calibration.build,
    "intervals": intervals.build,
    "numbers": numbers.build,
    "scatter": agreement.scatter,
}
FIGURES: Final[Mapping[str, Draw]] = {
    "bland_altman": bland_altman.draw,
    "calibration": calibration_curve.draw,
    "intervals": interval_bars.draw,
    "scatter": scatter.draw,
}
TEMPLATES: Final = Path(__file__).parent / "templates"
PAIRED: Final = {"scatter": "bland_altman"}

warnings, limits = remarks.warnings, remarks.limits

METHODS: Final = {
    "F distribution": "Interval of the intraclass correlation by the F distribution (McGraw & Wong 1996).",
    "Student's t": "Mean with Student's interval.",
    "Student's t, errors by patient": "Least squares, errors by patient (Liang & Zeger 1986), Student's t.",
    "paired Student's t": "Mean of the patients' differences, with Student's bounds.",
    "split conformal": "Quantile of the validation patients' residuals over their expected size (Lei 2018).",
}
"""What the methods stand for that have no rule and no other task uses."""

GALLERY: Final = "The largest errors"
"""What the gallery shows."""

LEARNING: Final = (
    {
        "label": "Loss (in SD)",
        "lines": [["loss", "Training"], ["val_loss", "Validation"]],
        "range": [0, None],
    },
    {
        "label": "Mean |error|",
        "lines": [["mae", "Training"], ["val_mae", "Validation"]],
        "range": [0, None],
    },
)
"""What is drawn of the history of training, side by side: columns of history.csv with their labels."""

_BRIEF: Final = {
    "mae": "How far a prediction is off, on average",
    "mae_ratio": "The same in standard deviations of what was measured",
    "bias": "Too high (+) or too low (−) on the whole",
    "limit_low": "About 19 of 20 predictions are off by something between this",
    "limit_high": "and this",
    "r2": "How much of the spread between {unit}s is explained",
    "coverage": "The measured number lies in the interval given",
}


def finding(question: Quantity) -> str:
    """Empty: no patients are counted beside all."""
    return ""


def population(values: Sequence[str], question: Quantity) -> tuple[Grouped, ...]:
    """How the table of the data counts cases: by the fifth in which the measured number lies."""
    names = question.stratum_names
    of_cases = [names[int(question.strata(np.array(float(value))))] for value in values]
    return (Grouped(f"Measured {question.label}{_in_brackets(question)}", of_cases, names),)


def brief(question: Quantity, *, unit: str) -> dict[str, str]:
    """The metrics of the first table, each with what it says in plain words; `unit` has one vote."""
    return {name: text.format(unit=unit) for name, text in _BRIEF.items()}


def lead(question: Quantity, headline: str, number: Callable[[str], Number], *, unit: str) -> str:
    """What the headline means, in words; empty where there is none. `unit` has one vote."""
    off, ratio = number("mae"), number("mae_ratio")
    if off.value is None:
        return ""
    plausibly = "" if off.low is None or off.high is None else f" (plausibly {off.low:.3g} to {off.high:.3g})"
    said = f"The predicted {question.label} is off by {off.value:.3g}{question.in_unit}{plausibly} on average"
    if ratio.value is None:
        return f"{said}."
    return (
        f"{said}: {ratio.value:.2f} of the standard deviation among these {unit}s, where always saying their "
        "mean would be off by about 0.8."
    )


def gallery(question: Quantity) -> dict[str, str]:
    """The kinds of cases that the gallery shows, each with its heading."""
    return {
        "too_high": f"Predicted too high: {question.label} was smaller",
        "too_low": f"Predicted too low: {question.label} was larger",
    }


def measured_in(metric: str, question: Quantity) -> str:
    """The unit of a metric's values: that of the quantity, or none."""
    return question.unit if metric in IN_UNIT else ""


def score(question: Quantity) -> Score:
    """What the score of a case is, and how it is printed."""
    return Score("off by", question.unit, evidence=f"a larger {question.label}")


def fixed_by_validation(question: Quantity) -> str:
    """What the validation part fixed of later answers."""
    return "recalibration and intervals"


def use_of_validation(question: Quantity) -> str:
    """What the validation part of a table from elsewhere is used for: it stands beside the numbers."""
    return "beside the numbers for comparison"


def output(question: Quantity) -> str:
    """What the model gives for a scan, in words."""
    return f"{question.label}{f' in {question.unit}' if question.unit else ''}, with an interval"


def _in_brackets(question: Quantity) -> str:
    return f" ({question.unit})" if question.unit else ""
