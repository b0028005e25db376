"""Near copies of images under two patients, or in two parts of a given split, as pairs of pictures."""

from __future__ import annotations

from base64 import b64decode

import numpy as np

from pipeline.contracts.leaks import Lookalike
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, Fact, count
from pipeline.page.section import Json, Section, not_available
from pipeline.pixel_text import way_to_see
from pipeline.records import LIKENESS_SIDE
from pipeline.report.png import uri

KEY, TITLE = "lookalikes", "Images that are one image"


def build(artifacts: Artifacts) -> Section:
    """One row a pair."""
    if artifacts.leaks is None:
        return not_available(KEY, TITLE, "the cohort is of an earlier version, which did not look for them")
    pairs = artifacts.leaks.lookalikes
    rows = [_row(pair) for pair in pairs]
    words = {"to_see": way_to_see(pair.hidden for pair in pairs), "side": LIKENESS_SIDE}
    return Section(
        KEY, TITLE, {"pairs": count("near_copies", len(pairs), "pairs")}, {"rows": rows}, words=words
    )


def _row(pair: Lookalike) -> Json:
    agreement = Fact(
        "agreement",
        pair.agreement,
        unit="of the limit",
        method="registered correlation",
        cases=2,
        reason=DESCRIBED,
    )
    return {
        "first": pair.first,
        "second": pair.second,
        "persons": count("patient_ids", pair.persons, "patient IDs"),
        "agreement": agreement,
        "changed": pair.changed,
        "hidden": pair.hidden,
        "pictures": [_picture(text) for text in pair.pictures],
    }


def _picture(text: str) -> str:
    grey = np.frombuffer(b64decode(text), np.uint8).reshape(LIKENESS_SIDE, LIKENESS_SIDE)
    return uri(np.kron(grey, np.ones((2, 2), np.uint8)))
