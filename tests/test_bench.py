"""What the benchmarks say to somebody who mistypes one, and how they count who is held."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from bench.conformal import DEMOS, Rows, by_group
from pipeline.config import Evaluate
from pipeline.tasks.registry import task_of
from pipeline.tasks.regression.quantity import Quantity

PROJECT = Path(__file__).parent.parent


def test_a_benchmark_that_is_none_is_told_with_those_that_there_are() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "bench.pipelines", "dmeo"], cwd=PROJECT, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("There is no benchmark dmeo here (known: demo, demo-3d, ")


def test_of_a_patient_with_two_scans_both_must_be_held() -> None:
    rows = Rows(("a", "a", "b"), ("clear", "clear", "nodule"), np.zeros((3, 2)))
    grouped = by_group(DEMOS["demo"], rows, np.array([True, False, True]))
    assert grouped == {"clear": [False], "nodule": [True]}


def test_intervals_are_tried_as_evaluate_makes_them() -> None:
    generator = np.random.default_rng(1)
    truth = generator.uniform(5, 30, 400)
    said = (truth + generator.normal(0, 2, 400))[:, None]
    patients, words = [f"p{number}" for number in range(400)], [f"{value:.3f}" for value in truth]
    chosen = task_of("regression").choices.choose(
        words[:200], said[:200], patients[:200], question=Quantity("diameter", "mm"), plan=Evaluate()
    )
    held = DEMOS["demo-diameter"].held(None, chosen.fixed, Rows(patients[200:], words[200:], said[200:]))
    # Three standard deviations of 200 new patients by 200 known ones are 0.09.
    assert held is not None and 0.81 < held.mean() < 0.99
