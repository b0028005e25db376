"""Every worked example of classification and segmentation, in `evaluation_examples.json`: inputs, expected, tolerance."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from worked_examples import COMPUTE, Case, clustered

EXAMPLES: list[Case] = json.loads(
    Path(__file__).with_name("evaluation_examples.json").read_text(encoding="utf-8")
)["examples"]
# Tested beside what computes them.
ELSEWHERE = {"agreement", "icc_a1"}
# Quantities that the examples list for orientation and that are not computed, by convention.
NOT_COMPUTED = {"trapezoid_NOT_used", "chi2_cc"}


@pytest.mark.parametrize(
    "example", [e for e in EXAMPLES if e["quantity"] not in ELSEWHERE], ids=lambda example: example["id"]
)
def test_the_worked_example_comes_out_as_published(example: Case) -> None:
    found = COMPUTE[example["quantity"]](example["input"])
    for name, expected in example["expect"].items():
        if name not in NOT_COMPUTED:
            tolerance = example.get("tol_by_key", {}).get(name, example["tol_abs"])
            assert_equal(found[name], expected, tolerance)


def assert_equal(found: Any, expected: Any, tolerance: float) -> None:
    if isinstance(expected, dict):
        for key, value in expected.items():
            assert_equal(found[key], value, tolerance)
    elif expected is None or isinstance(expected, str):
        assert found == expected
    else:
        # Published with twelve digits, which is more than the tolerance of large numbers asks for.
        assert np.asarray(found) == pytest.approx(np.asarray(expected), abs=tolerance, rel=5e-12)


def test_the_recipe_of_clustered_cases_gives_the_published_values() -> None:
    given = next(e["input"] for e in EXAMPLES if e["id"] == "T4-r")
    y, score, _, pat = clustered(given)
    assert np.unique(pat).size == given["check"]["patients_seen"]
    assert digest(str(value) for value in y) == given["check"]["y_sha256_16"]
    assert digest(f"{value:.6f}" for value in score) == given["check"]["score_sha256_16"]


def digest(texts: Iterable[str]) -> str:
    return hashlib.sha256(",".join(texts).encode()).hexdigest()[:16]
