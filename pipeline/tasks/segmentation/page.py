"""Which sections the report of a segmentation has, with which words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pipeline.page.wording import percent
from pipeline.tasks.contract import Grouped, Number, Score
from pipeline.tasks.modules.page import Build, Draw
from pipeline.tasks.segmentation import remarks
from pipeline.tasks.segmentation.definitions import METRICS
from pipeline.tasks.segmentation.figures import overlaps as every_overlap
from pipeline.tasks.segmentation.figures import volumes as agreement_of_volumes
from pipeline.tasks.segmentation.overlaying import KINDS
from pipeline.tasks.segmentation.sections import borders, outlines, overlaps, presence, structures, volumes
from pipeline.tasks.segmentation.structures import ABSENT, PRESENT, UNKNOWN, Structures, cells_of

IN_BRIEF: Final = ("structures",)
TESTED: Final = ("presence", "overlaps", "borders", "volumes", "subgroups")
INSIDE: Final = ("outlines", "network", "robustness", "learning")
"""The sections of the chapters, by key; what every task has stands in the report itself."""

SECTIONS: Final[Mapping[str, Build]] = {
    "borders": borders.build,
    "outlines": outlines.build,
    "overlaps": overlaps.build,
    "presence": presence.build,
    "structures": structures.build,
    "volumes": volumes.build,
}
FIGURES: Final[Mapping[str, Draw]] = {"overlaps": every_overlap.draw, "volumes": agreement_of_volumes.draw}
TEMPLATES: Final = Path(__file__).parent / "templates"
PAIRED: Final[Mapping[str, str]] = {}

warnings, limits = remarks.warnings, remarks.limits

GALLERY: Final = "Worst, median and best"
"""The title of the section with pictures of cases."""

METHODS: Final = {
    "McNemar, exact": "Exact binomial test of those in whom one model alone finds all (McNemar 1947).",
    "paired Student's t": "Mean of the patients' differences, with Student's bounds.",
}
"""What the methods stand for that have no rule and no other task uses."""

LEARNING: Final = (
    {"label": "Loss (Dice + cross-entropy)", "lines": [["loss", "Training"]], "range": [0, None]},
    {"label": "1 − mean Dice", "lines": [["val_loss", "Validation"]], "range": [0, None]},
)
"""What is drawn of the history of training, side by side: columns of history.csv with their labels."""

_BRIEF: Final = {
    "dice": "How far marked and true structures are the same: 1 is the same, 0 nothing in common",
    "nsd": "How much of the border lies within the tolerance",
    "hd95": "19 of 20 places of the border are no further off",
    "missed": "Share of {unit}s in which a structure is there and nothing was marked",
    "invented": "Share of {unit}s in which a structure isn't there and something was marked",
}
_SIDES: Final = {PRESENT: "present", ABSENT: "absent", UNKNOWN: "no mask"}


def finding(question: Structures) -> str:
    """Empty: no patients are counted beside all."""
    return ""


def population(values: Sequence[str], question: Structures) -> tuple[Grouped, ...]:
    """How the table of the data counts cases: by each structure."""
    cells = [cells_of(value, question.names) for value in values]
    grouped = []
    for name in question.names:
        of_cases = [_SIDES[each[name]] for each in cells]
        grouped.append(Grouped(name, of_cases, [side for side in _SIDES.values() if side in of_cases]))
    return tuple(grouped)


def brief(question: Structures, *, unit: str) -> dict[str, str]:
    """The metrics of the first table, each with what it says in plain words; `unit` has one vote."""
    may_be_absent = set(question.may_be_absent) & set(question.names)
    told = {name: words for name, words in _BRIEF.items() if name != "invented" or may_be_absent}
    return {name: words.format(unit=unit) for name, words in told.items()}


def lead(question: Structures, headline: str, number: Callable[[str], Number], *, unit: str) -> str:
    """What the headline means, in words; empty where there is none. `unit` has one vote."""
    overlap, distance, missed = number("dice"), number("hd95"), number("missed")
    if overlap.value is None:
        return ""
    said = f"What it marks overlaps with the reference at a Dice of {overlap.value:.2f}"
    if overlap.low is not None and overlap.high is not None:
        said += f" (plausibly {overlap.low:.2f} to {overlap.high:.2f})"
    said += f" in the mean {unit}, where 1 is the same mask and 0 has no voxel in common"
    if missed.value:  # the mean distance is then mostly the diagonals of those images
        return f"{said}. In {percent(missed.value, 1)} of {unit}s a structure was missed, which counts as 0."
    if distance.value is None:
        return f"{said}."
    return f"{said}; 19 of 20 places of the border are within {distance.value:.1f} mm on average."


def gallery(question: Structures) -> dict[str, str]:
    """The kinds of cases that are shown with their outlines, each with its heading."""
    return dict(KINDS)


def measured_in(metric: str, question: Structures) -> str:
    """The unit of a metric's values, empty for a pure number."""
    return METRICS[metric].measured_in


def score(question: Structures) -> Score:
    """What the score of a case is, and how it is printed."""
    return Score("Dice")


def fixed_by_validation(question: Structures) -> str:
    """What the validation part fixed of later answers."""
    return "whether the largest piece of a structure alone is kept"


def use_of_validation(question: Structures) -> str:
    """What the validation part of a table from elsewhere is used for: it stands beside the numbers."""
    return "beside the numbers for comparison"


def output(question: Structures) -> str:
    """What the model gives for a scan, in words."""
    return f"a mask of {', '.join(question.names)}, on the scan's own grid"
