"""Scans unlike those that the model was made of: how many of the tested patients, and the oddest of them."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import numpy as np

from pipeline.contracts.strangers import Odd
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, Fact, count, recorded, setting
from pipeline.page.section import Section, not_available, remark
from pipeline.records import LIKENESS_SIDE
from pipeline.report.png import uri
from pipeline.statistics.proportions import wilson

KEY, TITLE = "strangers", "Scans unlike those of training"
_ABSTAIN = "abstain"


def build(artifacts: Artifacts) -> Section:
    """The share of strangers beside the one meant, how often one should abstain, the oddest scans."""
    known = artifacts.strangers
    if known is None:
        return not_available(KEY, TITLE, "an earlier version evaluated the model, and did not look for them")
    if known.limit is None:
        return not_available(KEY, TITLE, known.reason or "there is no limit")
    rows = artifacts.predictions[artifacts.predictions["part"] == artifacts.part]
    abstained = int(rows[rows[_ABSTAIN] != ""]["case_id"].nunique()) if _ABSTAIN in rows else 0
    share = _share(artifacts)
    facts = {
        "strangers": count(
            f"{artifacts.part}_strangers", _strangers(artifacts)[0], "patients", artifacts.part
        ),
        "share": share,
        "meant": setting("stranger_share_meant", known.share),
        "validation": recorded("validation_patients", known.patients, "patients"),
        "abstained": count(f"{artifacts.part}_abstained", abstained, "cases", artifacts.part),
        "cases": count("judged_cases", int(rows["case_id"].nunique()), "cases", artifacts.part),
    }
    oddest = artifacts.oddest.scans if artifacts.oddest else ()
    return Section(KEY, TITLE, facts, {"oddest": [_odd(scan) for scan in oddest]})


def warnings(artifacts: Artifacts) -> list[dict[str, Any]]:
    """That more tested patients are strangers than is meant, where the interval shows it."""
    known = artifacts.strangers
    if known is None or known.limit is None:
        return []
    share = _share(artifacts)
    if share.low is None or share.low <= known.share:
        return []
    text = f"More patients of the {artifacts.part} part are unlike those of training than chance explains"
    return [remark(text, share, KEY)]


def _share(artifacts: Artifacts) -> Fact:
    flagged, patients = _strangers(artifacts)
    estimate = wilson(flagged, patients, level=artifacts.level)
    return Fact("stranger_share", estimate.value, estimate.low, estimate.high, artifacts.level,
                unit="share of patients", method="Wilson", part=artifacts.part, patients=patients,
                reason=estimate.reason or "")  # fmt: skip


def _strangers(artifacts: Artifacts) -> tuple[int, int]:
    """How many patients of the reported part have a scan that is a stranger, of how many it can be said."""
    rows = artifacts.predictions[artifacts.predictions["part"] == artifacts.part]
    score = rows["stranger"].replace("", "nan").astype(np.float64)
    return int(rows["patient_id"][score > 1].nunique()), int(rows["patient_id"][score.notna()].nunique())


def _odd(scan: Odd) -> dict[str, Any]:
    return {
        "case": scan.case_id,
        "score": Fact(
            "stranger", scan.score, unit="of the limit", method="distance", cases=1, reason=DESCRIBED
        ),
        "why": scan.why,
        "hidden": scan.hidden or ("" if scan.picture else "there is no small picture of it"),
        "picture": _picture(scan.picture) if scan.picture else "",
    }


def _picture(text: str) -> str:
    grey = np.frombuffer(b64decode(text), np.uint8).reshape(LIKENESS_SIDE, LIKENESS_SIDE)
    return uri(np.kron(grey, np.ones((2, 2), np.uint8)))
