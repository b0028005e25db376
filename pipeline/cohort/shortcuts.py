"""How well the truth is told without the image: by one thing alone, cross-validated by person."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Attribute
from pipeline.statistics.auroc import auroc, interval

FOLDS: Final = 5  # each leaves out two persons of the rarer class at least
FEWEST_PERSONS: Final = 10
"""Persons of a class without which nothing is estimated (Collins 2016 wants ten times as many)."""

_MOST_CASES: Final = 3000  # a choice: a thousand patients tell a shortcut, and more cost seconds
_CHANCE: Final = 0.01  # of some dozens of fields asked, one in a hundred is named for nothing
_MOST_WORDS: Final = 24  # of one field; rarer ones tell few scans
TREES: Final = 60  # for many things together; of one thing a single tree tells as much
LEAF: Final = 3  # a choice: leaves of one case learn the case by heart
_ABSENT: Final = -1e6  # what a header doesn't say is a value of its own

Features = NDArray[np.float64]


@dataclass(frozen=True)
class Truths:
    """The class of each case as a number, its person as a number, and the names of the classes."""

    classes: tuple[str, ...]
    of_case: NDArray[np.int64]
    person: NDArray[np.int64]

    @property
    def is_enough(self) -> bool:
        """Whether there are two classes at least, with enough persons of each to be told apart."""
        persons = [len(set(self.person[self.of_case == number])) for number in range(len(self.classes))]
        return len(persons) > 1 and min(persons) >= FEWEST_PERSONS


@dataclass(frozen=True)
class Told:
    """The area under the ROC curve of the class that is told best, with its interval."""

    area: float
    low: float
    high: float


def truths(values: Sequence[str], persons: Sequence[str]) -> Truths:
    """The truths of cases; of very many, an even choice is made by `chosen`."""
    classes = tuple(sorted(set(values)))
    number = {name: at for at, name in enumerate(classes)}
    person = {name: at for at, name in enumerate(sorted(set(persons)))}
    return Truths(
        classes,
        np.array([number[value] for value in values], dtype=np.int64),
        np.array([person[name] for name in persons], dtype=np.int64),
    )


def chosen(count: int) -> NDArray[np.intp]:
    """The cases that are looked at, by place: all of them, or an even choice."""
    return np.unique(np.linspace(0, count - 1, min(count, _MOST_CASES)).astype(np.intp))


def told_by(features: Features, truth: Truths, *, trees: int = TREES) -> Told | None:
    """How well trees tell the truth from `features`, `(cases, features)`; None where nothing differs."""
    filled = np.where(np.isnan(features), _ABSENT, features)
    varied = filled[:, np.ptp(filled, axis=0) > 0] if filled.size else filled
    if not varied.size:
        return None
    return best_class(_scores(varied, truth, trees), truth)


def best_class(scores: NDArray[np.float64], truth: Truths) -> Told | None:
    """How well `scores`, `(cases, classes)`, tell the class that they tell best."""
    best: Told | None = None
    for number in range(len(truth.classes)):
        flags = (truth.of_case == number).astype(np.int64)
        area = auroc(flags, scores[:, number], truth.person)
        # Not `evaluate.level`: how numbers are told must not decide what leaks.
        ends = interval(area, level=0.95)
        if area.value is not None and (best is None or area.value > best.area):
            low = area.value if ends.low is None else ends.low
            high = area.value if ends.high is None else ends.high
            best = Told(float(area.value), float(low), float(high))
    return best


def columns_of(values: Sequence[Attribute | None]) -> Features:
    """One thing as numbers, `(cases, columns)`: numbers as they are, words as one column each."""
    if all(isinstance(value, int | float) or value is None for value in values):
        return np.array([[np.nan if value is None else float(value)] for value in values]).reshape(-1, 1)
    return columns_of_words([() if value is None else (str(value),) for value in values])


def columns_of_words(words: Sequence[Sequence[str]]) -> Features:
    """Which of the commonest words each case has, `(cases, words)`."""
    counts = Counter(word for each in words for word in set(each))
    known = [word for word, count in counts.most_common(_MOST_WORDS) if count < len(words)]
    return np.array([[float(word in each) for word in known] for each in words]).reshape(len(words), -1)


def joined(columns: Mapping[str, Features]) -> Features:
    """All things side by side."""
    return np.concatenate(list(columns.values()), axis=1)


def association(values: Sequence[Attribute | None], truth: Truths) -> float | None:
    """Cramer's V of a word with the truth, None where chance alone does as much (chi-square, p > 0.01)."""
    from scipy.stats import chi2_contingency

    counts = Counter(str(value) for value in values)
    if len(counts) > _MOST_WORDS or len(counts) < 2:
        return None
    # Words of fewer scans than can be judged alone are taken together.
    frequent = {word for word, count in counts.items() if count >= FEWEST_PERSONS}
    told = [str(value) if str(value) in frequent else "" for value in values]
    words = sorted(set(told))
    if len(words) < 2:
        return None
    at = np.array([words.index(word) for word in told])
    table = np.zeros((len(words), len(truth.classes)))
    np.add.at(table, (at, truth.of_case), 1)
    test = chi2_contingency(table, correction=False)
    if test.pvalue > _CHANCE:
        return None
    return float(np.sqrt(test.statistic / table.sum() / (min(table.shape) - 1)))


def folds(count: int, truth: Truths) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """The cases that are learned from and those that are held out, by place; those are other persons'."""
    from sklearn.model_selection import StratifiedGroupKFold

    drawn = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a class that is rarer than there are folds
        return list(drawn.split(np.zeros(count), truth.of_case, truth.person))


def _scores(features: Features, truth: Truths, trees: int) -> NDArray[np.float64]:
    """The share of trees for each class, `(cases, classes)`, from folds that hold other persons."""
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.tree import DecisionTreeClassifier

    scores = np.zeros((len(features), len(truth.classes)))
    for learned, held in folds(len(features), truth):
        kind = DecisionTreeClassifier if trees == 1 else partial(ExtraTreesClassifier, trees, n_jobs=1)
        model = kind(min_samples_leaf=LEAF, class_weight="balanced", random_state=1)
        model.fit(features[learned], truth.of_case[learned])
        scores[np.ix_(held, model.classes_)] = model.predict_proba(features[held])
    return scores
