"""Scans unlike those that the model was made of: how many of the tested patients, and the oddest of them."""

from __future__ import annotations

from typing import Any

from pipeline.contracts.strangers import Odd, Share
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, Fact, count, recorded, setting
from pipeline.page.section import Section, not_available, remark
from pipeline.pixel_text import way_to_see
from pipeline.report.scan_pictures import card

KEY, TITLE = "strangers", "Scans unlike those of training"
_ABSTAIN = "abstain"
_OF_BEFORE = "an earlier version evaluated the model, and kept its picture without window and sides"


def build(artifacts: Artifacts) -> Section:
    """The share of strangers beside the one meant, how often one should abstain, the oddest scans."""
    known = artifacts.strangers
    if known is None:
        return not_available(KEY, TITLE, "an earlier version evaluated the model, and did not look for them")
    if known.limit is None or artifacts.oddest is None:
        return not_available(KEY, TITLE, known.reason or "nobody was looked for in the test part")
    rows = artifacts.predictions[artifacts.predictions["part"] == artifacts.part]
    abstained = int(rows[rows[_ABSTAIN] != ""]["case_id"].nunique()) if _ABSTAIN in rows else 0
    share = artifacts.oddest.share
    facts = {
        "strangers": count(f"{artifacts.part}_strangers", share.flagged, "patients", artifacts.part),
        "share": _share(share, artifacts.part),
        "meant": setting("stranger_share_meant", known.share),
        "validation": recorded("limit_patients", known.patients, "patients"),
        "abstained": count(f"{artifacts.part}_abstained", abstained, "cases", artifacts.part),
        "cases": count("judged_cases", int(rows["case_id"].nunique()), "cases", artifacts.part),
    }
    scans = artifacts.oddest.scans
    words = {"to_see": way_to_see(scan.shown.hidden for scan in scans if scan.shown)}
    return Section(KEY, TITLE, facts, {"oddest": [_odd(scan) for scan in scans]}, words=words)


def warnings(artifacts: Artifacts) -> list[dict[str, Any]]:
    """That more tested patients are strangers than is meant, where the interval shows it."""
    known, found = artifacts.strangers, artifacts.oddest
    if known is None or known.limit is None or found is None:
        return []
    if found.share.low is None or found.share.low <= known.share:
        return []
    text = f"More patients of the {artifacts.part} part are unlike those of training than chance explains"
    return [remark(text, _share(found.share, artifacts.part), KEY)]


def _share(share: Share, part: str) -> Fact:
    return Fact("stranger_share", share.value, share.low, share.high, share.level, unit="share of patients",
                method="Wilson", part=part, patients=share.patients,
                reason="" if share.value is not None else "nobody's scan could be judged")  # fmt: skip


def _odd(scan: Odd) -> dict[str, Any]:
    score = Fact("stranger", scan.score, unit="of the limit", method="distance", cases=1, reason=DESCRIBED)
    shown = card(scan.shown) if scan.shown else card(None) | {"hidden": _OF_BEFORE}
    return shown | {"case": scan.case_id, "score": score, "why": scan.why}
