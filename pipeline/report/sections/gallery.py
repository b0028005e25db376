"""The cases that tell most, those answered worst and best, and where the model looked."""

from __future__ import annotations

from typing import Any

from pipeline.contracts.insights import Shown
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, Fact, recorded
from pipeline.page.section import Section, not_available
from pipeline.pixel_text import way_to_see
from pipeline.report.scan_pictures import scale_bar

KEY = "gallery"


def build(artifacts: Artifacts) -> Section:
    """Pictures in groups, each with what was said and what was true."""
    title, said = artifacts.task.page.GALLERY, artifacts.task.page.score(artifacts.question)
    if artifacts.insights is None:
        return not_available(KEY, title, "the evaluation wrote no pictures")
    stored = artifacts.insights.gallery
    headings = artifacts.task.page.gallery(artifacts.question)
    tables = {
        kind: [_item(item, artifacts) for item in stored.items if item.kind == kind] for kind in headings
    }
    checks = stored.checks
    means = {
        "correlation_with_shuffled": checks.correlation_with_shuffled,
        "drop_hottest": checks.drop_hottest,
        "drop_elsewhere": checks.drop_elsewhere,
    }
    in_unit = {key: said.measured_in if key.startswith("drop") else "" for key in means}
    facts = {key: _check(key, value, checks.cases, in_unit[key]) for key, value in means.items()}
    facts["networks"] = recorded("networks", len(artifacts.model.members) or 1, "networks")
    words = {
        "groups": [{"kind": kind, "heading": heading} for kind, heading in headings.items()],
        "method": stored.method,
        "layer": stored.layer,
        "in_per_cent": said.in_per_cent,
        "evidence": said.evidence,
        "to_see": way_to_see(item.hidden for item in stored.items),
        "marked": any(item.sides for item in stored.items),
    }
    return Section(KEY, title, facts, tables, words=words)


def _item(item: Shown, artifacts: Artifacts) -> dict[str, Any]:
    said = artifacts.task.page.score(artifacts.question)
    score = Fact(
        f"score_{item.target}",
        item.score,
        unit=said.words,
        measured_in=said.measured_in,
        method="model output",
        part="test",
        target=item.target,
        cases=1,
        patients=1,
        reason="the score of a single case",
    )
    shown = {
        "case_id": item.case_id,
        "truth": item.truth,
        "target": item.target,
        "hidden": item.hidden,
        "picture": item.picture,
    }
    window, picture = item.window or (None, None), artifacts.pictures.get(item.picture or "")
    return {
        **shown,
        "score": score,
        "slice": recorded("slice", None if item.slice is None else item.slice + 1),
        "slices": recorded("slices", item.slices, "slices"),
        "window_low": recorded("window_low", window[0], "input value"),
        "window_high": recorded("window_high", window[1], "input value"),
        "unit": item.unit,
        "sides": list(item.sides),
        **scale_bar(max(picture.shape[:2]) if picture is not None else 0, item.mm_across),
    }


def _check(key: str, value: float | None, cases: int, measured_in: str) -> Fact:
    return Fact(
        key,
        value,
        measured_in=measured_in,
        method="mean over the pictures shown",
        part="test",
        cases=cases,
        reason=DESCRIBED,
    )
