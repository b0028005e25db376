"""How far the marked borders are off, structure by structure, in millimetres."""

from __future__ import annotations

from typing import Any, Final

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import setting
from pipeline.page.section import Section
from pipeline.tasks.segmentation.settled import settled

KEY, TITLE = "borders", "How far borders are off"
_SHOWN: Final = ("hd95", "hd", "nsd", "false_components")


def build(artifacts: Artifacts) -> Section:
    """HD95, the largest distance, the share within the tolerance, and pieces that touch nothing true."""
    told = settled(artifacts.metrics)
    facts = {"tolerance": setting("tolerance", told.tolerance_mm, measured_in="mm")}
    over = [("Mean over structures", "")] if len(artifacts.question.names) > 1 else []
    rows = [_row(label, target, artifacts) for label, target in (*over, *_named(artifacts))]
    words = {"unit": artifacts.unit, "cleaned": told.cleaned, "of_table": bool(artifacts.table)}
    return Section(KEY, TITLE, facts, {"rows": rows}, words=words)


def _named(artifacts: Artifacts) -> list[tuple[str, str]]:
    return [(name, name) for name in artifacts.question.names]


def _row(label: str, target: str, artifacts: Artifacts) -> dict[str, Any]:
    return {"label": label} | {name: artifacts.metric(name, target=target) for name in _SHOWN}
