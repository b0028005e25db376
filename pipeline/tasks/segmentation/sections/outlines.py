"""The worst, the median and the best case: the scan with what is true and what was marked."""

from __future__ import annotations

from typing import Any, Final

from pipeline.contracts.insights import Outlined, Plane
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import Fact, recorded
from pipeline.page.section import Section, not_available
from pipeline.pixel_text import way_to_see
from pipeline.tasks.segmentation.overlaying import KINDS

KEY, TITLE = "outlines", "Worst, median and best"
BARS_MM: Final = (1, 2, 5, 10, 20, 50, 100)


def build(artifacts: Artifacts) -> Section:
    """The cases in groups, each with its planes, and how every structure in it agrees."""
    if artifacts.insights is None or not artifacts.insights.outlines:
        return not_available(KEY, TITLE, "no test case has masks to show")
    shown = artifacts.insights.outlines
    tables = {kind: [_item(each) for each in shown if each.kind == kind] for kind in KINDS}
    groups = [{"kind": kind, "heading": heading} for kind, heading in KINDS.items() if tables[kind]]
    words = {"groups": groups, "several": len(artifacts.question.names) > 1,
             "to_see": way_to_see(each.hidden for each in shown)}  # fmt: skip
    return Section(KEY, TITLE, {}, {group["kind"]: tables[group["kind"]] for group in groups}, words=words)


def _item(item: Outlined) -> dict[str, Any]:
    low, high = item.window or (None, None)
    side = item.planes[0].side if item.planes else 0.0
    bar = max((size for size in BARS_MM if size <= side / 3), default=None) if item.in_mm else None
    return {
        "case_id": item.case_id,
        "said": item.said,
        "hidden": item.hidden,
        "unit": item.value_unit,
        "score": Fact(
            "dice", item.score, method="Dice of one scan", part="test", cases=1, patients=1,
            reason="the score of a single case",
        ),
        "window_low": recorded("window_low", low, "input value"),
        "window_high": recorded("window_high", high, "input value"),
        "bar": recorded("scale_bar", bar, "mm"),
        "bar_width": "" if bar is None else f"{100 * bar / side:.2f}%",
        "planes": [_plane(plane) for plane in item.planes],
    }  # fmt: skip


def _plane(plane: Plane) -> dict[str, Any]:
    return {
        "name": plane.name,
        "picture": plane.picture,
        "slice": recorded("slice", plane.slice).to_json(),
        "slices": recorded("slices", plane.slices).to_json(),
        "side": plane.side,
        "box": [plane.left, plane.top, plane.width, plane.height],
        "edges": dict(zip(("left", "right", "top", "bottom"), plane.edges, strict=True)),
    }
