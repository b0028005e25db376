"""A run that is killed leaves nothing behind, in files or in what it said, that a scan gave away."""

import random
import signal
from pathlib import Path

import pytest
from arrow import CONFIG, STAGES, new_study, run
from canary import Canary, plant, plant_trouble
from sweep import files_below, find

pytestmark = pytest.mark.slow

CRASH_POINTS = {
    "configure": "write:config.yaml",
    "ingest": "committed:catalogue",
    "cohort": "write:parts.jsonl",
    "normalize": "commit:catalogue",
    "drift": "write:drift.json",
    "train": "write:model.keras",
    "evaluate": "write:insights.npz",
    "compare": "write:comparison.json",
    "report": "write:report.html",
    "promote": "copied:predictions.csv",
    "predict": "committed:catalogue",
    "forget": "written:parts.jsonl",
}


def test_a_kill_in_each_stage_gives_nothing_away(tmp_path: Path) -> None:
    project, canary = new_study(tmp_path / "project", key=bytes(range(32))), Canary(random.Random(11))
    raw = project / "data/raw"
    plant(raw / "study", canary, patients=range(32))
    plant_trouble(raw / "study", canary)
    plant(raw / "new", canary, patients=range(32, 36))
    steps = {
        **{stage: [stage, CONFIG] for stage in STAGES},
        "promote": ["promote", CONFIG, "--approver", "Ada"],
        "predict": ["predict", CONFIG, str(raw / "new")],
        "forget": ["forget", CONFIG, canary.word("PatientID 5")],
    }
    assert steps.keys() == CRASH_POINTS.keys()
    for name, step in steps.items():
        killed = run(project, [step], SCANLOOM_CRASH_AT=CRASH_POINTS[name])
        assert killed.codes == [-signal.SIGKILL], f"{name}: {killed.stderr.decode()}"
        assert left(project, canary, killed.stdout + killed.stderr) == [], name
        again = run(project, [step])
        assert again.codes == [0], f"{name}: {again.stderr.decode()}"
        assert left(project, canary, again.stdout + again.stderr) == [], name


def left(project: Path, canary: Canary, said: bytes) -> list[object]:
    written = files_below(project, except_for=[project / "data/raw", project / "configs"])
    temporary = files_below(project.with_name("project.tmp"))
    return [*find(canary.words, [("said", said), *written, *temporary])]
