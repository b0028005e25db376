"""Reading what the stages wrote of a candidate, the ledgers and the champion, once for all sections."""

from __future__ import annotations

from pathlib import Path

from pipeline import digests, ledger
from pipeline.config import Config
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import (
    comparison,
    controls,
    drift,
    history,
    insights,
    leaks,
    metrics,
    model_record,
    operating,
    population,
    predictions,
    robustness,
    rule,
    scan_pictures,
    strangers,
)
from pipeline.errors import DataError
from pipeline.page.artifacts import Artifacts, Champion
from pipeline.printed import make, scanloom
from pipeline.tasks.registry import task_of

DIGESTED = (
    "config.yaml",
    cohorts.TABLE.name,
    cohorts.EXCLUDED.name,
    cohorts.FILE.name,
    leaks.FILE.name,
    drift.FILE.name,
    model_record.MODEL_FILE,
    model_record.FILE.name,
    history.FILE.name,
    predictions.FILE.name,
    metrics.FILE.name,
    operating.FILE.name,
    insights.FILE.name,
    insights.PICTURES.name,
    controls.FILE.name,
    strangers.FILE.name,
    strangers.ODDEST.name,
    robustness.FILE.name,
    population.FILE.name,
    rule.FILE.name,
    comparison.FILE.name,
    scan_pictures.FLIPS.name,
    scan_pictures.ODD.name,
)
_NEEDED = (
    ("cohort", cohorts.FILE),
    ("cohort", cohorts.TABLE),
    ("train", model_record.FILE),
    ("evaluate", metrics.FILE),
    ("evaluate", predictions.FILE),
    ("evaluate", population.FILE),
)


def read(config: Config, *, candidate: Path, ledgers: Path, champion: Path | None) -> Artifacts:
    """The artifacts in the folders of a candidate, of the ledgers, and of the champion if there is one.

    Raises DataError when the stages before have not run, DamageError when a file can't be read.
    """
    for stage, needed in _NEEDED:
        if not needed.path(candidate).is_file():
            raise DataError(
                f"{needed.name} is missing in the candidate's folder. Run `{scanloom(stage)}`, "
                f"then `{make('report')}`."
            )
    import pandas as pd

    task, measured = task_of(config.task), metrics.FILE.read(candidate)
    return Artifacts(
        name=config.name,
        title=config.report.title,
        unit=config.evaluate.unit,
        level=config.evaluate.level,
        task=task,
        question=task.target.question_of(measured),
        of_config=config,
        of_cohort=cohorts.FILE.read(candidate),
        of_model=model_record.FILE.read(candidate),
        cases=cohorts.prediction_rows(cohorts.TABLE.frame(candidate)),
        metrics=measured,
        predictions=predictions.FILE.frame(candidate),
        history=history.numbers(candidate) if history.FILE.path(candidate).is_file() else pd.DataFrame(),
        leaks=leaks.FILE.find(candidate),
        controls=controls.FILE.find(candidate),
        strangers=strangers.FILE.find(candidate),
        oddest=strangers.ODDEST.find(candidate),
        robustness=robustness.FILE.find(candidate),
        of_population=population.FILE.read(candidate),
        insights=insights.FILE.find(candidate),
        pictures=insights.pictures(candidate),
        comparison=comparison.FILE.find(candidate),
        flips=scan_pictures.FLIPS.find(candidate),
        odd_scans=scan_pictures.ODD.find(candidate),
        drift=drift.FILE.find(candidate),
        looks=ledger.read(ledgers / "looks.jsonl"),
        promotions=ledger.read(ledgers / "promotions.jsonl"),
        champion=_champion(champion) if champion else Champion(),
        file_digests={
            path: digests.of_file(candidate / path) for path in DIGESTED if (candidate / path).is_file()
        },
    )


def _champion(folder: Path) -> Champion:
    return Champion(model_record.FILE.find(folder), cohorts.FILE.find(folder), metrics.FILE.find(folder))
