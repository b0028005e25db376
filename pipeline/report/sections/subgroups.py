"""For whom the model fails: subgroups beside their complement, corrected for their number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline.contracts.metrics import Difference
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import FEWEST_SHOWN, Fact, count
from pipeline.page.headline import headline, headline_name
from pipeline.page.section import Section, not_available

KEY, TITLE = "subgroups", "For whom it works, and for whom less well"
ALPHA = 0.05  # the usual level, of p values that are corrected for the number of subgroups
_NO_GROUPS = (
    "neither headers nor the table of labels (`cohort.groups`) tell groups of the reported patients apart; a "
    "table of predictions names them in columns by_NAME"
)


def build(artifacts: Artifacts) -> Section:
    """One row per subgroup of the reported part with its interval, difference and corrected p."""
    name = headline_name(artifacts)
    metrics = [
        metric
        for metric in artifacts.metrics_named(name)
        if metric.part == artifacts.part and metric.group and not metric.target
    ]
    if not metrics:
        return not_available(KEY, TITLE, _NO_GROUPS)
    rows = [_row(_hidden_if_small(metric), artifacts) for metric in metrics]
    words = {
        "metric": artifacts.short(name),
        "finding": artifacts.task.page.finding(artifacts.question),
        "side": "lower" if artifacts.task.measures.METRICS[name].better > 0 else "higher",
        "worse": [_name(row) for row in rows if row["worse"]],
        "too_few": [_name(row) for row in rows if row["too_few"]],
    }
    facts = {
        "overall": headline(artifacts),
        "groups": count("groups", len(rows), "subgroups", artifacts.part),
        "too_few": count("too_few", len(words["too_few"]), "subgroups", artifacts.part),
    }
    return Section(KEY, TITLE, facts, {"rows": rows}, words=words)


def _row(metric: Fact, artifacts: Artifacts) -> dict[str, Any]:
    stored = _comparison(metric, artifacts)
    difference = _of_difference(stored, metric)
    p_holm, patients = (stored.p_holm, stored.patients) if stored else (None, None)
    p = Fact("p_holm", p_holm, unit="p value", method="Holm", part=metric.part, group=metric.group,
             patients=patients, reason="a p value")  # fmt: skip
    heading, _, label = metric.group.removeprefix("by_").partition("=")
    return {
        "group": metric.group,
        "heading": heading.replace("_", " ").capitalize(),
        "label": label or "unknown",
        "fact": metric,
        "difference": difference,
        "p": p,
        "worse": _is(p.value, below=ALPHA) and _is_loss(difference, metric, artifacts),
        "too_few": metric.value is None,
    }


def _is_loss(difference: Fact, metric: Fact, artifacts: Artifacts) -> bool:
    """Whether the whole interval of a difference lies on the worse side of none."""
    better = artifacts.task.measures.METRICS[metric.id].better
    nearest = difference.high if better > 0 else difference.low
    return nearest is not None and better * nearest < 0


def _comparison(metric: Fact, artifacts: Artifacts) -> Difference | None:
    """The comparison of the subgroup with all others, None where there is none."""
    for stored in artifacts.comparisons():
        if (stored.a, stored.metric, stored.part) == (metric.group, metric.id, metric.part):
            return stored
    return None


def _of_difference(stored: Difference | None, metric: Fact) -> Fact:
    fact = Fact("difference", None, level=metric.level, part=metric.part, group=metric.group,
                reason="not compared", measured_in=metric.measured_in)  # fmt: skip
    if stored is None:
        return fact
    reason = stored.reason or ("not compared" if stored.difference is None else "")
    return replace(fact, value=stored.difference, low=stored.low, high=stored.high, method=stored.method,
                   patients=stored.patients, reason=reason)  # fmt: skip


def _hidden_if_small(metric: Fact) -> Fact:
    """The metric without its counts where they are so small that they could point to a person."""
    if metric.value is not None:
        return metric
    return replace(
        metric,
        cases=None,
        patients=None,
        positive_patients=None,
        reason=f"fewer than {FEWEST_SHOWN} patients on one side",
    )


def _name(row: dict[str, Any]) -> str:
    return f"{row['heading']}: {row['label']}"


def _is(value: float | int | str | None, *, below: float) -> bool:
    return isinstance(value, float | int) and value < below
