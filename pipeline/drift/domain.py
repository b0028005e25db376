"""Whether new scans can be told from those the champion was trained on, by what its network sees of them.

A logistic regression on the last features, or on picture and grey values where the network can't be asked,
one scan a patient, each judged by a fit that hasn't seen it (Rabanser 2019, arXiv:1810.11953). A network
knows the scans that it was trained on, so the champion's own held-out scans are told from them, too: that is
what nothing new would give.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline import scoring
from pipeline.contracts.cohort import PERSON
from pipeline.contracts.drift import Area, Domain, OddScan
from pipeline.statistics.auroc import delong, interval
from pipeline.statistics.vectors import Floats
from pipeline.strangers import seen
from pipeline.strangers.sight import FEATURES, GREYS, PICTURE

if TYPE_CHECKING:
    import pandas as pd

MOST_PATIENTS: Final = 300  # of a group, a choice: an area within 5 points
FEWEST: Final = 10  # of a group: five folds of two
MOST_ODD: Final = 8  # a choice: as many as a person opens
_FOLDS: Final = 5  # each fit sees four fifths, and of the fewest patients two are held out
_STRENGTH: Final = 0.01  # of the regression, a choice: many features, few patients


def domain(
    scorer: scoring.Scorer, scans: scoring.Scans, *, known: pd.DataFrame, new: pd.DataFrame, level: float
) -> Domain:
    """How well the scans of new patients are told from the training part of `known`, or why it can't be said.

    `known` and `new` are rows of cohorts; a patient of both is no new one. Raises DamageError when an array's
    bytes are not those written.
    """
    training = _one_each(known[known["part"] == "train"], scans)
    held = _one_each(known[known["part"] != "train"], scans)
    arrived = _one_each(new[~new[PERSON].isin(set(known[PERSON]))], scans)
    for whose, there in (("training", training), ("new", arrived)):
        if len(there) < FEWEST:
            return Domain(reason=f"{len(there)} {whose} patients are too few, {FEWEST} are needed")
    names = [*training["case_id"], *held["case_id"], *arrived["case_id"]]
    sights = seen(scorer, names, scans)
    by = FEATURES if FEATURES in sights else "picture and grey values"
    vectors = sights[FEATURES] if FEATURES in sights else np.hstack([sights[PICTURE], sights[GREYS]])
    old, middle, last = np.split(np.nan_to_num(vectors), [len(training), len(training) + len(held)])
    score = out_of_fold(old, last)
    odd = np.argsort(-score[len(old) :], kind="stable")[:MOST_ODD]
    typical = nearest_typical(old, score[: len(old)], last[odd])
    return Domain(
        area(score, len(old), level=level),
        area(out_of_fold(old, middle), len(old), level=level) if len(middle) >= FEWEST else None,
        level,
        by,
        tuple(
            OddScan(
                str(arrived["case_id"].iloc[at]),
                str(arrived[PERSON].iloc[at]),
                round(float(score[len(old) + at]), 3),
                str(training["case_id"].iloc[near]),
            )
            for at, near in zip(odd.tolist(), typical, strict=True)
        ),
    )


def out_of_fold(old: Floats, new: Floats) -> Floats:
    """How new each row looks, the old ones first: log odds by a fit on the other four fifths."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    truth = np.repeat([0, 1], [len(old), len(new)])
    fit = make_pipeline(
        StandardScaler(), LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=1000)
    )
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    found = cross_val_predict(fit, np.vstack([old, new]), truth, cv=folds, method="decision_function")
    return np.asarray(found, dtype=np.float64)


def nearest_typical(old: Floats, score: Floats, odd: Floats) -> list[int]:
    """For each row of `odd` the nearest of `old` among the half of them that look least new by their `score`.

    Nearest by the sum of squared differences, each in standard deviations of `old`; what never varies there
    tells nothing.
    """
    typical = np.flatnonzero(score <= np.median(score))
    spread = old.std(axis=0)
    scale = np.where(spread > 0, spread, np.inf)
    apart = [(((old[typical] - row) / scale) ** 2).sum(axis=1) for row in odd]
    return [int(typical[distances.argmin()]) for distances in apart]


def area(score: Floats, old: int, *, level: float) -> Area:
    """The area between the first `old` scores and the others, with DeLong's interval."""
    truth = np.repeat([0, 1], [old, len(score) - old])
    measured = interval(delong(truth, score), level=level)
    value = None if measured.value is None else float(measured.value)
    return Area(value, measured.low, measured.high, old, len(score) - old)


def _one_each(rows: pd.DataFrame, scans: scoring.Scans) -> pd.DataFrame:
    """A scan of each patient that has an array, evenly drawn where there are many."""
    kept = rows[rows["case_id"].isin(set(scans.arrays))].sort_values("case_id").drop_duplicates(PERSON)
    places: Sequence[int] = np.unique(
        np.linspace(0, max(len(kept) - 1, 0), min(len(kept), MOST_PATIENTS)).astype(int)
    ).tolist()
    return kept.iloc[list(places)]
