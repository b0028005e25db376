"""What is on record of a model, for the first screen: goal, verdict, operating rule, checks, sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import Fact, count, setting
from pipeline.page.headline import goal_of, headline
from pipeline.page.standing import GOAL, RULE, VERDICT, Kept, Record, Tone, gravest, kept, standing
from pipeline.report.guards import Guard, guards, patients_apart

Row = dict[str, Any]


def of(artifacts: Artifacts) -> tuple[tuple[str, Tone], list[Row]]:
    """The word that leads with its tone, and a row a judgement: what it is on, what it says, its fact."""
    checks = [patients_apart(artifacts)] if artifacts.table else guards(artifacts)
    ran = [check for check in checks if check.status != "not_run"]
    rules = list(_rules(artifacts))
    record = Record(
        goal=goal_of(artifacts).outcome,
        verdict=artifacts.comparison.verdict if artifacts.comparison else "",
        failed=sum(check.status == "fail" for check in ran),
        ran=len(ran),
        rule=gravest([row["kept"] for row in rules]),
        flag=headline(artifacts).flag,
    )
    rows = [
        *_verdict(record, artifacts),
        _row("goal", "Goal", GOAL[record.goal][1]),
        *(row for row in rules if row["kept"] != "none"),
        *_flag(record, artifacts),
        _checks(record, checks),
    ]
    return standing(record), rows


def _verdict(record: Record, artifacts: Artifacts) -> Iterator[Row]:
    if record.verdict in VERDICT:
        tone = VERDICT[record.verdict][1]
        is_held = artifacts.comparison is not None and artifacts.comparison.is_held_by_plan
        says = "HELD_BY_PLAN" if is_held else record.verdict
        yield _row("verdict", "Beside the champion", tone, says=says, link="comparison")


def _rules(artifacts: Artifacts) -> Iterator[Row]:
    """A row for each threshold that was chosen to reach a sensitivity or specificity."""
    known = artifacts.task.measures.METRICS
    for threshold in artifacts.metrics.thresholds:
        if threshold.target is None or threshold.rule not in known:
            continue
        achieved = artifacts.metric(threshold.rule, target=threshold.class_ or "")
        value = achieved.value if isinstance(achieved.value, float | int) else None
        held: Kept = kept(value, achieved.high, float(threshold.target))
        says, tone = RULE.get(held, ("", "none"))
        yield {
            **_row("rule", "Operating rule", tone, says=says, link=artifacts.task.page.TESTED[0]),
            "kept": held,
            "metric": known[threshold.rule].short,
            "of": threshold.class_ or "",
            "fact": achieved,
            "target": setting("target", threshold.target),
        }


def _flag(record: Record, artifacts: Artifacts) -> Iterator[Row]:
    if record.flag:
        row = _row("flag", "Sample", "doubt", says=record.flag, link="precision")
        yield {**row, "metric": artifacts.short(headline(artifacts).id)}


def _checks(record: Record, checks: list[Guard]) -> Row:
    row = _row("checks", "Checks against leakage", "bad" if record.failed else "none", link="guards")
    return {**row, "failed": _count("checks_failed", record.failed), "ran": _count("checks_ran", record.ran),
            "not_run": _count("checks_not_run", len(checks) - record.ran)}  # fmt: skip


def _count(name: str, number: int) -> Fact:
    return count(name, number, "checks")


def _row(kind: str, label: str, tone: Tone, *, says: str = "", link: str = "") -> Row:
    return {"kind": kind, "label": label, "tone": tone, "of": "", "says": says, "link": link}
