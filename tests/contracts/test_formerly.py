"""Files of the first schema, of which the question was part of the other keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import handed_on
import pytest

from pipeline.contracts import cohort, metrics, model_record, operating
from pipeline.contracts.objects import ObjectFile, plain
from pipeline.errors import DamageError
from pipeline.writing import write_json

OF_TASK = {"classes": ["no", "yes"], "positive": "yes"}


def before(file: ObjectFile[Any], **keys: object) -> dict[str, Any]:
    """The whole record as schema 1 had it, with these keys in place of what the task keeps."""
    now = plain(handed_on.WHOLE[file.name])
    of_now = {"question", "choices"} if file is not metrics.FILE else {"question"}
    rest = {key: value for key, value in now.items() if key not in of_now}
    return {**rest, **OF_TASK, **keys}


@pytest.mark.parametrize("schema", [{}, {"schema": "model/1"}])
def test_a_model_of_before_tells_its_question(tmp_path: Path, schema: dict[str, str]) -> None:
    write_json(tmp_path / "model.json", before(model_record.FILE) | schema)
    assert model_record.FILE.read(tmp_path) == handed_on.MODEL


def test_metrics_of_before_tell_their_question(tmp_path: Path) -> None:
    write_json(tmp_path / "metrics.json", before(metrics.FILE))
    assert metrics.FILE.read(tmp_path) == handed_on.WHOLE["metrics.json"]


def test_what_validation_fixed_before_is_found_among_the_choices(tmp_path: Path) -> None:
    fixed = {"temperature": 1.0, "thresholds": [{"threshold": 0.5}]}
    write_json(tmp_path / "operating.json", before(operating.FILE, **fixed))
    assert operating.FILE.read(tmp_path) == handed_on.OPERATING


def test_a_cohort_of_before_counted_classes_and_had_findings(tmp_path: Path) -> None:
    now = before(cohort.FILE)
    for counts in (now["parts"]["test"], now["eras"]["1"]["test"]):
        counts["classes"] = counts.pop("counts")
    now["findings"] = now.pop("notices")
    write_json(tmp_path / "cohort.json", now)
    assert cohort.FILE.read(tmp_path) == handed_on.COHORT


def test_a_cohort_of_before_that_lost_its_parts_is_damaged(tmp_path: Path) -> None:
    write_json(tmp_path / "cohort.json", {**OF_TASK, "schema": "cohort/1"})
    with pytest.raises(DamageError, match="is damaged: it is not what cohort/1 holds"):
        cohort.FILE.read(tmp_path)
