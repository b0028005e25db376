"""The evaluation in its fixed order: answers, choices on validation, the look, and only then test labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import digests, provenance, scoring
from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.champion import gate, pointer
from pipeline.config import Config, Evaluate
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import metrics as contract
from pipeline.contracts import model_record, operating, predictions, rule
from pipeline.contracts.operating import Operating
from pipeline.errors import DataError
from pipeline.evaluate import insights, looks
from pipeline.evaluate.measure import CHOICES_PART, measure
from pipeline.evaluate.predict import Answers, answers
from pipeline.evaluate.summary import lines
from pipeline.printed import scanloom
from pipeline.progress import waiting
from pipeline.records import PARTS, Summary
from pipeline.statistics.sample import codes
from pipeline.statistics.thresholds import Rule
from pipeline.tasks.classification import choices as chosen
from pipeline.tasks.registry import task_of
from pipeline.tasks.view import Json, Plan
from pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Candidate:
    """What is evaluated, and where its files lie."""

    config: Config
    workspace: Workspace
    scorer: scoring.Scorer
    cases: pd.DataFrame

    def labels(self, *parts: str) -> dict[str, str]:
        """The labels of the cases of `parts`; no other label is read."""
        return cohorts.labels(self.workspace.candidate, parts)


def evaluate(config: Config, workspace: Workspace) -> Summary:
    """Predictions, metrics and insights of the candidate, in lines for the terminal.

    Raises GateError before any test label is read.
    """
    folder = workspace.candidate
    for file in (cohorts.TABLE, cohorts.FILE):
        if not file.path(folder).is_file():
            raise DataError(f"{file.name} is missing in the candidate's folder. Run `{scanloom('cohort')}`.")
    candidate = Candidate(config, workspace, scoring.load(folder), cohorts.cases(folder))
    look = _look(candidate)
    looks.refuse(workspace.ledger("looks"), look)
    answered = _answers(candidate)
    choices = _choices(candidate, answered)
    operating.FILE.write(folder, _operating(candidate, choices))
    rule.FILE.write(folder, gate.rule(config.evaluate, config.compare))
    created = looks.take(workspace.ledger("looks"), look)
    changed = predictions.FILE.write(folder, _predictions(candidate, answered, choices))
    metrics = _metrics(candidate, choices) | {"created_utc": created}
    changed |= contract.FILE.write(folder, contract.FILE.of(metrics))
    changed |= _insights(candidate, choices)
    return Summary(lines(metrics), changed)


def _look(candidate: Candidate) -> looks.Look:
    test = candidate.cases[candidate.cases["part"] == "test"]
    told = [test[name] for name in ("case_id", "patient_id", "pixel_digest") if name in test]
    scans = looks.cohort_digest(list(zip(*told, strict=True)))
    record = candidate.scorer.record
    champion = pointer.current(candidate.workspace)
    # The champion itself challenges nobody, so its look is not one of the budget against it.
    challenged = champion if champion and champion.model_sha256 != record.model_sha256 else None
    if challenged:
        known = model_record.FILE.read(challenged.folder)
        gate.require_same_classes(known.classes, candidate.scorer.classes)
    name = challenged.generation if challenged else None
    return looks.of_config(candidate.config, record, cohort=scans, champion=name)


def _answers(candidate: Candidate) -> Answers:
    scorer, workspace = candidate.scorer, candidate.workspace
    with Catalogue(workspace.catalogue) as catalogue:
        stored = catalogue.arrays(scorer.record.recipe_id)
    return answers(
        lambda arrays: scoring.logits(scorer, arrays),
        candidate.cases,
        stored,
        Shards(workspace.normalized),
        classes=len(scorer.classes),
    )


def _choices(candidate: Candidate, answered: Answers) -> chosen.Choices:
    """Temperature and threshold from the validation cases that have an answer and a label."""
    labels = candidate.labels(CHOICES_PART)
    known = np.array([bool(labels.get(case_id)) for case_id in candidate.cases["case_id"]], dtype=np.bool_)
    rows = answered.answered & known
    labelled = candidate.cases[rows]
    truth = [candidate.scorer.classes.index(labels[case_id]) for case_id in labelled["case_id"]]
    patient = codes(list(labelled["patient_id"]))
    section = candidate.config.evaluate
    return chosen.choose(
        chosen.Labelled(np.array(truth, dtype=np.int64), answered.logits[rows], patient),
        _rule(section),
        task_of(candidate.scorer.classes),
        unit=section.unit,
        patient_score=section.patient_score,
    )


def _rule(section: Evaluate) -> Rule:
    point = section.operating_point
    return Rule(
        point.rule, point.at_least, point.cost_false_negative, point.cost_false_positive, point.prevalence
    )


def _operating(candidate: Candidate, choices: chosen.Choices) -> Operating:
    return Operating(
        temperature=choices.temperature.value,
        thresholds=choices.thresholds,
        classes=candidate.scorer.classes,
        positive=candidate.scorer.record.positive,
        unit=candidate.config.evaluate.unit,
        patient_score=candidate.config.evaluate.patient_score,
    )


def _predictions(candidate: Candidate, answered: Answers, choices: chosen.Choices) -> pd.DataFrame:
    """The table of predictions. Test labels are read here, after the look."""
    cases, classes = candidate.cases, candidate.scorer.classes
    labels = candidate.labels(*PARTS)
    probability = chosen.probabilities(answered.logits, choices.temperature.value)
    decided = chosen.decide(probability, choices.threshold_value)
    frame = cases[["case_id", "patient_id", "part"]].assign(
        truth=[labels[case_id] for case_id in cases["case_id"]],
        predicted=[
            classes[index] if good else ""
            for index, good in zip(decided.tolist(), answered.answered.tolist(), strict=True)
        ],
        **{f"score_{name}": probability[:, index] for index, name in enumerate(classes)},
        **{f"logit_{name}": answered.logits[:, index] for index, name in enumerate(classes)},
        status=["failed" if reason else "ok" for reason in answered.reasons],
        reason=answered.reasons,
    )
    groups = [name for name in cases.columns if name.startswith(predictions.GROUP)]
    return frame.join(cases[groups])


def _metrics(candidate: Candidate, choices: chosen.Choices) -> Json:
    """The content of metrics.json, measured from the table of predictions as it was written."""
    section = candidate.config.evaluate
    plan = Plan(
        section.unit,
        section.patient_score,
        section.prevalences,
        section.resamples,
        section.level,
        section.seed,
    )
    table = predictions.read(predictions.FILE.path(candidate.workspace.candidate))
    with waiting("evaluate: measuring, on resamples of the patients"):
        metrics = measure(table, task_of(table.classes), plan, threshold=choices.threshold_value)
    metrics["calibration"]["temperature"] = chosen.temperature_metric(choices)
    return metrics | {"thresholds": choices.thresholds, "digests": _digests(candidate)}


def _digests(candidate: Candidate) -> dict[str, str | None]:
    folder = candidate.workspace.candidate
    return {
        "code": provenance.code_digest(),
        "cohort": cohorts.FILE.read(folder).digest,
        "config": digests.of_json(candidate.config.section("evaluate")),
        "labels": digests.of_json(candidate.labels(*PARTS)),
        "model": candidate.scorer.record.model_sha256,
        "predictions": digests.of_file(predictions.FILE.path(folder)),
    }


def _insights(candidate: Candidate, choices: chosen.Choices) -> bool:
    scorer, workspace = candidate.scorer, candidate.workspace
    with Catalogue(workspace.catalogue) as catalogue:
        stored = catalogue.arrays(scorer.record.recipe_id)
        cases = {case.case_id: case for case in catalogue.cases()}
    shards = Shards(workspace.normalized)

    def probabilities(arrays: Any) -> Any:
        return scoring.probabilities(scoring.logits(scorer, arrays), choices.temperature.value)

    subject = insights.Subject(
        scorer.model, probabilities, scorer.classes, scorer.record.positive, choices.threshold_value
    )
    reviewed = candidate.config.ingest.pixel_text == "reviewed"
    scans = insights.Scans(lambda case_id: shards.read(stored[case_id]), cases, reviewed)
    frame = predictions.read(predictions.FILE.path(workspace.candidate)).frame
    with waiting("evaluate: looking into the network"):
        seed = candidate.config.evaluate.seed
        return insights.write(subject, frame, scans, workspace.candidate, seed=seed)
