"""Keys of the YAML that the task doesn't have are told in one go."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.config import load
from pipeline.errors import ConfigError
from pipeline.tasks.settings import require_settings


def test_all_keys_that_other_tasks_alone_have_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    cohort = {"labels": "l.csv", "target": ["edema", "mass"], "unit": "mm", "positive": "edema"}
    content = {
        "task": "multilabel",
        "ingest": {"raw": "raw"},
        "cohort": cohort,
        "normalize": [{"z_score": {}}],
        "report": {"title": "Study"},
    }
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError) as refusal:
        require_settings(load(path))
    said = str(refusal.value)
    assert "'cohort.positive', 'cohort.unit' are keys of `task: classification` or " in said
    assert said.endswith("`task: regression`, and the task is multilabel. Leave them out, or mend `task`.")
