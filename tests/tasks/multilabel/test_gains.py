"""What a candidate gains over a reference in several findings, and what vetoes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from pipeline.statistics.auroc import paired_delong
from pipeline.statistics.vectors import Integers
from pipeline.tasks.contract import Table
from pipeline.tasks.multilabel.answers import Frozen
from pipeline.tasks.multilabel.gains import gain
from pipeline.tasks.multilabel.labels import Labels
from pipeline.tasks.multilabel.pairs import Pairs, pair
from pipeline.tasks.multilabel.verdict import GUARDS, HEADLINE, can_be_compared, flips, too_few
from pipeline.tasks.multilabel.view import View

QUESTION = Labels(("edema", "mass"), ("mass", "edema"))


def pairs_of(
    rows: int = 120, *, strength: tuple[float, float] = (1.0, 1.0), of_reference: float = 1.0, seed: int = 5
) -> Pairs:
    """Two models on the same patients; the candidate tells each finding with a strength of its own."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 2, (rows, 2))
    noise = generator.normal(0, 1, (rows, 2))
    tables = []
    for strengths in ((of_reference, of_reference), strength):
        score = 1 / (1 + np.exp(-(noise + generator.normal(0, 0.3, (rows, 2)) + np.array(strengths) * truth)))
        columns = {f"score_{name}": score[:, index] for index, name in enumerate(QUESTION.names)}
        frame = pd.DataFrame({"case_id": [f"c{n:03d}" for n in range(rows)], "status": "ok", **columns})
        tables.append(Table(frame, Frozen((1.0, 1.0), (0.5, 0.5))))
    cells = [f"{a}|{b}" if n % 10 else f"|{b}" for n, (a, b) in enumerate(truth.tolist())]
    names = [f"c{n:03d}" for n in range(rows)]
    cohort = pd.DataFrame(
        {"case_id": names, "person_id": [n.replace("c", "p") for n in names], "target": cells}
    )
    found = pair(cohort, tables[0], candidate=tables[1], question=QUESTION, unit="patient")
    assert found is not None
    return found


def test_the_gain_in_the_mean_area_is_that_of_scikit_learn_over_known_findings() -> None:
    pairs = pairs_of()
    means = []
    for seen in (pairs.reference, pairs.candidate):
        known = seen.truth >= 0
        areas = [roc_auc_score(seen.truth[known[:, i], i], seen.score[known[:, i], i]) for i in range(2)]
        means.append(np.mean(areas))
    found = gain(HEADLINE, pairs, alpha=0.05, seed=1)
    assert found.value == pytest.approx(means[1] - means[0])
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high


def test_the_finding_that_lost_most_is_judged_at_the_level_shared_out_among_all() -> None:
    pairs = pairs_of(strength=(1.5, -1.0), of_reference=1.5)
    found = gain("label_auroc", pairs, alpha=0.05, seed=1)
    one, other = (seen.of_finding(1).sample for seen in (pairs.reference, pairs.candidate))
    alone = paired_delong(one.truth, one.probability[:, 1], other.probability[:, 1], level=1 - 2 * 0.025)
    assert (found.low, found.high) == (alone.low, alone.high)
    assert found.high is not None
    assert found.high < 0
    assert found.about == "mass, which of 2 findings lost most, at alpha / 2 each"


def test_every_guard_has_a_gain_and_equal_models_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.tasks.multilabel.gains.DRAWS", 200)  # that there is a bound shows with few
    pairs = pairs_of()
    same = Pairs(pairs.names, pairs.reference, pairs.reference)
    for guard in GUARDS:
        assert gain(guard.metric, pairs, alpha=0.05, seed=1).low is not None
        nothing = gain(guard.metric, same, alpha=0.05, seed=1)
        assert (nothing.value, nothing.low) == (0.0, None)
        assert nothing.reason


def test_who_changes_sides_has_every_known_finding_right_with_one_model_alone() -> None:
    pairs = pairs_of(rows=60)
    told = flips(pairs, QUESTION, level=0.95)
    assert told is not None
    assert told.units == 60 == told.both_right + told.both_wrong + told.negative + told.positive
    sides = []
    for seen in (pairs.reference, pairs.candidate):
        known = seen.truth >= 0
        sides.append((((seen.truth == 1) == (seen.score >= 0.5)) | ~known).all(axis=1))
    assert told.negative == int((sides[0] & ~sides[1]).sum())
    assert {flip.score_of for flip in told.negative_list} <= {"edema", "mass"}
    assert [each.name for each in told.classes] == list(pairs.reference.names)
    known = pairs.reference.truth[:, 0] >= 0
    lost = known & (sides_of(pairs.reference, 0) > sides_of(pairs.candidate, 0))
    assert (told.classes[0].patients, told.classes[0].negative) == (int(known.sum()), int(lost.sum()))


def sides_of(view: View, index: int) -> Integers:
    """1 where the finding is decided rightly, else 0."""
    return np.asarray((view.truth[:, index] == 1) == (view.score[:, index] >= 0.5), dtype=np.int64)


def test_too_few_patients_on_a_side_of_every_finding_leave_the_question_open() -> None:
    assert too_few(pairs_of()) is None
    few = pairs_of().chosen(np.arange(120) < 20)
    assert can_be_compared(few)
    assert "no finding has 15 patients with it and as many without" in str(too_few(few))
