"""The verdict logic, from single rows to the one answer."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.compare.verdict import Row, decide, headline, outcome, patients_needed
from pipeline.contracts.objects import plain

OUTCOMES = ("PASS", "FAIL", "UNKNOWN")


def row(role="require", result="PASS", **changed):
    values = {
        "rule": "non_inferior_core",
        "role": role,
        "metric": "auroc",
        "part": "test-core",
        "value": 0.01,
        "low": -0.02,
        "high": 0.04,
        "level": 0.98,
        "bound": -0.05,
        "outcome": result,
        "patients": 400,
        "positive_patients": 120,
        "method": "paired DeLong",
        "n_more": None,
        "reason": None,
        "sentence": "",
    }
    return Row(**{**values, **changed})


@pytest.mark.parametrize(
    ("low", "high", "bound", "expected"),
    [
        (-0.02, 0.04, -0.05, "PASS"),  # whole interval above minus the margin
        (-0.04, -0.01, -0.05, "PASS"),  # a loss is shown, and shown to be within the margin
        (-0.13, -0.03, -0.05, "FAIL"),  # a loss is shown, and not shown to be within the margin
        (-0.13, -0.06, -0.05, "FAIL"),
        (-0.08, 0.01, -0.05, "UNKNOWN"),
        (-0.05, 0.04, -0.05, "UNKNOWN"),  # touching the bound is not beyond it
        (0.001, 0.05, 0.0, "PASS"),
        (0.0, 0.05, 0.0, "UNKNOWN"),
        (-0.05, 0.0, 0.0, "UNKNOWN"),
        (-0.05, -0.001, 0.0, "FAIL"),
        (None, None, -0.05, "UNKNOWN"),
        (float("nan"), 0.1, -0.05, "UNKNOWN"),
    ],
)
def test_an_interval_passes_beyond_the_bound_and_fails_when_it_shows_a_loss(low, high, bound, expected):
    assert outcome(low, high, bound=bound) == expected


def test_every_combination_of_rows_gives_the_verdict_of_the_rule():
    pairs = list(itertools.product(("require", "guard"), OUTCOMES))
    for size in range(1, 5):
        for combination in itertools.combinations_with_replacement(pairs, size):
            rows = [row(role, result) for role, result in combination]
            required = [result for role, result in combination if role == "require"]
            if any(result == "FAIL" for _, result in combination):
                expected = "KEEP"
            elif required and set(required) == {"PASS"}:
                expected = "PROMOTE"
            else:
                expected = "INCONCLUSIVE"
            assert decide(rows) == expected
            assert headline(decide(rows), rows).startswith(f"VERDICT {expected}: ")


def test_a_rule_that_requires_nothing_promotes_nobody():
    assert decide([]) == "INCONCLUSIVE"
    assert decide([row("guard", "PASS")]) == "INCONCLUSIVE"


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(("require", "guard")), st.sampled_from(OUTCOMES)), min_size=1, max_size=8
    )
)
def test_the_order_of_rows_and_a_further_failure_never_help(combination):
    rows = [row(role, result) for role, result in combination]
    assert decide(rows) == decide(rows[::-1])
    assert decide([*rows, row("guard", "FAIL")]) == "KEEP"
    assert decide([*rows, row("guard", "UNKNOWN")]) == decide(rows)


def test_the_last_line_names_the_row_that_failed_with_its_numbers():
    failed = row("guard", "FAIL", metric="sensitivity", part="test", value=-0.08, low=-0.13, high=-0.03)
    line = headline("KEEP", [row(), failed])
    assert line == "VERDICT KEEP: sensitivity test FAIL (-0.080 [-0.130,-0.030], margin -0.05)"


def test_the_last_line_of_an_open_verdict_says_how_many_patients_more():
    open_row = row(result="UNKNOWN", part="test-era", bound=0.0, value=0.02, low=-0.01, high=0.05, n_more=310)
    line = headline("INCONCLUSIVE", [row(), open_row])
    assert line == (
        "VERDICT INCONCLUSIVE: auroc test-era UNKNOWN (+0.020 [-0.010,+0.050], margin +0.00), "
        "about 310 more test patients"
    )


def test_patients_needed_follows_the_formula_worked_by_hand():
    # z(0.01) + z(0.80) = 2.3263 + 0.8416 = 3.1680; (3.1680 * 0.02 / 0.05)^2 = 1.60580; * 400 = 642.3
    assert patients_needed(400, 0.02, alpha=0.01, distance=0.05) == 643


def test_a_row_is_json_and_says_whether_it_holds():
    written = json.loads(json.dumps(plain(row(result="UNKNOWN").record), allow_nan=False))
    assert written["holds"] is False
    assert row().record.holds
