"""The models of a comparison as they lie in their folders, and what they say of the present test part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import digests, ledger
from pipeline.champion import check_generation, line_of_champions
from pipeline.champion.predictions import read_table, threshold_of
from pipeline.compare.anchor import anchor_among
from pipeline.compare.gains import Pairs
from pipeline.compare.looks import alpha_per_look
from pipeline.compare.rows import Evidence
from pipeline.compare.units import Table, Unit, common_cases, pair
from pipeline.config import Config
from pipeline.errors import DamageError, DataError, GateError
from pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

_FIRST_ERA = "1"


@dataclass(frozen=True)
class Model:
    """A model's digest, its classes, its table of predictions with the frozen decision, and its rule."""

    sha256: str
    classes: list[str]
    table: Table
    rule: Mapping[str, Any]


def read_model(folder: Path, *, predictions: Path | None = None) -> Model:
    """The model in `folder`, with its predictions there or in the file `predictions`.

    Raises DataError when a file is missing, DamageError when `model.keras` isn't the one described.
    """
    record, operating, rule = (_json(folder / name) for name in ("model.json", "operating.json", "rule.json"))
    if digests.of_file(folder / "model.keras") != record["model_sha256"]:
        raise DamageError(
            f"{folder.name}/model.keras is not the file that model.json describes. Restore it or train again."
        )
    table = read_table(predictions or folder / "predictions.csv")
    return Model(
        sha256=record["model_sha256"],
        classes=record["classes"],
        table=Table(table, threshold_of(operating), operating["patient_score"]),
        rule=rule,
    )


def evidence_of(
    config: Config, workspace: Workspace, champion: Model, candidate: Model
) -> tuple[Evidence, list[str]]:
    """What both models say of the test part, with the anchor and the groups; and notes on what is left out.

    Raises GateError when the models know different classes.
    """
    if champion.classes != candidate.classes:
        raise GateError(
            f"The champion knows the classes {', '.join(champion.classes)}, the candidate "
            f"{', '.join(candidate.classes)}: two different questions. Give the new one its own analysis."
        )
    unit = config.evaluate.unit
    cohort = read_table(workspace.candidate / "cohort.csv")
    test = cohort[cohort["part"] == "test"]
    core = test[test["era"] == _FIRST_ERA]
    against = partial(pair, candidate=candidate.table, classes=candidate.classes, unit=unit)
    former = {
        generation: partial(_pairs_with, workspace, generation, core, candidate=candidate, unit=unit)
        for generation in line_of_champions(ledger.read(workspace.ledger("promotions")))[:-1]
    }
    anchor = anchor_among(
        former,
        against(core, champion.table),
        alpha=alpha_per_look(config.compare.look_budget),
        seed=config.evaluate.seed,
    )
    evidence = Evidence(
        test=against(test, champion.table),
        core=frozenset(core[_name_column(unit)]),
        anchor=anchor,
        groups=_groups(test, _name_column(unit)),
    )
    return evidence, _left_out(test, champion.table, candidate.table)


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise DataError(f"{path.parent.name}/{path.name} is missing. Run `make evaluate`.")
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def _pairs_with(
    workspace: Workspace, generation: str, core: pd.DataFrame, *, candidate: Model, unit: Unit
) -> Pairs | None:
    """A former champion's frozen predictions beside the candidate's; None where its classes were others."""
    check_generation(workspace, generation)
    former = read_model(workspace.generations / generation)
    if former.classes != candidate.classes:
        return None
    return pair(core, former.table, candidate.table, classes=candidate.classes, unit=unit)


def _name_column(unit: Unit) -> str:
    return {"patient": "patient_id", "case": "case_id"}[unit]


def _groups(test: pd.DataFrame, names: str) -> dict[str, frozenset[str]]:
    columns = [name for name in test.columns if name.startswith("by_")]
    return {
        f"{column.removeprefix('by_')} = {value}": frozenset(rows[names])
        for column in columns
        for value, rows in test.groupby(column)
        if value
    }


def _left_out(test: pd.DataFrame, *tables: Table) -> list[str]:
    labelled = int((test["target"] != "").sum())
    paired = len(common_cases(test, *(table.predictions for table in tables)))
    if paired == labelled:
        return []
    return [f"{labelled - paired} of {labelled} labelled test scans lack one model's score and are left out."]
