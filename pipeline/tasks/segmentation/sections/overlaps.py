"""How the overlap spreads: a dot a patient, so that no mean hides the one that failed."""

from __future__ import annotations

from typing import Final

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import count
from pipeline.page.section import Section, not_available
from pipeline.tasks.segmentation.sections.tested import view_of

KEY, TITLE = "overlaps", "Every patient's overlap"
FEWEST: Final = 5
"""Dots: fewer would show single patients and nothing else."""


def build(artifacts: Artifacts) -> Section:
    """The Dice of each patient, over all structures and of each, with their mean and its interval."""
    view = view_of(artifacts)
    if view is None or view.patients < FEWEST:
        return not_available(KEY, TITLE, f"fewer than {FEWEST} patients have a mask and a prediction")
    names = artifacts.question.names
    targets = (
        [("All structures", None), *((name, name) for name in names)]
        if len(names) > 1
        else [(names[0], names[0])]
    )
    rows = [
        {
            "label": label,
            "values": sorted(view.numbers("dice", target)[0].tolist()),
            "fact": artifacts.metric("dice", target=target or "").to_json(),
        }
        for label, target in targets
    ]
    facts = {"rows": count("dots", view.rows, f"{artifacts.unit}s", artifacts.part)}
    chart = {"rows": rows, "method": f"one dot a {artifacts.unit}", "patients": view.patients}
    return Section(KEY, TITLE, facts, charts={KEY: chart}, words={"unit": artifacts.unit})
