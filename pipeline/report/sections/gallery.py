"""The cases of which the model was surest, wrong and right, and where it looked."""

from __future__ import annotations

from typing import Any

from pipeline.report.artifacts import Artifacts
from pipeline.report.facts import DESCRIBED, Fact
from pipeline.report.section import Section, not_available

KEY, TITLE = "gallery", "The surest errors, the surest hits"
HEADINGS = {
    "false_negative": "Missed: called {negative}, but {positive}",
    "false_positive": "False alarm: called {positive}, but {negative}",
    "true_positive": "Found: {positive}, and called so",
    "true_negative": "Left alone: {negative}, and called so",
    "error": "Wrong",
    "hit": "Right",
}


def build(artifacts: Artifacts) -> Section:
    """Pictures in groups, each with what was said and what was true."""
    stored = artifacts.insights.get("gallery")
    if not stored:
        return not_available(KEY, TITLE, "the evaluation wrote no pictures")
    names = _names(artifacts)
    groups = [
        {"kind": kind, "heading": heading.format(**names), "items": [_item(item, artifacts) for item in stored["items"] if item["kind"] == kind]}
        for kind, heading in HEADINGS.items()
        if kind in _kinds(artifacts)
    ]
    checks = stored.get("checks", {})
    facts = {key: _check(key, checks) for key in ("correlation_with_shuffled", "drop_hottest", "drop_elsewhere")}
    return Section(KEY, TITLE, facts, words={"groups": groups, "method": stored["method"], "layer": stored["layer"]})


def _names(artifacts: Artifacts) -> dict[str, str]:
    others = [name for name in artifacts.classes if name != artifacts.positive]
    return {"positive": str(artifacts.positive), "negative": " or ".join(others)}


def _kinds(artifacts: Artifacts) -> tuple[str, ...]:
    return ("error", "hit") if artifacts.positive is None else tuple(HEADINGS)[:4]


def _item(item: dict[str, Any], artifacts: Artifacts) -> dict[str, Any]:
    score = Fact(
        f"score_{item['target']}", item["score"], unit="probability after temperature", method="model output", part="test",
        target=item["target"], cases=1, patients=1, reason="the score of a single case",
    )  # fmt: skip
    shown = {key: item.get(key) for key in ("case_id", "truth", "target", "hidden", "picture", "slice", "window")}
    return shown | {"score": score.to_json(), "bar": _scale_bar(item, artifacts)}


def _scale_bar(item: dict[str, Any], artifacts: Artifacts) -> dict[str, Any] | None:
    """A bar of a round length near a quarter of the picture's width; None where the spacing is unknown."""
    spacing = artifacts.model.get("spacing")
    picture = artifacts.pictures.get(item.get("picture") or "")
    if not spacing or picture is None:
        return None
    width_mm = picture.shape[1] * (item.get("reduced") or 1) * spacing[-1]
    length_mm = max((size for size in (1, 2, 5, 10, 20, 50, 100) if size <= width_mm / 3), default=None)
    return None if length_mm is None else {"mm": length_mm, "percent": round(100 * length_mm / width_mm, 2)}


def _check(key: str, checks: dict[str, Any]) -> Fact:
    return Fact(key, checks.get(key), method="mean over the pictures shown", part="test", cases=checks.get("cases"), reason=DESCRIBED)
