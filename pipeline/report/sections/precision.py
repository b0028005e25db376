"""How much the number of patients supports: the width of the interval and what would halve it."""

from __future__ import annotations

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, Fact, count
from pipeline.page.headline import headline, headline_name, judged
from pipeline.page.section import Section

KEY, TITLE = "precision", "How precise is this?"


def build(artifacts: Artifacts) -> Section:
    """Patients, positives, half-width of the headline interval, and the number that would halve it."""
    fact, summary = headline(artifacts), judged(artifacts)
    patients = fact.patients or 0
    rare = fact.positive_patients if fact.positive_patients is not None else patients
    facts = {
        "patients": count("patients", patients, "patients", artifacts.part),
        "positive_patients": count("positive_patients", rare, "patients", artifacts.part),
        "half_width": _half_width(fact, summary.half_width),
        "needed": _needed(fact, summary.needed_patients),
    }
    words = {
        "metric": artifacts.short(headline_name(artifacts)),
        "finding": artifacts.task.page.finding(artifacts.question),
    }
    return Section(KEY, TITLE, facts, words=words)


def _needed(fact: Fact, patients: int | None) -> Fact:
    if patients is None:
        return Fact("needed", None, unit="patients", reason=fact.reason or "no interval")
    return Fact("needed", patients, unit="patients", method="four times as many", reason=DESCRIBED)


def _half_width(fact: Fact, value: float | None) -> Fact:
    if value is None:
        return Fact("half_width", None, reason=fact.reason or "no interval")
    return Fact(
        "half_width",
        value,
        measured_in=fact.measured_in,
        method=fact.method,
        part=fact.part,
        level=fact.level,
        patients=fact.patients,
        reason=DESCRIBED,
    )
