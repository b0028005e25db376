"""Which scans are strangers to the model: a portrait of training, and who of the test part isn't in it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipeline.catalogue import Catalogue
from pipeline.catalogue import cases as stored_cases
from pipeline.config import Config
from pipeline.contracts.cohort import PERSON
from pipeline.contracts.strangers import FILE, ODDEST, Odd, Oddest, Share
from pipeline.pixel_review import is_reviewed
from pipeline.pixel_text import hidden_because
from pipeline.records import EXTERNAL, Case
from pipeline.scoring import Scans, Scorer
from pipeline.statistics.proportions import wilson
from pipeline.strangers import Judged, judged, portrait, seen
from pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

MOST_TRAINING: Final = 1000
"""Patients of the training part that are looked at, one scan each: more say nothing new."""
MOST_SHOWN: Final = 8  # a choice: as many as a person opens
_JUDGED: Final = ("validation", "test", EXTERNAL)


@dataclass(frozen=True)
class Found:
    """How unlike each scan is, and whether a file of it changed."""

    judged: Judged
    changed: bool


def look(scorer: Scorer, cases: pd.DataFrame, scans: Scans, folder: Path, *, share: float) -> Found:
    """How unlike each of `cases` is, nan in the training part; writes the portrait. No label is read."""
    known = [case_id in scans.arrays for case_id in cases["case_id"]]
    rows = cases[np.array(known, dtype=np.bool_)]
    training = rows[rows["part"] == "train"].drop_duplicates(PERSON)
    chosen = np.unique(np.linspace(0, len(training) - 1, min(len(training), MOST_TRAINING)).astype(int))
    names = list(training["case_id"].to_numpy()[chosen]) if len(training) else []
    held = rows[rows["part"] == "validation"]
    record = portrait(
        seen(scorer, names, scans),
        seen(scorer, list(held["case_id"]), scans),
        list(held[PERSON]),
        cases=[scans.cases[name] for name in names],
        share=share,
    )
    changed = FILE.write(folder, record)
    asked = cases["part"].isin(_JUDGED).to_numpy()
    found = judged(record, scorer, list(cases["case_id"][asked]), scans)
    score, why = np.full(len(cases), np.nan), np.full(len(cases), "", dtype=object)
    score[asked], why[asked] = found.score, list(found.why)
    return Found(Judged(score, tuple(str(text) for text in why)), changed)


def show(cases: pd.DataFrame, found: Judged, workspace: Workspace, config: Config) -> bool:
    """Whether the file of the strangers of the test part changed: their share, and the strangest ones."""
    known = cases.assign(score=found.score, why=list(found.why))
    known = known[(known["part"] == "test") & known["score"].notna()]
    rows = known[known["score"] > 1]
    share = _share(rows[PERSON].nunique(), known[PERSON].nunique(), level=config.evaluate.level)
    rows = rows.sort_values(["score", "case_id"], ascending=[False, True]).drop_duplicates(PERSON)
    with Catalogue(workspace.catalogue) as stored:
        pictures = stored_cases.likenesses(stored)
        all_cases = {case.case_id: case for case in stored.cases()}
    reviewed = is_reviewed(config, workspace, all_cases.values())
    shown = [
        _odd(row, all_cases[str(row["case_id"])], pictures, reviewed=reviewed)
        for row in rows[:MOST_SHOWN].to_dict("records")
    ]
    return ODDEST.write(workspace.candidate, Oddest(share, tuple(shown)))


def _share(flagged: int, patients: int, *, level: float) -> Share:
    estimate = wilson(flagged, patients, level=level)
    return Share(flagged, patients, level, estimate.value, estimate.low, estimate.high)


def _odd(row: Mapping[Any, Any], case: Case, pictures: Mapping[str, bytes], *, reviewed: bool) -> Odd:
    hidden = hidden_because(case, reviewed=reviewed) or ""
    picture = b"" if hidden else pictures.get(case.case_id, b"")
    return Odd(
        case_id=case.case_id,
        patient_id=str(row[PERSON]),
        score=round(float(row["score"]), 3),
        why=str(row["why"]),
        picture=b64encode(picture).decode(),
        hidden=hidden,
    )
