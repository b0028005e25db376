"""The cases of which the model was surest, wrong and right, and where it looked."""

from __future__ import annotations

from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, Fact, recorded
from pipeline.page.section import Section, not_available

KEY, TITLE = "gallery", "The surest errors, the surest hits"
BARS_MM = (1, 2, 5, 10, 20, 50, 100)


def build(artifacts: Artifacts) -> Section:
    """Pictures in groups, each with what was said and what was true."""
    stored = artifacts.insights.get("gallery")
    if not stored:
        return not_available(KEY, TITLE, "the evaluation wrote no pictures")
    headings = artifacts.task.page.gallery(artifacts.question)
    tables = {
        kind: [_item(item, artifacts) for item in stored["items"] if item["kind"] == kind]
        for kind in headings
    }
    checks = stored["checks"]
    facts = {
        key: _check(key, checks) for key in ("correlation_with_shuffled", "drop_hottest", "drop_elsewhere")
    }
    words = {
        "groups": [{"kind": kind, "heading": heading} for kind, heading in headings.items()],
        "method": stored["method"],
        "layer": stored["layer"],
        "networks": len(artifacts.model.get("members") or []),
    }
    return Section(KEY, TITLE, facts, tables, words=words)


def _item(item: dict[str, Any], artifacts: Artifacts) -> dict[str, Any]:
    score = Fact(
        f"score_{item['target']}",
        item["score"],
        unit="probability after temperature",
        method="model output",
        part="test",
        target=item["target"],
        cases=1,
        patients=1,
        reason="the score of a single case",
    )
    shown = {key: item.get(key) for key in ("case_id", "truth", "target", "hidden", "picture")}
    window = item.get("window") or (None, None)
    return {
        **shown,
        "score": score,
        "slice": recorded("slice", None if item.get("slice") is None else item["slice"] + 1),
        "window_low": recorded("window_low", window[0], "input value"),
        "window_high": recorded("window_high", window[1], "input value"),
        **_scale_bar(item, artifacts),
    }


def _scale_bar(item: dict[str, Any], artifacts: Artifacts) -> dict[str, Any]:
    """A bar of a round length within a third of the picture's width; none where the spacing is unknown."""
    spacing = artifacts.model.get("spacing")
    picture = artifacts.pictures.get(item.get("picture") or "")
    if not spacing or picture is None:
        return {"bar": recorded("scale_bar", None, "mm"), "bar_width": ""}
    width_mm = picture.shape[1] * item["reduced"] * spacing[-1]
    length_mm = max((size for size in BARS_MM if size <= width_mm / 3), default=None)
    width = "" if length_mm is None else f"{100 * length_mm / width_mm:.2f}%"
    return {"bar": recorded("scale_bar", length_mm, "mm"), "bar_width": width}


def _check(key: str, checks: dict[str, Any]) -> Fact:
    return Fact(
        key,
        checks.get(key),
        method="mean over the pictures shown",
        part="test",
        cases=checks.get("cases"),
        reason=DESCRIBED,
    )
