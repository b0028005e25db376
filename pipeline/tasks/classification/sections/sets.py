"""The classes that can't be ruled out for a scan: whether the sets hold, and how much they leave open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import recorded, setting
from pipeline.page.section import Section, not_available, remark
from pipeline.page.wording import percent
from pipeline.statistics.conformal import fewest_patients
from pipeline.tasks.classification.answers import Sets
from pipeline.tasks.classification.sections.operating import shown
from pipeline.tasks.classification.sets import COVERAGE, SIZES

KEY, TITLE = "sets", "What can't be ruled out?"
_SIZES: Final = {
    "set_one": "One class: the answer stands alone",
    "set_several": "Several classes: the scan doesn't tell them apart",
    "set_none": "No class: unlike the validation scans of every class",
}


@dataclass(frozen=True)
class _Settled:
    """What metrics.json tells of the sets; a table from elsewhere has none."""

    sets: Sets | None = None


def build(artifacts: Artifacts) -> Section:
    """Promised and observed coverage of each class, and the shares of sets of each size."""
    told = artifacts.metrics.choices.opened(_Settled).sets
    if told is None:
        return not_available(
            KEY, TITLE, "they are made of validation scans, and nothing was made of them here"
        )
    if not told.least:
        needed = fewest_patients(1 - float(told.level))
        few = min(told.patients)
        return not_available(
            KEY,
            TITLE,
            f"the rarest class has {few} validation patients, and sets that hold {percent(told.level)} of "
            f"new patients take {needed} of each class",
        )
    classes = [
        {
            "class": name,
            "least": setting("least_probability", float(least)),
            "shown": shown(float(least)),
            "patients": recorded("patients_of_class", patients, "patients"),
            "fact": artifacts.metric(COVERAGE, target=name),
        }
        for name, least, patients in zip(artifacts.question.names, told.least, told.patients, strict=True)
    ]
    sizes = [{"label": _SIZES[name], "fact": artifacts.metric(name)} for name in SIZES]
    facts = {"level": setting("level", float(told.level))}
    return Section(KEY, TITLE, facts, {"classes": classes, "sizes": sizes}, words={"unit": artifacts.unit})


def warnings(artifacts: Artifacts) -> list[dict[str, Any]]:
    """The classes whose sets hold fewer than was promised, where an interval shows it."""
    told = artifacts.metrics.choices.opened(_Settled).sets
    if told is None:
        return []
    found = [(name, artifacts.metric(COVERAGE, target=name)) for name in artifacts.question.names]
    return [
        remark(
            f"Fewer sets hold the class “{name}” than the {percent(told.level)} that were promised", fact, KEY
        )
        for name, fact in found
        if fact.high is not None and fact.high < float(told.level)
    ]
