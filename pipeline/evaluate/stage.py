"""The evaluation in its fixed order: answers, choices on validation, the look, and only then test labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipeline import digests, provenance, scoring
from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.champion import looks, pointer
from pipeline.config import Config
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import controls as control_runs
from pipeline.contracts import metrics as contract
from pipeline.contracts import model_record, operating, predicted_masks, predictions, rule
from pipeline.contracts import population as populations
from pipeline.contracts import robustness as robustness_found
from pipeline.contracts.cohort import PERSON
from pipeline.contracts.insights import InUnit
from pipeline.contracts.normalized import spacing_of
from pipeline.contracts.operating import Operating
from pipeline.contracts.unopened import Unopened
from pipeline.errors import DataError
from pipeline.evaluate import controls, insights, robustness, strangers
from pipeline.evaluate.headline import with_headline
from pipeline.evaluate.measure import CHOICES_PART, measure
from pipeline.evaluate.population import population
from pipeline.evaluate.summary import lines
from pipeline.pixel_review import is_reviewed
from pipeline.printed import scanloom
from pipeline.progress import waiting
from pipeline.records import ALL_PARTS, EXTERNAL, PARTS, Case, Summary
from pipeline.strangers import with_reasons
from pipeline.tasks.contract import Chosen, Question
from pipeline.tasks.measured import Json
from pipeline.tasks.registry import Task, task_of
from pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

_LOOKED_AT: Final = ("test", EXTERNAL)
"""The parts whose labels nobody may know before the look: another source is opened with the test part."""


@dataclass(frozen=True)
class Candidate:
    """What is evaluated, and where its files lie; `in_unit` gives a case as people know it, for pictures."""

    config: Config
    workspace: Workspace
    task: Task
    scorer: scoring.Scorer
    cases: pd.DataFrame
    in_unit: Callable[[Case], InUnit | None]

    @property
    def question(self) -> Question:
        """What the model answers."""
        return self.task.target.question_of(self.scorer.record)

    def labels(self, *parts: str) -> dict[str, str]:
        """The labels of the cases of `parts`; no other label is read."""
        return cohorts.labels(self.workspace.candidate, parts)


def evaluate(
    config: Config, workspace: Workspace, in_unit: Callable[[Case], InUnit | None] = lambda case: None
) -> Summary:
    """Predictions, metrics and insights of the candidate, in lines for the terminal.

    Raises GateError before any test label is read.
    """
    folder = workspace.candidate
    for file in (cohorts.TABLE, cohorts.FILE):
        if not file.path(folder).is_file():
            raise DataError(f"{file.name} is missing in the candidate's folder. Run `{scanloom('cohort')}`.")
    scorer = scoring.load(folder)
    candidate = Candidate(config, workspace, task_of(config.task), scorer, cohorts.cases(folder), in_unit)
    look = _look(candidate)
    looks.refuse(workspace.ledger("looks"), look)
    asked = _answers(candidate)
    chosen = _choices(candidate, asked)
    known = scoring.scans(workspace, scorer.record.recipe_id, kept=workspace.data)
    with waiting("evaluate: looking for scans unlike those of training"):
        share = config.evaluate.strangers
        unlike = strangers.look(scorer, candidate.cases, known, folder, share=share)
    operating.FILE.write(folder, _operating(candidate, chosen))
    rule.FILE.write(folder, looks.rule(config.evaluate, config.compare))
    created = looks.take(workspace.ledger("looks"), look)
    targets = candidate.task.target.targets(candidate.question)
    table = with_reasons(
        _predictions(candidate, asked, chosen),
        unlike.judged,
        list(candidate.cases["case_id"]),
        asked=config.evaluate.abstain,
    )
    changed = unlike.changed | predictions.FILE.write(folder, table, targets=targets)
    metrics = _metrics(candidate, chosen) | {"created_utc": created}
    goal = config.evaluate.goal
    measured = with_headline(
        contract.FILE.of(metrics),
        candidate.task,
        metric=goal.metric if goal else None,
        bound=goal.bound if goal else None,
    )
    changed |= contract.FILE.write(folder, measured)
    everybody = cohorts.TABLE.frame(folder)  # with the labels: the look is taken
    abroad = table[candidate.task.measures.measurable(table, EXTERNAL)]["patient_id"].nunique()
    parts = population(everybody, candidate.task, candidate.question, external_patients=int(abroad))
    changed |= populations.FILE.write(folder, parts)
    changed |= control_runs.FILE.write(folder, _controls(candidate, measured))
    changed |= _insights(candidate, asked, chosen)
    changed |= robustness_found.FILE.write(folder, _robustness(candidate, asked, chosen, known))
    changed |= strangers.show(
        candidate.cases, unlike.judged, workspace, config,
        recipe_id=scorer.record.recipe_id, in_unit=in_unit,
    )  # fmt: skip
    return Summary(lines(metrics, candidate.task.measures.SHOWN), changed)


def _look(candidate: Candidate) -> looks.Look:
    test = candidate.cases[candidate.cases["part"].isin(_LOOKED_AT)]
    columns = [test[name] for name in ("case_id", PERSON, "pixel_digest") if name in test]
    scans = looks.cohort_digest(list(zip(*columns, strict=True)))
    record = candidate.scorer.record
    champion = pointer.current(candidate.workspace)
    # The champion itself challenges nobody, so its look is not one of the budget against it.
    challenged = champion if champion and champion.model_sha256 != record.model_sha256 else None
    if challenged:
        known = candidate.task.target.question_of(model_record.FILE.read(challenged.folder))
        candidate.task.target.require_same(known, candidate.question)
    name = challenged.generation if challenged else None
    return looks.of_config(candidate.config, record, cohort=scans, champion=name)


def _answers(candidate: Candidate) -> scoring.Answers:
    """What the model says of every case; of the validation part what it said before a refit."""
    scorer, workspace = candidate.scorer, candidate.workspace
    kept = workspace.candidate / predicted_masks.FOLDER
    scans = scoring.scans(workspace, scorer.record.recipe_id, kept=kept)
    cases = candidate.cases
    asked = candidate.task.answers.ask(scorer, list(cases["case_id"]), scans, shown="evaluate")
    if not scorer.record.refit:
        return asked
    first, rows = scoring.before_refit(workspace.candidate), np.flatnonzero(cases["part"] == CHOICES_PART)
    before = candidate.task.answers.ask(
        first, list(cases["case_id"].iloc[rows]), scans, shown="evaluate: before the refit"
    )
    outputs, reasons = asked.outputs.copy(), np.array(asked.reasons, dtype=object)
    outputs[rows], reasons[rows] = before.outputs, list(before.reasons)
    return scoring.Answers(outputs, tuple(reasons.tolist()))


def _choices(candidate: Candidate, asked: scoring.Answers) -> Chosen:
    """What validation fixes, from its cases that have an answer and a label."""
    labels = candidate.labels(CHOICES_PART)
    known = np.array([bool(labels.get(case_id)) for case_id in candidate.cases["case_id"]], dtype=np.bool_)
    rows = asked.answered & known
    cases = candidate.cases[rows]
    return candidate.task.choices.choose(
        [labels[case_id] for case_id in cases["case_id"]],
        asked.outputs[rows],
        list(cases[PERSON]),
        question=candidate.question,
        plan=candidate.config.evaluate,
    )


def _operating(candidate: Candidate, chosen: Chosen) -> Operating:
    return Operating(
        question=Unopened(candidate.question.to_json()),
        choices=Unopened(chosen.to_json()),
        unit=candidate.config.evaluate.unit,
        patient_score=candidate.config.evaluate.patient_score,
    )


def _predictions(candidate: Candidate, asked: scoring.Answers, chosen: Chosen) -> pd.DataFrame:
    """The table of predictions. Test labels are read here, after the look."""
    labels = candidate.labels(*ALL_PARTS)
    truth = [labels[case_id] for case_id in candidate.cases["case_id"]]
    return candidate.task.answers.table(
        cohorts.prediction_rows(candidate.cases.assign(truth=truth)),
        asked.outputs,
        asked.reasons,
        question=candidate.question,
        fixed=chosen.fixed,
    )


def _metrics(candidate: Candidate, chosen: Chosen) -> Json:
    """The metrics, measured from the table of predictions as it was written."""
    table = candidate.task.answers.read(predictions.FILE.path(candidate.workspace.candidate))
    with waiting("evaluate: measuring, on resamples of the patients"):
        metrics = measure(table, candidate.task, candidate.config.evaluate, fixed=chosen.fixed)
    candidate.task.choices.add_to_metrics(metrics, chosen)
    return metrics | {"question": Unopened(candidate.question.to_json()), "digests": _digests(candidate)}


def _digests(candidate: Candidate) -> dict[str, str | None]:
    folder = candidate.workspace.candidate
    return {
        "code": provenance.code_digest(),
        "cohort": cohorts.FILE.read(folder).digest,
        "config": digests.of_json(candidate.config.section("evaluate")),
        "labels": digests.of_json(candidate.labels(*ALL_PARTS)),
        "model": candidate.scorer.record.model_sha256,
        "predictions": digests.of_file(predictions.FILE.path(folder)),
    }


def _controls(candidate: Candidate, measured: contract.Metrics) -> control_runs.Controls:
    """What control networks reach. Test labels are read here, after the look."""
    scorer, workspace = candidate.scorer, candidate.workspace
    tested = controls.Tested(
        candidate.task,
        candidate.question,
        candidate.config.evaluate,
        scorer,
        cohorts.prediction_rows(candidate.cases),
        candidate.labels(*PARTS),
        scoring.scans(workspace, scorer.record.recipe_id, kept=workspace.data),
    )
    return controls.run(tested, workspace.data, measured)


def _robustness(
    candidate: Candidate, asked: scoring.Answers, chosen: Chosen, scans: scoring.Scans
) -> robustness_found.Robustness:
    """What scans that were made worse do. Test labels are read here, after the look."""
    return robustness.run(
        robustness.Subject(
            candidate.task,
            candidate.question,
            chosen.fixed,
            candidate.config.evaluate,
            candidate.scorer,
            scans,
            cohorts.prediction_rows(candidate.cases),
            asked.answered,
            candidate.labels("test"),
        )
    )


def _insights(candidate: Candidate, asked: scoring.Answers, chosen: Chosen) -> bool:
    scorer, workspace = candidate.scorer, candidate.workspace
    with Catalogue(workspace.catalogue) as catalogue:
        stored = catalogue.arrays(scorer.record.recipe_id)
        cases = {case.case_id: case for case in catalogue.cases()}
    shards = Shards(workspace.normalized)

    def scores(arrays: Any) -> Any:
        return candidate.task.answers.scores(scoring.logits(scorer, arrays), chosen.fixed)

    subject = insights.Subject(scorer.model, candidate.task, candidate.question, chosen.fixed, scores)
    reviewed = is_reviewed(candidate.config, workspace, cases.values())
    native = Shards(workspace.cases)
    scans = insights.Scans(
        lambda case_id: shards.read(stored[case_id]),
        cases,
        lambda case: native.read(case.stored),
        reviewed,
        candidate.in_unit,
        lambda case_id: spacing_of(case_id, stored[case_id], workspace.normalized),
    )
    frame = candidate.task.answers.read(predictions.FILE.path(workspace.candidate)).frame
    overlays = candidate.task.answers.overlays(
        frame,
        dict(zip(candidate.cases["case_id"], asked.outputs, strict=True)),
        question=candidate.question,
        fixed=chosen.fixed,
    )
    with waiting("evaluate: looking into the network"):
        seed = candidate.config.evaluate.seed
        if overlays is not None:
            return insights.write_outlines(subject, frame, overlays, scans, workspace.candidate, seed=seed)
        return insights.write(subject, frame, scans, workspace.candidate, seed=seed)
