"""What a candidate gains over a reference on the same patients, and who is found or missed now."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from invented_masks import NAMES, cells, drawn, frame, row
from scipy import stats

from pipeline.compare.rows import Evidence, rows
from pipeline.compare.verdict import Row, decide
from pipeline.config import Compare
from pipeline.tasks.contract import Table, Unit
from pipeline.tasks.gain import PAIRED
from pipeline.tasks.registry import task_of
from pipeline.tasks.segmentation.pairs import Pairs
from pipeline.tasks.segmentation.structures import Structures
from pipeline.tasks.segmentation.verdict import (
    GUARDS,
    HEADLINE,
    can_be_compared,
    flips,
    gain,
    pair,
    patients_needed,
    rarest,
    too_few,
)


def joined(table: pd.DataFrame) -> pd.DataFrame:
    """The table as the stages read it: the cells of all structures as one text."""
    return table.assign(
        **{
            column: ["|".join(cells) for cells in table[[f"{column}_{name}" for name in NAMES]].to_numpy()]
            for column in ("truth", "predicted")
        }
    )


def paired(before: pd.DataFrame, after: pd.DataFrame, unit: Unit = "patient") -> Pairs:
    first, second = joined(before), joined(after)
    cohort = first[["case_id", "patient_id"]].rename(columns={"patient_id": "person_id"})
    found = pair(
        cohort.assign(target=first["truth"]),
        Table(first, None),
        candidate=Table(second, None),
        question=Structures(NAMES),
        unit=unit,
    )
    assert found is not None
    return found


def dice(table: pd.DataFrame) -> np.ndarray:
    return np.nanmean([pd.to_numeric(table[f"dice_{name}"]).to_numpy() for name in NAMES], axis=0)


def test_the_gain_in_dice_is_that_of_a_paired_t_test_of_patients() -> None:
    before, after = drawn(40), drawn(40, better_by=0.03)
    oracle = stats.ttest_rel(dice(after), dice(before))
    ends = oracle.confidence_interval(0.98)
    found = gain(HEADLINE, paired(before, after), alpha=0.01, seed=1)
    assert found.value == pytest.approx((dice(after) - dice(before)).mean())
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
    assert found.method == PAIRED


def test_a_guard_is_a_part_of_the_structures_own_size() -> None:
    # A ball of 36 pi mm3 has a diameter of 6 mm.
    volume = 0.036 * math.pi
    before = [row(f"c{n:02d}", f"p{n:02d}", cells(0.8, volume, volume, hd95=3.0)) for n in range(20)]
    after = [
        row(f"c{n:02d}", f"p{n:02d}", cells(0.8, volume, volume * (1.1 + n / 1000), hd95=1.5 + n / 100))
        for n in range(20)
    ]
    filled = [frame(each).assign(**{f"{c}_posterior": "" for c in cells(0.8)}) for each in (before, after)]
    pairs = paired(*filled)
    borders = gain("hd95_over_diameter", pairs, alpha=0.05, seed=1)
    assert borders.reference == pytest.approx(0.5, rel=1e-6)
    assert borders.candidate == pytest.approx((1.5 + 0.095) / 6, rel=1e-6)
    assert borders.value > 0
    volumes = gain("volume_error", pairs, alpha=0.05, seed=1)
    assert (volumes.reference, volumes.candidate) == pytest.approx((0.0, 0.1095), abs=1e-6)
    assert volumes.high is not None
    assert volumes.high < 0


def test_more_missed_is_a_shown_loss_that_vetoes() -> None:
    before = drawn(40)
    table = before.to_dict("records")
    for index in range(12):
        table[index] |= {
            f"{key}_anterior": cell
            for key, cell in cells(0.0, float(table[index]["volume_truth_ml_anterior"]), 0.0).items()
        }
    found = gain("missed", paired(before, frame(table)), alpha=0.05, seed=1)
    assert found.high is not None
    assert found.high < -0.05


@pytest.mark.parametrize("metric", [HEADLINE, *(guard.metric for guard in GUARDS)])
def test_models_that_do_the_same_have_no_interval_of_no_width(metric: str) -> None:
    found = gain(metric, paired(drawn(20), drawn(20)), alpha=0.05, seed=1)
    assert (found.value, found.low, found.high) == (0.0, None, None)
    assert found.reason


def test_patients_who_recur_count_once() -> None:
    before, after = drawn(12, cases=2), drawn(12, cases=2, better_by=0.02)
    by_patient, by_case = (
        gain(HEADLINE, paired(before, after, unit), alpha=0.05, seed=1) for unit in ("patient", "case")
    )
    assert by_patient.standard_error == pytest.approx(by_case.standard_error)


def test_a_case_that_failed_counts_as_missed_and_is_not_left_out() -> None:
    before = drawn(20)
    table = before.to_dict("records")
    table[0] |= {
        f"{key}_{name}": cell
        for name in NAMES
        for key, cell in cells(0.0, float(table[0][f"volume_truth_ml_{name}"]), 0.0).items()
    } | {"status": "failed"}
    found = gain(HEADLINE, paired(before, frame(table)), alpha=0.05, seed=1)
    assert found.value == pytest.approx(-dice(before)[0] / 20)


def test_too_few_patients_with_a_structure_give_no_answer() -> None:
    nobody = frame([row(f"c{n:02d}", f"p{n:02d}", cells(None), cells(None)) for n in range(20)])
    pairs = paired(nobody, nobody)
    assert not can_be_compared(pairs)
    few = paired(*(pd.concat([drawn(14), nobody[:6]]).fillna("") for _ in range(2)))
    assert too_few(few) == "it has 14 patients with a structure, fewer than 15"
    assert patients_needed(rarest(few)) == math.ceil(15 * 20 / 14)
    assert too_few(paired(drawn(15), drawn(15))) is None


def test_those_whose_overlap_fell_or_rose_by_more_than_a_tenth_are_named() -> None:
    before = [
        row(f"c{n}", f"p{n}", cells(0.8), cells(0.0, 2.0, 0.0) if n == 1 else cells(0.6)) for n in range(4)
    ]
    after = [
        row(f"c{n}", f"p{n}", cells(0.0, 3.0, 0.0) if n == 2 else cells(0.6 if n == 3 else 0.8), cells(0.6))
        for n in range(4)
    ]
    found = flips(paired(frame(before), frame(after)), Structures(NAMES), level=0.95)
    assert found is not None
    # the means: p1 from 0.4 to 0.7, p2 from 0.7 to 0.3, p3 from 0.7 to 0.6, which is no fall by more than 0.1
    assert (found.units, found.negative, found.positive, found.both_right) == (4, 1, 1, None)
    assert found.lost == "mean Dice fell by more than 0.1"
    anterior, posterior = found.classes
    assert (anterior.name, anterior.patients, anterior.negative) == ("anterior", 4, 2)  # p2 and p3, alone
    assert (posterior.negative, posterior.positive) == (0, 1)
    (lost,), (gained,) = found.negative_list, found.positive_list
    assert (lost.name, lost.truth, lost.champion, lost.candidate) == (
        "p2", "anterior, posterior", "anterior, posterior", "posterior",
    )  # fmt: skip
    assert (gained.name, gained.score_of, gained.champion_score, gained.candidate_score) == (
        "p1", "posterior", 0.0, 0.6,
    )  # fmt: skip


def judged(before: pd.DataFrame, after: pd.DataFrame) -> tuple[str, list[Row]]:
    """The verdict on a candidate that is held against the champion on the core alone."""
    pairs = paired(before, after)
    found = rows(
        task_of("segmentation"),
        Compare(objective="maintain"),
        Evidence(pairs, frozenset(pairs.names)),
        alpha=0.01,
        seed=1,
    )
    return decide(found), found


def test_a_candidate_that_outlines_as_well_passes_every_row_with_its_arithmetic() -> None:
    verdict, found = judged(drawn(60), drawn(60, better_by=0.01))
    assert verdict == "PROMOTE"
    assert [row.rule for row in found] == ["non_inferior_core", *(guard.rule for guard in GUARDS)]
    assert "no loss of 0.05 or more in Dice against the champion" in found[0].sentence
    assert "(60 patients with a structure)" in found[0].sentence


def test_a_candidate_that_misses_more_is_kept_out_by_the_guard_though_its_dice_is_as_good() -> None:
    before = drawn(60)
    table = drawn(60, better_by=0.15).to_dict("records")
    for index in range(10):
        table[index] |= {
            f"{key}_anterior": cell
            for key, cell in cells(0.0, float(table[index]["volume_truth_ml_anterior"]), 0.0).items()
        }
    verdict, found = judged(before, frame(table))
    outcomes = {row.rule: row.outcome for row in found}
    assert verdict == "KEEP"
    assert outcomes["guard_missed"] == "FAIL"
    assert outcomes["non_inferior_core"] != "FAIL"
