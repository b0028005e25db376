"""Marked and true volumes beside each other, structure by structure (Bland & Altman 1986)."""

from __future__ import annotations

from typing import Any, Final

from pipeline.page.artifacts import Artifacts
from pipeline.page.section import Section, not_available
from pipeline.tasks.segmentation.measuring import volumes
from pipeline.tasks.segmentation.sections.tested import view_of

KEY, TITLE = "volumes", "Do volumes agree?"
_LINES: Final = ("volume_bias", "volume_limit_low", "volume_limit_high")
FEWEST: Final = 5
"""Points: with fewer a chart would show single patients and nothing else."""


def build(artifacts: Artifacts) -> Section:
    """Bias and limits of agreement of each structure's volume, and the differences over their mean."""
    rows = [
        {"label": name} | {line: artifacts.metric(line, target=name) for line in _LINES}
        for name in artifacts.question.names
    ]
    panels = [panel for row in rows for panel in _panel(row, artifacts)]
    if not panels:
        return not_available(KEY, TITLE, rows[0]["volume_bias"].reason or "no volumes are known")
    chart = {"panels": panels, "method": f"one point a {artifacts.unit}"}
    return Section(KEY, TITLE, {}, {"rows": rows}, {KEY: chart}, words={"unit": artifacts.unit})


def _panel(row: dict[str, Any], artifacts: Artifacts) -> list[dict[str, Any]]:
    """The chart of a structure; none of too few patients."""
    view = view_of(artifacts)
    pairs = None if view is None else volumes(view, row["label"])
    if pairs is None or pairs.patients < FEWEST:
        return []
    return [
        {
            "label": row["label"],
            "reference": pairs.reference.tolist(),
            "prediction": pairs.prediction.tolist(),
            "lines": {line.removeprefix("volume_"): row[line].to_json() for line in _LINES},
            "patients": pairs.patients,
        }
    ]
