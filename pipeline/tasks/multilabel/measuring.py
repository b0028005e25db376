"""All numbers and curves of a view: means over findings, then each finding as one of two classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from pipeline.statistics.bootstrap import Resampled
from pipeline.statistics.estimate import Estimate, missing
from pipeline.statistics.proportions import at_an_end, wilson
from pipeline.tasks.classification import measuring as of_one
from pipeline.tasks.measured import Json, Measured, merged
from pipeline.tasks.multilabel import joint
from pipeline.tasks.multilabel.definitions import JOINT, MACRO
from pipeline.tasks.multilabel.labels import PRESENT
from pipeline.tasks.multilabel.view import View

TOO_FEW = "no finding has enough patients with and without it"


def measure(view: View) -> Measured:
    """All metrics and curves of the view."""
    judged = view.judged()
    findings = [of_one.measure(view.of_finding(index)) for index in range(len(view.names))]
    curves: dict[str, list[Json]] = {}
    for each in findings:
        for kind, drawn in each.curves.items():
            curves.setdefault(kind, []).extend(drawn)
    curves["mistakes"] = [mistakes(view)]
    confusion = [
        matrix | {"class": name}
        for name, each in zip(view.names, findings, strict=True)
        for matrix in each.confusion
    ]
    return Measured(
        metrics=[*_over_findings(view, judged), *_by_finding(view, findings)],
        confusion=confusion,
        curves=curves,
        redrawn=max((each.redrawn for each in findings), default=0),
    )


def mistakes(view: View) -> Json:
    """Which findings are missed or falsely called together: counts of rows, findings by findings.

    `missed[a][b]` are the rows in which both a and b are missed, `false_alarms[a][b]` those in which both are
    false alarms, `instead[a][b]` those in which a is missed and b is a false alarm.
    """
    present, known, flagged = view.truth == PRESENT, view.known, view.flagged
    missed, false = known & present & ~flagged, known & ~present & flagged
    pairs = {"missed": (missed, missed), "false_alarms": (false, false), "instead": (missed, false)}
    return {
        "part": view.part,
        "unit": view.unit,
        "classes": list(view.names),
        "cases": len(view.truth),
        "patients": view.patients,
        **{
            name: (one.astype(np.int64).T @ other.astype(np.int64)).tolist()
            for name, (one, other) in pairs.items()
        },
    }


def _over_findings(view: View, judged: Sequence[int]) -> list[Json]:
    level = view.plan.level
    statistic = joint.decisions(view)
    resampled = joint.resampled(view, merged(statistic, joint.means(view, judged)) if judged else statistic)
    estimates = {name: resampled.estimate(name, level=level) for name in JOINT}
    estimates["exact_match"] = _exact_match(view, resampled)
    for name in MACRO:
        estimates[name] = _mean(view, judged, resampled, name)
    return [view.metric(name, estimates[name]) for name in (*MACRO, *JOINT)]


def _mean(view: View, judged: Sequence[int], resampled: Resampled, name: str) -> Estimate:
    if not judged:
        return missing(TOO_FEW)
    estimate = resampled.estimate(name, level=view.plan.level)
    flags = [estimate.flag] if estimate.flag else []
    if len(judged) < len(view.names):
        flags.append(f"mean over {len(judged)} of {len(view.names)} findings")
    return replace(estimate, flag="; ".join(flags) or None)


def _exact_match(view: View, resampled: Resampled) -> Estimate:
    """Wilson's interval where patients count once, else the bootstrap."""
    level, right = view.plan.level, joint.right_rows(view)
    counts = int(right.sum()), right.size
    if view.patients == right.size:
        return wilson(*counts, level=level).counted(*counts)
    estimate = at_an_end(resampled.estimate("exact_match", level=level), view.patients, level=level)
    return estimate.counted(*counts)


def _by_finding(view: View, findings: Sequence[Measured]) -> Iterator[Json]:
    """The metrics of each finding under its name, with how many rows don't tell of it."""
    for name, each in zip(view.names, findings, strict=True):
        for metric in each.metrics:
            yield metric | {"class": name}
