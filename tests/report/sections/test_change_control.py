"""The change on record says what is recorded, and what isn't."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.report import reading, run
from pipeline.report.sections import change_control


def article(made: Any) -> str:
    run(made.config, made.workspace)
    page = (made.workspace.candidate / "report.html").read_text(encoding="utf-8")
    return page.split('<article id="change_control">')[1].split("</article>")[0]


def test_the_rows_of_the_verdict_are_counted_by_role_and_outcome(read: Artifacts) -> None:
    facts = change_control.build(read).facts
    counted = {name: fact.value for name, fact in facts.items() if name.startswith(("require_", "guard_"))}
    assert counted == {
        "require_pass": 1, "require_fail": 0, "require_unknown": 1, "guard_pass": 0, "guard_fail": 0, "guard_unknown": 1,
    }  # fmt: skip
    assert (facts["flips_negative"].value, facts["flips_units"].value) == (8, 231)
    assert (facts["patients_then"].value, facts["moves"].value) == (451, 1)


def test_what_lies_outside_the_plan_is_named_and_a_missing_impact_assessment_is_said(candidate: Any) -> None:
    page = article(candidate)
    assert "Fixed with generation 0001: train.epochs, train.seed" in page
    assert "outside the plan: train.width" in page
    assert "not stated: no impact assessment was written" in page
    assert "the last: promote of generation 0001 by A. Reader" in page


def test_an_impact_assessment_is_shown_as_people_wrote_it(
    make_candidate: Callable[..., Any], tmp_path: Path
) -> None:
    made = make_candidate(tmp_path, patients=60)
    words = "More alarms <b>at night</b>."
    stated = made.config.report.model_copy(update={"impact": words})
    page = article(replace(made, config=made.config.model_copy(update={"report": stated})))
    assert "More alarms &lt;b&gt;at night&lt;/b&gt;." in page
    assert "not stated" not in page


def test_without_a_plan_and_in_a_comparison_of_before_the_page_says_so(read: Artifacts) -> None:
    assert read.comparison and read.comparison.plan
    none = replace(read.comparison, plan=replace(read.comparison.plan, fixed_with=""))
    assert change_control.build(replace(read, comparison=none)).words["outside"] == []
    before = replace(read.comparison, plan=None)
    assert "earlier version" in change_control.build(replace(read, comparison=before)).words["unknown"]


def test_a_first_model_has_no_change_to_record(make_candidate: Callable[..., Any], tmp_path: Path) -> None:
    made = make_candidate(tmp_path, patients=60, champion=False)
    read = reading.read(
        made.config, candidate=made.workspace.candidate, ledgers=made.workspace.ledgers, champion=None
    )
    assert change_control.build(read).reason


def test_a_verdict_that_the_plan_alone_holds_back_says_so_at_the_top(read: Artifacts) -> None:
    from pipeline.report import judgements

    assert read.comparison
    passing = tuple(replace(row, outcome="PASS") for row in read.comparison.reasons)
    held = replace(read, comparison=replace(read.comparison, reasons=passing))
    says = [row["says"] for row in judgements.of(held)[1] if row["kind"] == "verdict"]
    assert says == ["HELD_BY_PLAN"]
    assert [row["says"] for row in judgements.of(read)[1] if row["kind"] == "verdict"] == ["INCONCLUSIVE"]
