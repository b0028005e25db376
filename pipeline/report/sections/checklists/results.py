"""Answers about results: metrics with their intervals, groups, failures, robustness, limits."""

from __future__ import annotations

from pipeline.contracts import predictions
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import Fact, printed, shown_interval, shown_p, shown_value
from pipeline.page.headline import headline, headline_name
from pipeline.records import EXTERNAL
from pipeline.report.sections import limitations
from pipeline.report.sections.checklists.items import Answer

_SOURCES = ("by_site", "by_manufacturer")


def metrics(artifacts: Artifacts) -> Answer:
    """The metrics of the first table."""
    names = [
        artifacts.short(name) for name in artifacts.task.page.brief(artifacts.question, unit=artifacts.unit)
    ]
    return Answer(f"{', '.join(names)}, and what else the page shows; one vote a {artifacts.unit}.", "brief")


def statistics(artifacts: Artifacts) -> Answer | None:
    """Level and method of the intervals."""
    bootstrap, method = artifacts.metrics.bootstrap, headline(artifacts).method
    if not method:
        return None
    resampled = f"; {shown_value(bootstrap.resamples)} resamples of whole patients" if bootstrap else ""
    return Answer(
        f"Intervals of {100 * artifacts.level:g} %; {artifacts.short(headline_name(artifacts))}: "
        f"{method}{resampled}; groups "
        "corrected after Holm.",
        "methods",
    )


def performance(artifacts: Artifacts) -> Answer | None:
    """The headline with its interval."""
    fact = headline(artifacts)
    return Answer(f"{_told(artifacts, fact)}.", "brief") if fact.value is not None else None


def estimates(artifacts: Artifacts) -> Answer | None:
    """The metrics of the first table that have an interval."""
    found = [
        artifacts.metric(name) for name in artifacts.task.page.brief(artifacts.question, unit=artifacts.unit)
    ]
    known = [fact for fact in found if fact.low is not None]
    return Answer(f"{'; '.join(_told(artifacts, fact) for fact in known)}.", "brief") if known else None


def internal(artifacts: Artifacts) -> Answer:
    """The test part."""
    tested = artifacts.tested
    return Answer(
        f"On {shown_value(int(tested['patient_id'].nunique()))} patients ({shown_value(len(tested))} "
        "scans) of the test part, "
        "which neither training nor choices saw.",
        "brief",
    )


def external(artifacts: Artifacts) -> Answer | None:
    """What patients of another source showed, or that none were a part of their own."""
    if not artifacts.of_another_source:
        return Answer("No patients of another source were a part of their own.", "limitations")
    fact = artifacts.metric(headline_name(artifacts), part=EXTERNAL)
    if fact.value is None:
        return None
    return Answer(f"On patients of another source: {_told(artifacts, fact)}.", "external")


def predicted(artifacts: Artifacts) -> Answer | None:
    """How predictions of the test part came to be."""
    digest = artifacts.file_digests.get(predictions.FILE.name)
    if digest is None:
        return None
    return Answer(
        f"By the stored model itself, a row a scan in predictions.csv (SHA-256 {digest[:16]}…).", "provenance"
    )


def robustness(artifacts: Artifacts) -> Answer | None:
    """What worse scans and control runs showed."""
    curves = artifacts.robustness.curves if artifacts.robustness else ()
    tried = [curve.key.replace("_", " ") for curve in curves if curve.points]
    runs = artifacts.controls.controls if artifacts.controls else ()
    ran = [run for run in runs if run.status != "not_run"]
    told = [f"scans made worse by {', '.join(tried)}"] if tried else []
    told += [f"{len(ran)} control runs, {sum(run.status == 'pass' for run in ran)} passed"] if ran else []
    return Answer(f"{_capital('; '.join(told))}.", "robustness" if tried else "controls") if told else None


def explained(artifacts: Artifacts) -> Answer | None:
    """How heat on the pictures was made."""
    gallery = artifacts.insights.gallery if artifacts.insights else None
    if gallery is None or not gallery.method:
        return None
    return Answer(f"Heat on single cases: {gallery.method.replace('_', '-')}.", "gallery")


def failures(artifacts: Artifacts) -> Answer | None:
    """The cases that are shown, the wrongly answered among them."""
    if artifacts.insights is None:
        return None
    shown, outlined = artifacts.insights.gallery.items, artifacts.insights.outlines
    if outlined:
        return Answer(f"{len(outlined)} cases outlined, the worst among them.", "outlines")
    return Answer(f"{len(shown)} cases shown, the wrongly answered among them.", "gallery") if shown else None


def fairness(artifacts: Artifacts) -> Answer | None:
    """The groups that were told apart, and the corrected differences."""
    return _of_groups(artifacts, ("by_",))


def clusters(artifacts: Artifacts) -> Answer | None:
    """The same by site and maker."""
    return _of_groups(artifacts, _SOURCES)


def updating(artifacts: Artifacts) -> Answer | None:
    """The verdict beside the champion."""
    compared = artifacts.comparison
    if compared is None:
        return None
    if not compared.reasons:
        return Answer("no earlier model was updated", "card", applies=False)
    return Answer(
        f"{compared.verdict}: {len(compared.reasons)} criteria, judged on the same patients.", "comparison"
    )


def limits(artifacts: Artifacts) -> Answer | None:
    """How many limits follow from the facts."""
    rows = limitations.build(artifacts).tables["rows"]
    return Answer(f"{len(rows)} limits follow from what is recorded.", "limitations") if rows else None


def poor_input(artifacts: Artifacts) -> Answer | None:
    """What becomes of scans that can't be read, or are unlike those of training."""
    known = artifacts.strangers
    if known is None or known.limit is None:
        return None
    return Answer(
        "A scan that can't be read right is refused with a reason; one beyond a limit that "
        f"{100 * known.share:g} % of patients pass by chance is told as unlike those of training.",
        "strangers",
    )


def _of_groups(artifacts: Artifacts, columns: tuple[str, ...]) -> Answer | None:
    name = headline_name(artifacts)
    groups = [
        fact.group
        for fact in artifacts.metrics_named(name)
        if fact.part == artifacts.part and fact.group.startswith(columns)
    ]
    if not groups:
        return None
    told = ", ".join(
        dict.fromkeys(group.partition("=")[0].removeprefix("by_").replace("_", " ") for group in groups)
    )
    p_values = [each.p_holm for each in artifacts.comparisons() if each.metric == name and each.a in groups]
    known = [p for p in p_values if p is not None]
    least = f"; smallest corrected p {shown_p(min(known))}" if known else ""
    return Answer(f"{artifacts.short(name)} of {len(groups)} groups by {told}{least}.", "subgroups")


def _told(artifacts: Artifacts, fact: Fact) -> str:
    within = f" ({shown_interval(fact.low, fact.high, fact.measured_in)})" if fact.low is not None else ""
    unit = f" {fact.measured_in}" if fact.measured_in else ""
    return f"{artifacts.short(fact.id)} {printed(fact.to_json())}{within}{unit}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
