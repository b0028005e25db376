"""What follows from a confusion matrix of many classes, reference in rows; nan where undefined."""

from __future__ import annotations

import numpy as np

from pipeline.statistics.vectors import Flags, Floats, Integers


def confusion_matrix(truth: Integers, predicted: Integers, classes: int) -> Floats:
    """The counts with the reference in rows, shape (classes, classes)."""
    cells = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return cells.reshape(classes, classes).astype(np.float64)


def recalls(matrix: Floats) -> Floats:
    """Of each class the share that is found, shape (classes,)."""
    return _ratio(np.diag(matrix), matrix.sum(axis=1))


def f1_scores(matrix: Floats) -> Floats:
    """The F1 of each class, shape (classes,); nan for a class that the reference lacks."""
    scores = _ratio(2 * np.diag(matrix), matrix.sum(axis=0) + matrix.sum(axis=1))
    return np.where(matrix.sum(axis=1) > 0, scores, np.nan)


def accuracy(matrix: Floats) -> float:
    """The share of rows that are right; for single labels the same as micro-averaged F1."""
    return float(_ratio(np.trace(matrix), matrix.sum()))


def matthews(matrix: Floats) -> float:
    """Matthews' correlation for many classes (Gorodkin 2004, Comput Biol Chem 28:367)."""
    cases, right = matrix.sum(), np.trace(matrix)
    reference, predicted = matrix.sum(axis=1), matrix.sum(axis=0)
    covariance = right * cases - reference @ predicted
    spread = np.sqrt((cases**2 - predicted @ predicted) * (cases**2 - reference @ reference))
    return float(_ratio(covariance, spread))


def kappa(matrix: Floats, disagreement: Floats) -> float:
    """Cohen's kappa weighted by `disagreement`, shape (classes, classes), zero on the diagonal."""
    by_chance = np.outer(matrix.sum(axis=1), matrix.sum(axis=0)) / matrix.sum()
    return float(1 - _ratio((disagreement * matrix).sum(), (disagreement * by_chance).sum()))


def nominal(classes: int) -> Floats:
    """Every wrong class is equally wrong."""
    return 1 - np.eye(classes)


def macro(values: Floats, members: Flags) -> float:
    """The unweighted mean over the classes that are `members`; nan without one, or when one is undefined."""
    return float(values[members].mean()) if members.any() else float("nan")


def in_macro(truth: Integers, classes: int) -> Flags:
    """Which classes are present in the reference and not universal, shape (classes,)."""
    counts = np.bincount(truth, minlength=classes)
    return (counts > 0) & (counts < truth.size)


def _ratio(part: Floats | float, whole: Floats | float) -> Floats:
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    divided = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole != 0)
    return np.asarray(divided, dtype=np.float64)
