"""Structure by structure: in how many patients it is, and how well its marks agree."""

from __future__ import annotations

from typing import Any, Final

from pipeline.page.artifacts import VALIDATION, Artifacts
from pipeline.page.section import Section

KEY, TITLE = "structures", "Structure by structure"
_SHOWN: Final = ("dice", "nsd", "hd95", "volume_bias")


def build(artifacts: Artifacts) -> Section:
    """A row a structure with the patients who have it and its agreement, below the mean over structures."""
    rows = [_row(name, artifacts) for name in artifacts.question.names]
    facts = {name: artifacts.metric(name) for name in ("dice", "nsd", "hd95")}
    words = {
        "unit": artifacts.unit,
        "validation": any(row["validation"].value is not None for row in rows),
        "several": len(rows) > 1,
    }
    return Section(KEY, TITLE, facts, {"rows": rows}, words=words)


def _row(name: str, artifacts: Artifacts) -> dict[str, Any]:
    measured = {metric: artifacts.metric(metric, target=name) for metric in _SHOWN}
    return {
        "label": name,
        **measured,
        "validation": artifacts.metric("dice", part=VALIDATION, target=name),
    }
