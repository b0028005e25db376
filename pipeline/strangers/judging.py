"""A portrait of the training part, and how unlike it a scan is: in units of the limit, with the reason."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.contracts.strangers import Kind, Strangers
from pipeline.records import Case
from pipeline.statistics.cloud import Cloud, cloud, facing
from pipeline.statistics.conformal import fewest_patients
from pipeline.statistics.vectors import Flags, Floats
from pipeline.strangers.headers import known, oddities
from pipeline.strangers.sight import ENDS, FACING, FEATURES, GREYS, PICTURE, SIDES, Sights

_USUAL: Final = 0.9
"""The share of validation patients by whose distance each kind is brought to one scale (a choice)."""
_LEAST_USUAL: Final = 1e-6
"""Of a standard deviation: where validation keeps no distance at all, rounding must not be one."""
_MOST: Final = 1000.0
"""Times the limit: beyond it nothing is told apart, and a number would have no end."""
_FEWEST: Final = 20
"""Training scans, without which nothing is said."""
_WHY: Final = {
    PICTURE: "the picture as a whole is unlike those of training",
    FACING: "left and right look exchanged",  # of portraits of before
    **{ends: f"{ends} look exchanged" for ends in ENDS.values()},
    SIDES: "left and right differ otherwise than in training",
    GREYS: "grey values, noise or sharpness are unlike those of training",
    FEATURES: "what the network sees is unlike the scans of training",
}


@dataclass(frozen=True)
class Judged:
    """How unlike each scan is, shape (scans,): a stranger above 1, nan where it can't be said; and why."""

    score: Floats
    why: tuple[str, ...]


def portrait(
    training: Sights, validation: Sights, patients: Sequence[str], *, cases: Sequence[Case], share: float
) -> Strangers:
    """What the training scans look like; a scan of the validation part belongs to each of `patients`.

    `cases` are the training scans' own. A patient counts by the strangest scan, and `share` of patients like
    these may pass the limit.
    """
    training = {kind: each[np.isfinite(each).all(axis=1)] for kind, each in training.items()}
    held = _are_finite(validation, len(patients))
    validation = {kind: vectors[held] for kind, vectors in validation.items()}
    patients = [patient for patient, kept in zip(patients, held, strict=True) if kept]
    count = len(set(patients))
    needed = fewest_patients(share) - 1
    size = min((len(vectors) for vectors in training.values()), default=0)
    if size < _FEWEST:
        return Strangers(share, count, {}, reason=f"{size} training scans are too few, {_FEWEST} are needed")
    if count < needed:
        return Strangers(
            share, count, {}, reason=f"{count} validation patients are too few, {needed} are needed"
        )
    clouds = {
        kind: _rounded(facing(training[kind]) if kind in ENDS.values() else cloud(training[kind]))
        for kind in training
        if kind in validation and kind != FACING
    }
    far = {kind: each.distances(validation[kind]) for kind, each in clouds.items()}
    usual = {kind: _usual(distances, patients) for kind, distances in far.items()}
    scores = np.max([(far[kind] / usual[kind]).max(axis=1) for kind in clouds], axis=0)
    ordered = np.sort(_by_patient(scores[:, None], patients)[:, 0])
    # Rounded first: last bits must not move the rank by a patient.
    rank = math.ceil(round((count + 1) * (1 - share), 9))
    words, ranges = known(cases)
    return Strangers(
        share,
        count,
        {kind: _record(each, usual[kind]) for kind, each in clouds.items()},
        limit=max(float(ordered[min(rank, count) - 1]), _LEAST_USUAL),
        words=words,
        ranges=ranges,
    )


def judge(known_scans: Strangers, seen: Sights, cases: Sequence[Case]) -> Judged:
    """How unlike scans are: of headers that were never seen always above 1."""
    if known_scans.limit is None:
        return Judged(np.full(len(cases), np.nan), tuple("" for _ in cases))
    kinds = [kind for kind in known_scans.kinds if kind in seen]
    far = [_far(known_scans.kinds[kind], seen[kind]) / known_scans.limit for kind in kinds]
    answered = _are_finite(seen, len(cases))
    seen = {kind: np.where(answered[:, None], vectors, 0.0) for kind, vectors in seen.items()}
    score, why = np.full(len(cases), np.nan), []
    for row, case in enumerate(cases):
        odd = oddities(case, known_scans.words or {}, known_scans.ranges or {})
        own = {kind: distances[row] for kind, distances in zip(kinds, far, strict=True)}
        if answered[row]:
            largest = max([float(each.max()) for each in own.values()] + [1.0 + len(odd) if odd else 0.0])
            score[row] = min(largest, _MOST)
        seen_so = sorted((kind for kind in own if own[kind].max() > 1), key=lambda kind: -own[kind].max())
        why.append("; ".join([*odd, *(_WHY[kind] for kind in seen_so)]))
    return Judged(score, tuple(why))


def _are_finite(seen: Sights, count: int) -> Flags:
    """Which scans have finite vectors of every kind, shape (scans,)."""
    finite = np.ones(count, dtype=np.bool_)
    for vectors in seen.values():
        finite &= np.isfinite(vectors).all(axis=1)
    return finite


def _far(record: Kind, vectors: Floats) -> Floats:
    """The distances of vectors in units of the usual ones, shape (scans, 2)."""
    return np.asarray(_cloud(record).distances(vectors) / np.array(record.usual))


def _usual(distances: Floats, patients: Sequence[str]) -> Floats:
    """The distance that nine of ten patients keep, along the axes and off them; never nothing."""
    return np.maximum(np.quantile(_by_patient(distances, patients), _USUAL, axis=0), _LEAST_USUAL)


def _by_patient(values: Floats, patients: Sequence[str]) -> Floats:
    """The largest of each patient's rows, `(patients, columns)`."""
    _, code = np.unique(np.asarray(patients, dtype=object).astype(str), return_inverse=True)
    largest = np.full((code.max() + 1, values.shape[1]), -np.inf)
    np.maximum.at(largest, code, values)
    return largest


def _rounded(exact: Cloud) -> Cloud:
    """The cloud as it is handed on, with six digits, so that limits are those of what is read again."""
    return Cloud(
        _six_digits(exact.centre),
        _six_digits(exact.scale),
        _six_digits(exact.axes),
        _six_digits(exact.spread),
        exact.rest,
        exact.one_way,
    )


def _six_digits(values: Floats) -> Floats:
    return np.array([float(f"{value:.6g}") for value in values.ravel()]).reshape(values.shape)


def _record(known_cloud: Cloud, usual: Floats) -> Kind:
    return Kind(
        tuple(known_cloud.centre.tolist()),
        tuple(known_cloud.scale.tolist()),
        tuple(tuple(axis) for axis in known_cloud.axes.tolist()),
        tuple(known_cloud.spread.tolist()),
        known_cloud.rest,
        (float(usual[0]), float(usual[1])),
        known_cloud.one_way,
    )


def _cloud(record: Kind) -> Cloud:
    return Cloud(
        np.array(record.centre),
        np.array(record.scale),
        np.array(record.axes),
        np.array(record.spread),
        record.rest,
        record.one_way,
    )
