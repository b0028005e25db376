"""What the operating point means for 1000 people, in whole numbers that add up."""

from __future__ import annotations

from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, Fact
from pipeline.page.section import Section, not_available
from pipeline.statistics.prevalence import Population, population, scale_for

KEY, TITLE = "thousand", "Of 1000 {}s like these"


def build(artifacts: Artifacts) -> Section:
    """One row for the prevalence of the reported part and for each stated one."""
    if not artifacts.question.positive:
        return not_available(KEY, TITLE.format(artifacts.unit), "no single class is the finding looked for")
    sensitivity, specificity = artifacts.metric("sensitivity"), artifacts.metric("specificity")
    if not isinstance(sensitivity.value, float) or not isinstance(specificity.value, float):
        return not_available(KEY, TITLE.format(artifacts.unit), sensitivity.reason or specificity.reason)
    prevalence = _prevalence_of_part(artifacts)
    rows = [_row(prevalence, sensitivity, specificity, stated=False)] if prevalence is not None else []
    rows += [
        _row(share, sensitivity, specificity, stated=True)
        for share in (artifacts.of_config.evaluate.prevalences if artifacts.of_config else ())
    ]
    if not rows:
        return not_available(
            KEY, TITLE.format(artifacts.unit), f"the {artifacts.part} part holds one class only"
        )
    first = {name: rows[0][name].value for name in ("tp", "fn", "fp", "tn")}
    chart = {
        **first,
        "method": "whole people",
        "patients": sensitivity.patients,
        "scale": rows[0]["scale"].value,
    }
    words = {"positive": artifacts.question.positive, "unit": artifacts.unit}
    return Section(
        KEY, TITLE.format(artifacts.unit), tables={"rows": rows}, charts={"thousand": chart}, words=words
    )


def _prevalence_of_part(artifacts: Artifacts) -> float | None:
    """The share of what has one vote that has the finding."""
    sick, well = (artifacts.metric(name).denominator for name in ("sensitivity", "specificity"))
    return None if not sick or well is None else sick / (sick + well)


def _row(prevalence: float, sensitivity: Fact, specificity: Fact, *, stated: bool) -> dict[str, Any]:
    scale = scale_for(prevalence)
    point = population(float(sensitivity.value or 0), float(specificity.value or 0), prevalence, scale=scale)
    worst, best = (
        population(getattr(sensitivity, end), getattr(specificity, end), prevalence, scale=scale)
        if getattr(sensitivity, end) is not None and getattr(specificity, end) is not None
        else None
        for end in ("low", "high")
    )
    names = ("tp", "fn", "fp", "tn")
    cells = {name: _cell(name, point, (worst, best), sensitivity) for name in names}
    known = "a setting" if stated else f"share of positives in the {sensitivity.part} part"
    return {
        "stated": stated,
        "prevalence": Fact(
            "prevalence",
            prevalence,
            unit="share",
            method=known,
            patients=sensitivity.patients,
            reason=DESCRIBED,
        ),
        "scale": Fact("scale", scale, unit="people", reason=DESCRIBED),
        "diseased": Fact("diseased", point.diseased, unit="people", method="whole people", reason=DESCRIBED),
        "healthy": Fact(
            "healthy", scale - point.diseased, unit="people", method="whole people", reason=DESCRIBED
        ),
        "flagged": Fact(
            "flagged", point.tp + point.fp, unit="people", method="whole people", reason=DESCRIBED
        ),
        **cells,
    }


def _cell(
    name: str, point: Population, ends: tuple[Population | None, Population | None], basis: Fact
) -> Fact:
    """The number with the range from both ends of the intervals."""
    numbers = sorted(getattr(end, name) for end in ends if end is not None)
    low, high = (numbers[0], numbers[-1]) if len(numbers) == 2 else (None, None)
    return Fact(
        name,
        getattr(point, name),
        low,
        high,
        None if low is None else basis.level,
        unit="people",
        method="whole people",
        patients=basis.patients,
        positive_patients=basis.positive_patients,
        reason="no interval" if low is None else "",
    )
