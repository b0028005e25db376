"""Which scans are strangers to the model: a portrait of training, and who of the test part isn't in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline import pictured
from pipeline.config import Config
from pipeline.contracts.cohort import PERSON
from pipeline.contracts.strangers import FILE, ODDEST, Odd, Oddest, Share
from pipeline.records import EXTERNAL
from pipeline.scoring import Scans, Scorer
from pipeline.statistics.proportions import wilson
from pipeline.strangers import Judged, judge, portrait, seen
from pipeline.strangers.sight import Sights
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
    known = np.array([case_id in scans.arrays for case_id in cases["case_id"]], dtype=np.bool_)
    rows = cases[known]
    training = rows[rows["part"] == "train"].drop_duplicates(PERSON)
    chosen = np.unique(np.linspace(0, len(training) - 1, min(len(training), MOST_TRAINING)).astype(int))
    names = list(training["case_id"].to_numpy()[chosen]) if len(training) else []
    asked = np.flatnonzero(known & cases["part"].isin(_JUDGED).to_numpy())
    others = cases.iloc[asked]
    # Seen together, so that the network is made ready once.
    of_training, sights = _parted(seen(scorer, [*names, *others["case_id"]], scans), len(names))
    held = (others["part"] == "validation").to_numpy()
    record = portrait(
        of_training,
        {kind: vectors[held] for kind, vectors in sights.items()},
        list(others[PERSON][held]),
        cases=[scans.cases[name] for name in names],
        share=share,
    )
    changed = FILE.write(folder, record)
    found = judge(record, sights, [scans.cases[name] for name in others["case_id"]])
    score, why = np.full(len(cases), np.nan), np.full(len(cases), "", dtype=object)
    score[asked], why[asked] = found.score, list(found.why)
    return Found(Judged(score, tuple(str(text) for text in why)), changed)


def _parted(sights: Sights, first: int) -> tuple[Sights, Sights]:
    """The vectors of the first scans, and those of the others."""
    return (
        {kind: vectors[:first] for kind, vectors in sights.items()},
        {kind: vectors[first:] for kind, vectors in sights.items()},
    )


def show(
    cases: pd.DataFrame,
    found: Judged,
    workspace: Workspace,
    config: Config,
    *,
    recipe_id: str,
    in_unit: pictured.Read,
) -> bool:
    """Whether the file of the strangers of the test part changed: their share, and the strangest ones.

    `recipe_id` is that of the arrays that the model reads, `in_unit` gives a case in its unit, for pictures.
    """
    known = cases.assign(score=found.score, why=list(found.why))
    known = known[(known["part"] == "test") & known["score"].notna()]
    rows = known[known["score"] > 1]
    share = _share(rows[PERSON].nunique(), known[PERSON].nunique(), level=config.evaluate.level)
    rows = rows.sort_values(["score", "case_id"], ascending=[False, True]).drop_duplicates(PERSON)
    rows = rows[:MOST_SHOWN]
    pictures = pictured.of_cases(
        list(rows["case_id"]), config, workspace, recipe_id=recipe_id, in_unit=in_unit
    )
    scans = tuple(
        Odd(str(case), str(person), round(float(score), 3), str(why), pictures.get(str(case)))
        for case, person, score, why in zip(
            rows["case_id"], rows[PERSON], rows["score"], rows["why"], strict=True
        )
    )
    return ODDEST.write(workspace.candidate, Oddest(share, scans))


def _share(flagged: int, patients: int, *, level: float) -> Share:
    estimate = wilson(flagged, patients, level=level)
    return Share(flagged, patients, level, estimate.value, estimate.low, estimate.high)
