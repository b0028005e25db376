"""What a cohort wrote, read back for a test."""

from __future__ import annotations

import csv
import json

from pipeline import ledger
from pipeline.workspace import Workspace


def rows(study, name: str = "cohort.csv") -> list[dict[str, str]]:
    with (study.workspace.candidate / name).open(newline="") as stream:
        return list(csv.DictReader(stream))


def cohort(study) -> dict:
    return json.loads((study.workspace.candidate / "cohort.json").read_text())


def findings(study) -> dict[str, int]:
    return {finding["kind"]: finding["count"] for finding in cohort(study)["findings"]}


def parts(study) -> dict[str, str]:
    return {row["patient_id"]: row["part"] for row in rows(study)}


def files(study) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in study.workspace.candidate.iterdir()}


def parts_ledger(workspace: Workspace) -> list[dict]:
    """The records without their time and the chain that depends on it."""
    records = ledger.read(workspace.ledger("parts"))
    return [{key: record[key] for key in record if key not in {"created", "previous"}} for record in records]
