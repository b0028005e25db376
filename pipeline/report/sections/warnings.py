"""What a reader must know before anything else; no key of the configuration hides it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline import printed
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, Fact, count, of_metric
from pipeline.page.headline import headline
from pipeline.page.section import Section
from pipeline.report.guards import Guard, guards, not_run, patients_apart
from pipeline.report.sections import folds, strangers

KEY, TITLE = "warnings", "Warnings"
METADATA, LEVEL, OF_AREAS = "metadata_only", 0.95, 0.5
"""The check on size and header, the level of its interval, and what chance reaches of areas."""
MOST_FAILED_SHARE = 0.01  # a choice: what fails is seldom like the rest, so more could hide a subgroup
NONE = "the test part was opened for one model only, and hardly any of its cases lacks a prediction"
NONE_OF_TABLE = (
    "no patient lies in two parts, and hardly any case lacks a prediction. How the model was trained and "
    "chosen, the table can't tell"
)


def build(artifacts: Artifacts) -> Section:
    """One row a warning; none is an answer too."""
    checks = guards(artifacts)
    metadata = _of_metadata(checks)
    rows = [
        *_headline(artifacts),
        *_failed(checks, artifacts),
        *_not_above(artifacts, metadata),
        *_looks(artifacts),
        *artifacts.task.page.warnings(artifacts),
        *_failures(artifacts),
        *strangers.warnings(artifacts),
        *_drift(artifacts),
    ]
    words = {"none": NONE, "not_run": not_run(checks), "source": _reach(artifacts)}
    facts = {"metadata": _area(metadata)} if metadata else {}
    image = _area_from_image(artifacts)
    facts |= {"from_image": image} if metadata and image else {}
    return Section(KEY, TITLE, facts, {"rows": rows}, words=words)


def of_table(artifacts: Artifacts) -> Section:
    """The warnings that a table of predictions gives rise to."""
    rows = [
        *_headline(artifacts),
        *folds.warnings(artifacts),
        *_failed([patients_apart(artifacts)], artifacts),
        *artifacts.task.page.warnings(artifacts),
        *_failures(artifacts),
    ]
    words = {"none": NONE_OF_TABLE, "not_run": [], "source": ""}
    return Section(KEY, TITLE, tables={"rows": rows}, words=words)


def _reach(artifacts: Artifacts) -> str:
    """What stands beside the headline on how far it reaches, as the evaluation judged it."""
    sources = artifacts.sources
    if sources.reach == "external":
        return "Another source was measured beside the test part: at a third one, expect less all the same."
    if sources.reach == "new_in_test":
        few = f"{sources.not_in_training} of {sources.numbers['test']} {sources.of}s of the test part"
        return f"Training lacks {few}, but none was kept apart beforehand: expect less elsewhere."
    if sources.reach == "unknown":
        return "Nothing tells the sources of training and of the test part apart: expect less elsewhere."
    known = f"one {sources.of}" if sources.reach == "one_source" else f"{sources.of}s that training has, too"
    parts = "All parts come" if sources.reach == "one_source" else "The test part comes"
    return f"{parts} from {known}, as far as is known: expect less elsewhere."


def _headline(artifacts: Artifacts) -> list[dict[str, Any]]:
    fact = headline(artifacts)
    if fact.value is not None:
        return []
    return [
        {
            "text": "What the model is worth can't be estimated from these patients"
            + _every_patient(artifacts),
            "fact": fact,
            "link": "precision",
        }
    ]


def _every_patient(artifacts: Artifacts) -> str:
    """What tests more patients than one test part has, where nobody said which they are; else empty."""
    cohort = artifacts.of_config.cohort if artifacts.of_config else None
    if cohort is None or cohort.fold or cohort.part_column:
        return ""
    return f"; `{printed.make('folds', {'OF': '5'}, place=printed.page())}` tests every patient of the cohort"


def _failed(checks: list[Guard], artifacts: Artifacts) -> list[dict[str, Any]]:
    return [
        {
            "text": f"Failed check “{guard.title}”: {guard.reason}",
            "fact": _found(guard),
            "name": _measured(guard, artifacts),
            "told": guard.metric is None and bool(guard.limit),  # its sentence holds the area
            "link": "guards",
        }
        for guard in checks
        if guard.status == "fail"
    ]


def _measured(guard: Guard, artifacts: Artifacts) -> str:
    """What the number of a check is called, where it is a metric; areas are named by their unit."""
    return artifacts.short(guard.metric.id) if guard.metric is not None else ""


def _found(guard: Guard) -> Fact:
    """What the check found: how many, an area, or what a control run reached."""
    if guard.metric is not None:
        return replace(of_metric(guard.metric), id=guard.key, rule="")
    if guard.limit:
        return _area(guard)
    return count(guard.key, int(guard.value or 0), "found")


def _area(guard: Guard) -> Fact:
    """How well the label was told by something else than the image."""
    return Fact(
        guard.key,
        guard.value,
        guard.low,
        guard.high,
        None if guard.low is None else LEVEL,
        unit="area under the ROC curve",
        method="cross-validated",
        cases=guard.cases,
        patients=guard.patients,
        reason=DESCRIBED if guard.low is None else "",
    )


def _of_metadata(checks: list[Guard]) -> Guard | None:
    """The check how well size and header alone tell the label, where it has an interval."""
    found = (guard for guard in checks if guard.key == METADATA and guard.low is not None)
    return next(found, None)


def _area_from_image(artifacts: Artifacts) -> Fact | None:
    """The model's area under the ROC curve; None where the task has another measure of what was learned."""
    chance = artifacts.task.measures.chance(artifacts.question)
    return artifacts.metric(chance[0]) if chance is not None and chance[1] == OF_AREAS else None


def _not_above(artifacts: Artifacts, metadata: Guard | None) -> list[dict[str, Any]]:
    """That the image adds nothing, where both are areas under the ROC curve."""
    model = _area_from_image(artifacts)
    if metadata is None or metadata.value is None or model is None:
        return []
    if not isinstance(model.value, float) or model.value > metadata.value:
        return []
    text = "The image tells the model no more of the label than size, aspect and header alone"
    return [{"text": text, "fact": _area(metadata), "link": "guards"}]


def _looks(artifacts: Artifacts) -> list[dict[str, Any]]:
    looks = len({look.get("model") for look in artifacts.looks})
    if looks <= 1:
        return []
    text = (
        "The test part has been opened for more than one model: the best of several looks better than it is"
    )
    return [{"text": text, "fact": count("models_looked_at", looks, "models"), "link": "provenance"}]


def _failures(artifacts: Artifacts) -> list[dict[str, Any]]:
    rows = artifacts.predictions[artifacts.predictions["part"] == artifacts.part]
    failed = int((rows["status"] != "ok").sum())
    if not len(rows) or failed / len(rows) <= MOST_FAILED_SHARE:
        return []
    return [
        {
            "text": f"Cases of the {artifacts.part} part without a prediction",
            "fact": count("failed_cases", failed, f"of {len(rows)} cases", artifacts.part),
            "link": artifacts.task.page.TESTED[0],
        }
    ]


def _drift(artifacts: Artifacts) -> list[dict[str, Any]]:
    drift = artifacts.drift
    if drift is None or drift.level not in ("warn", "stop"):
        return []
    accepted = f"; accepted: {drift.accepted}" if drift.accepted else ""
    fact = Fact("drift_level", drift.level, method="drift", reason=DESCRIBED)
    return [
        {
            "text": f"The new scans differ from those of the champion{accepted}",
            "fact": fact,
            "link": "comparison",
        }
    ]
